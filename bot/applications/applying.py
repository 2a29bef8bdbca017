"""Ask to be let in: apply, answer what is asked, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.applications import words
from bot.audience import audience_of, require_fit
from bot.bans.keeping_out import is_kept_out
from bot.command import Call, Name, command
from bot.letting_in import require_power_to_invite
from bot.networks.phrases import in_a_row, link
from bot.networks.rules import named, ways_in
from bot.ports import Work
from bot.reply import Bold, Document, say
from spaces.applications import (
    DRAFT_LASTS_SECONDS,
    LIVE,
    MOST_TOLD_AN_HOUR,
    Application,
    State,
    Way,
    check_answer,
    comes_too_soon,
    may_decide,
    questions_of,
)
from spaces.errors import Conflict
from spaces.identifiers import PlaceId
from spaces.sentences import sentence

_HOUR_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class WhenAsked:
    """Shown in no help: it is told when it is needed."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Nothing: everyone may."""

    def possible(self, call: Call) -> bool:
        return False


class Applying:
    """Ask to be let in (`bot.networks.membership.Door`)."""

    async def ask(self, call: Call, place: PlaceId) -> Document | None:
        """Apply for `place`, or say how the application stands; None where nobody can apply."""
        if not ways_in(call.landscape, place, call.standing).ask:
            return None
        if await is_kept_out(call.work, place, call.sender):
            return None
        require_fit(call.landscape, await audience_of(call), place)
        if may_decide(call.landscape, call.standing, place):
            return await _lets_themselves_in(call, place)
        newest = await call.work.applications.newest(call.sender, place)
        if newest is not None and newest.state in LIVE:
            return await _again(call, newest)
        if newest is not None and comes_too_soon(newest, call.now.timestamp()):
            raise Conflict(
                "Your request to join “{place}” was declined less than a day ago. "
                "You can ask again tomorrow.",
                place=named(call.landscape, place).name,
            )
        return await _apply(call, place)

    async def take_back(self, call: Call, place: PlaceId) -> Document | None:
        """Take an application for `place` back; None where there is none."""
        newest = await call.work.applications.newest(call.sender, place)
        if newest is None or newest.state not in LIVE:
            return None
        return await _withdrawn(call, newest)

    @command("answer", topic="joining", requires=WhenAsked(), examples=["answer I paint"])
    async def answer(self, call: Call, text: Annotated[Name, "what you answer"]) -> Document:
        """Answer what a network asks of you before it lets you in."""
        if not call.heard.is_direct:
            raise Conflict("What a network asks of you is between us. Answer in our direct message.")
        asking = [a for a in await call.work.applications.live_of(call.sender) if a.state is State.ASKING]
        if not asking:
            raise Conflict("No network asks you anything at present.")
        return await _answered(call, asking[-1], check_answer(text))

    @command(
        "withdraw", topic="joining", requires=WhenAsked(), examples=["withdraw"], meanwhile="Taking it back …"
    )
    async def withdraw(
        self,
        call: Call,
        place: Annotated[PlaceId | None, "what you asked to join"] = None,
    ) -> Document:
        """Take back that you asked to join.

        With nothing behind it, what you asked for last.
        """
        if place is not None:
            found = await self.take_back(call, place)
            if found is None:
                raise Conflict(
                    "No request of yours to join “{place}” waits.", place=named(call.landscape, place).name
                )
            return found
        if not call.heard.is_direct:
            raise Conflict("Say which: `withdraw PLACE`. Or ask me in a direct message.")
        live = await call.work.applications.live_of(call.sender)
        if not live:
            raise Conflict("No request of yours waits.")
        return await _withdrawn(call, live[-1])


async def _lets_themselves_in(call: Call, place: PlaceId) -> Document:
    """Who would decide about it is not kept waiting."""
    await require_power_to_invite(call.work, place)
    await call.work.invite(place, call.sender, reason=str(sentence("You asked to join.")))
    shown = link(named(call.landscape, place))
    return say("An invitation to {place} waits for you: accept it in your client.", place=shown)


async def _apply(call: Call, place: PlaceId) -> Document:
    questions = questions_of(call.landscape, place)
    application = Application(
        place,
        call.sender,
        named(call.landscape, place).name,
        call.now.timestamp(),
        state=State.ASKING if questions else State.OPEN,
        questions=questions,
    )
    application = await call.work.applications.file(application)
    if questions:
        return await _put_questions(call, application)
    await submitted(call.work, application)
    return _is_sent(call, application)


async def _put_questions(call: Call, application: Application) -> Document:
    """Ask in the direct message; in a room they are not told."""
    if call.heard.is_direct:
        return words.first_asked(application)
    said = f"application {application.number} questions {call.heard.event}"
    await call.work.tell(call.sender, words.first_asked(application), said=said, reminding=True)
    return say(
        "The coordinators of {place} ask something of who would like to join: I have written to you in a "
        "direct message.",
        place=Bold(application.called),
    )


async def _answered(call: Call, before: Application, text: str) -> Document:
    now = call.now.timestamp()
    if now - before.since > DRAFT_LASTS_SECONDS:
        await call.work.applications.change(before, replace(before, state=State.WITHDRAWN, decided_at=now))
        return say(
            "That was asked more than three days ago. `join` begins anew, if you still would like to join "
            "{place}.",
            place=Bold(before.called),
        )
    after = replace(before, answers=(*before.answers, text))
    if after.next_question is None:
        after = replace(after, state=State.OPEN, since=now)
    if not await call.work.applications.change(before, after):
        raise Conflict("No network asks you anything at present.")
    if after.state is State.ASKING:
        return words.asked(after)
    await submitted(call.work, after)
    return _is_sent(call, after)


async def submitted(work: Work, application: Application, *, quietly: bool = False) -> None:
    """Tell the coordinators, unless very many have come within the hour: of those they are reminded."""
    await work.note(f"{application.way} {application.person}: asks to be let in", application.place)
    since = application.since - _HOUR_SECONDS
    if quietly or await work.applications.count_since(application.place, since) > MOST_TOLD_AN_HOUR:
        return
    for user in work.landscape.looking_after(application.place):
        message = words.asks_you(work.landscape, application)
        await work.tell(user, message, said=f"application {application.number}", reminding=True)


async def _again(call: Call, application: Application) -> Document:
    if application.state is State.OPEN:
        return say(
            "Your request to join {place} waits for its coordinators already. `leave {slug}` takes it back.",
            place=Bold(application.called),
            slug=call.landscape.slug_of(application.place),
        )
    return await _put_questions(call, application)


def _is_sent(call: Call, application: Application) -> Document:
    place = Bold(application.called)
    sent = sentence("Your request to join {place} is with its coordinators.", place=place)
    if not call.landscape.looking_after(application.place):
        sent = sentence(
            "Your request to join {place} waits: it has no coordinator at present, and I tell an admin.",
            place=place,
        )
    then = sentence(
        "I tell you in our direct message what they say; `leave {slug}` takes it back.",
        slug=call.landscape.slug_of(application.place),
    )
    return Document((in_a_row(sent, then),))


async def _withdrawn(call: Call, before: Application) -> Document:
    after = replace(before, state=State.WITHDRAWN, decided_at=call.now.timestamp())
    if not await call.work.applications.change(before, after):
        raise Conflict("No request of yours waits.")
    if before.way is Way.KNOCK:
        await call.work.remove(before.place, before.person, reason=str(sentence("They took it back.")))
    if before.state is State.OPEN:
        await call.work.note(f"withdraw {before.person}", before.place)
    return say("You no longer ask to join {place}.", place=Bold(before.called))
