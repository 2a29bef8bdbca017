"""See who would like to come in, and decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from bot.applications import words
from bot.bans.keeping_out import is_kept_out
from bot.command import Call, Name, command
from bot.letting_in import require_power_to_invite
from bot.networks.phrases import link
from bot.networks.rules import named, only_as_admin
from bot.networks.sides import Coordinating
from bot.ports import Work
from bot.reply import Document, Paragraph, item
from spaces.applications import (
    Application,
    State,
    Way,
    check_answer,
    is_known,
    is_there,
    may_decide,
    may_look,
)
from spaces.deeds import Deed, refusal_within
from spaces.errors import Conflict, Forbidden, Malformed, Unknown
from spaces.identifiers import PlaceId, UserId, printable
from spaces.landscape import Landscape
from spaces.sentences import Sentence, counted, sentence

_ALL = "all"
_NUMBERS = re.compile(r"#?[0-9]{1,9}(?:(?:\s*,\s*|\s+and\s+|\s+)#?[0-9]{1,9})*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Requests:
    """What waits for the speaker's yes or no, and what waits for others and they may look at."""

    mine: tuple[Application, ...]
    others: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """These are approved, or denied; `told` have been told the `word`."""

    applications: tuple[Application, ...]
    approved: bool


class Deciding:
    """See who would like to come in, and decide."""

    @command("requests", topic="joining", requires=Coordinating(), examples=["requests"])
    async def requests(self, call: Call) -> Requests:
        """Show who asks to join your networks and groups."""
        _require_direct(call)
        mine, others = await _waiting_for(call), await _to_look_at(call)
        for place in dict.fromkeys(application.place for application in others):
            if only_as_admin(call.landscape, call.standing, place):
                await call.work.note(f"requests: looked at by {call.sender}, as an admin", place)
        return Requests(tuple(mine), tuple(others))

    @command(
        "approve",
        topic="joining",
        requires=Coordinating(),
        examples=["approve 1", "approve all"],
        meanwhile="Inviting them …",
    )
    async def approve(
        self,
        call: Call,
        n: Annotated[Name, "the number of a request, several, or `all`"],
        *,
        word: Annotated[str, "what you tell them"] = "",
    ) -> Decided:
        """Let somebody in who asked to join."""
        return await _decide(call, n, word, approved=True)

    @command(
        "deny",
        topic="joining",
        requires=Coordinating(),
        examples=["deny 1 --word Come again in spring"],
        meanwhile="Telling them …",
    )
    async def deny(
        self,
        call: Call,
        n: Annotated[Name, "the number of a request, several, or `all`"],
        *,
        word: Annotated[str, "what you tell them"] = "",
    ) -> Decided:
        """Decline somebody who asked to join.

        They are told so, politely, and what you add as `--word`.
        """
        return await _decide(call, n, word, approved=False)


async def _decide(call: Call, typed: str, word: str, *, approved: bool) -> Decided:
    _require_direct(call)
    said = check_answer(word)
    if typed.strip().casefold() == _ALL:
        found = await _waiting_for(call)
        if not found:
            raise Conflict("Nobody waits for your yes or no.")
        await _require_possible(call, found, approved)
        call.confirm(_preview(call.landscape, found, approved))
    else:
        found = [await _found(call, number) for number in _numbers_in(typed)]
        await _require_possible(call, found, approved)
    if approved:
        await require_power_to_invite(call.work, *(one.place for one in found))
    done = [
        after
        for before in found
        if (after := await settle(call.work, before, call.sender, call.now.timestamp(), said, approved))
    ]
    if not done:
        raise Conflict("Somebody else has decided it at this moment. `requests` shows what still waits.")
    return Decided(tuple(done), approved)


async def settle(
    work: Work, before: Application, by: UserId | None, now: float, word: str, approved: bool
) -> Application | None:
    """Decide it, invite or send away, and tell who asked; None if somebody else was faster."""
    state = State.APPROVED if approved else State.DENIED
    after = replace(before, state=state, decided_by=by, decided_at=now, word=word)
    if not await work.applications.change(before, after):
        return None
    place, person = before.place, before.person
    if approved:
        reason = word or str(sentence("A coordinator has said yes to your request."))
        await work.invite(place, person, reason=reason)
        await work.paths.invited_by_name(place, person)
    elif before.way is Way.KNOCK:
        reason = word or str(sentence("The coordinators cannot let you in at present."))
        await work.remove(place, person, reason=reason)
    await tell_applicant(work, after)
    await work.note(f"{'approve' if approved else 'deny'} {person}", place)
    return after


async def tell_applicant(work: Work, application: Application) -> None:
    """How it was decided, once; who knocked sees it in their client."""
    if application.way is Way.KNOCK:
        return
    if application.state is State.APPROVED:
        message = words.let_in(named(work.landscape, application.place), application.word)
    else:
        message = words.declined(application)
    await work.tell(application.person, message, said=f"application {application.number} decided")


# -- which ------------------------------------------------------------------------------------------


def _require_direct(call: Call) -> None:
    if not call.heard.is_direct:
        raise Conflict("Who asks to join is not for everyone here. Ask me in a direct message.")


def _numbers_in(typed: str) -> list[int]:
    if not _NUMBERS.fullmatch(typed.strip()):
        raise Malformed(
            "“{typed}” is no number of a request. `requests` shows the numbers; `all` means all of them.",
            typed=printable(typed)[:40],
        )
    return list(dict.fromkeys(int(number) for number in re.findall(r"[0-9]+", typed)))


async def _waiting_for(call: Call) -> list[Application]:
    """What waits for a yes or no of the speaker."""
    networks = sorted(call.landscape.coordinated_by(call.sender))
    places = [place for network in networks for place in call.landscape.places_of(network)]
    found = await call.work.applications.open_at(places)
    return [a for a in found if may_decide(call.landscape, call.standing, a.place)]


async def _to_look_at(call: Call) -> list[Application]:
    """What waits for others, too long for nobody else to see it."""
    landscape, standing = call.landscape, call.standing
    if not (standing.is_admin or landscape.coordinated_by(call.sender)):
        return []
    found = await call.work.applications.live()
    shown = (a for a in found if may_look(landscape, standing, a))
    return [a for a in shown if not may_decide(landscape, standing, a.place)]


async def _found(call: Call, number: int) -> Application:
    """The open application of that number, if the speaker may decide it."""
    found = await call.work.applications.of_number(number)
    is_theirs = found is not None and _is_theirs(call, found)
    if found is None or found.state is State.ASKING or not is_theirs:
        if found is not None and may_look(call.landscape, call.standing, found):
            raise Forbidden(_not_theirs(call.landscape, found.place))
        raise Unknown("I know no request {number}. `requests` shows those that wait for you.", number=number)
    if found.state is not State.OPEN:
        raise Conflict(words.decided_already(found))
    return found


def _is_theirs(call: Call, application: Application) -> bool:
    place = application.place
    return is_known(call.landscape, place) and may_decide(call.landscape, call.standing, place)


def _not_theirs(landscape: Landscape, place: PlaceId) -> Sentence:
    return refusal_within(landscape, Deed.INVITE, place, landscape.network_of(place), names_network=True)


async def _require_possible(call: Call, found: Sequence[Application], approved: bool) -> None:
    """Nobody is invited to where they cannot get in."""
    for application in found if approved else ():
        place, called = application.place, named(call.landscape, application.place).name
        if not is_there(call.landscape, place):
            raise Conflict("“{place}” is archived, so nobody can join it.", place=called)
        if await is_kept_out(call.work, place, application.person):
            raise Conflict(
                "{person} is banned from “{place}”. Lift the ban first, or `deny {number}`.",
                person=application.person,
                place=called,
                number=application.number,
            )


def _preview(landscape: Landscape, found: Sequence[Application], approved: bool) -> Document:
    many = len(found)
    if approved:
        head = counted("You would let in one person:", "You would let in {count} people:", many)
    else:
        head = counted("You would decline one person:", "You would decline {count} people:", many)
    each = (
        item("{person}, to {place}", person=a.person, place=link(named(landscape, a.place))) for a in found
    )
    return Document((Paragraph((head,)), *each))
