"""Ask to be put in touch with who offers or wants something, and answer who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from bot.applications.applying import WhenAsked
from bot.command import Call, command
from bot.market import words
from bot.market.commands import require_direct
from spaces.access import is_member
from spaces.bans import is_banned
from spaces.errors import Conflict, Unknown
from spaces.identifiers import UserId
from spaces.market import MOST_ASKS, Ask, Posting, Said, comes_too_soon


@dataclass(frozen=True, slots=True)
class Asked:
    posting: Posting


@dataclass(frozen=True, slots=True)
class BroughtTogether:
    posting: Posting
    other: UserId


@dataclass(frozen=True, slots=True)
class KeptApart:
    posting: Posting


class Asking:
    """Ask to be put in touch."""

    @command("ask", topic="offers", examples=["ask 48213"])
    async def ask(self, call: Call, number: Annotated[int, "the number of an offer or a want"]) -> Asked:
        """Ask to be put in touch with who offers or wants something.

        They are not told who asks. Only when they say yes I bring the two of you into a room.
        """
        require_direct(call)
        now, market = call.now.timestamp(), call.work.market
        found = next(iter(await market.numbered([number])), None)
        if found is None or not _is_there_for(call, call.sender, found, now):
            raise Unknown("I know no offer or want {number}. `find` shows what there is.", number=number)
        if found.owner == call.sender:
            raise Conflict("{number} is your own. `mine` shows who asks about it.", number=number)
        await _require_free(call, found, now)
        ask = Ask(await market.free_number(), number, call.sender, now)
        await market.keep_ask(ask)
        from_there = is_member(call.landscape, call.standing, found.network)
        message = words.asks_you(call.landscape, found, ask, from_there=from_there)
        await call.work.tell(found.owner, message, said=f"ask {ask.number}", reminding=True)
        return Asked(found)

    @command(
        "ask accept",
        topic="offers",
        requires=WhenAsked(),
        examples=["ask accept 48214"],
        meanwhile="Making a room for the two of you …",
    )
    async def accept(
        self, call: Call, number: Annotated[int, "the number that I have told you"]
    ) -> BroughtTogether:
        """Say yes to being put in touch."""
        ask, posting = await _waiting(call, number)
        after = replace(ask, said=Said.YES, said_at=call.now.timestamp())
        await call.work.market.keep_ask(after)
        about = words.brought_together(posting, ask.asker)
        await call.work.market.bring_together(after, posting, about)
        await call.work.tell(ask.asker, words.said_yes(posting), said=f"ask {number} yes")
        await call.work.market.note(f"together {posting.number}", posting.network)
        return BroughtTogether(posting, ask.asker)

    @command("ask decline", topic="offers", requires=WhenAsked(), examples=["ask decline 48214"])
    async def decline(
        self, call: Call, number: Annotated[int, "the number that I have told you"]
    ) -> KeptApart:
        """Say no to being put in touch.

        They are told so kindly, and cannot ask about it again for 30 days.
        """
        ask, posting = await _waiting(call, number)
        await call.work.market.keep_ask(replace(ask, said=Said.NO, said_at=call.now.timestamp()))
        await call.work.tell(ask.asker, words.said_no(posting), said=f"ask {number} no")
        return KeptApart(posting)


def _is_there_for(call: Call, user: UserId, posting: Posting, now: float) -> bool:
    """Whether the speaker finds it now, and is not kept out of where it is."""
    finds = call.work.directory.sight_of(call.standing).finds
    banned = is_banned(call.landscape, posting.network, user)
    return posting.stands(now) and not banned and (posting.network in finds or posting.owner == user)


async def _require_free(call: Call, posting: Posting, now: float) -> None:
    """Once for each, not soon after a no, and not very many at a time."""
    asked = await call.work.market.asks_by(call.sender)
    about = [one for one in asked if one.posting == posting.number]
    if any(one.waits(now) for one in about):
        raise Conflict("You have asked already, and I tell you what they say.")
    if any(one.said is Said.YES for one in about):
        raise Conflict("They have said yes already: look for the invitation to the room with the two of you.")
    if comes_too_soon(about, now):
        raise Conflict(
            "They would rather not be put in touch at present. You can ask again 30 days after their answer."
        )
    if len(await _waiting_of(call, asked, now)) >= MOST_ASKS:
        raise Conflict(
            "You wait for {most} answers, and that is the most at a time. Ask again when some have come.",
            most=MOST_ASKS,
        )


async def _waiting_of(call: Call, asks: Sequence[Ask], now: float) -> list[Ask]:
    """Those that still wait; of what has expired nobody waits for an answer."""
    open_ = [one for one in asks if one.waits(now)]
    there = {
        one.number for one in await call.work.market.numbered([a.posting for a in open_]) if one.stands(now)
    }
    return [one for one in open_ if one.posting in there]


async def _waiting(call: Call, number: int) -> tuple[Ask, Posting]:
    """What somebody asks the speaker, if it still waits. Who asks may not know of it any more."""
    require_direct(call)
    market, now = call.work.market, call.now.timestamp()
    ask = await market.ask_numbered(number)
    found = next(iter(await market.numbered([ask.posting])), None) if ask is not None else None
    if ask is None or found is None or found.owner != call.sender:
        raise Unknown(
            "Nobody asks you anything with the number {number}. `mine` shows who does.", number=number
        )
    if ask.said in (Said.YES, Said.NO):
        raise Conflict("You have answered that already.")
    sight = call.work.directory.sight_of(await call.work.standing_of(ask.asker))
    may = found.network in sight.finds and not is_banned(call.landscape, found.network, ask.asker)
    if not ask.waits(now) or not found.stands(now) or not may:
        raise Conflict("That does not wait for an answer any more.")
    return ask, found


async def waiting_for(call: Call) -> list[Ask]:
    """What others ask the speaker, the oldest first."""
    now, market = call.now.timestamp(), call.work.market
    standing = [one.number for one in await market.of(call.sender) if one.stands(now)]
    return [ask for ask in await market.asks_about(standing) if ask.waits(now)] if standing else []
