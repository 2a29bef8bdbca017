"""Offers and wants at the edge: kept, asked about by reaction or reply, the room of the two, and the tick."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from appservice.audit import HEDGEROW
from appservice.event import Event
from appservice.hearing import replied_to
from appservice.speech import notice
from appservice.store import market, outbox, rooms
from appservice.store.numbers import free_numbers
from bot.address import said_itself
from bot.answering import Answering
from bot.market.ending import ask_what_still_holds, close_what_was_left
from bot.ports import Heard
from bot.reply import Document
from spaces.access import Standing
from spaces.actions import Action, CreateRoom, Invite, Leave, ReadBack, Say, StateEvent
from spaces.identifiers import DirectId, EventId, NetworkId, PlaceId, RoomId, UserId
from spaces.market import ASK_LASTS_SECONDS, Ask, Posting, has_left
from spaces.power_levels import RoomKind, power_levels
from spaces.reconcile import Maker, project_room
from spaces.sentences import sentence

if TYPE_CHECKING:
    from appservice.work import UnitOfWork
    from appservice.works import Works

_TOLD = re.compile(r"ask ([0-9]{1,9})")
_NAME_AT_MOST = 60


class KeptMarket:
    """Implements `bot.market.ports.Market` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    async def free_number(self) -> int:
        [number] = await free_numbers(self._connection, self._work.ids.listing_number)
        return number

    async def keep(self, posting: Posting) -> None:
        await market.keep(self._connection, posting)

    async def numbered(self, numbers: Collection[int]) -> Sequence[Posting]:
        return await market.numbered(self._connection, numbers)

    async def of(self, owner: UserId) -> Sequence[Posting]:
        return await market.of(self._connection, owner)

    async def to_remind_of(self, now: float) -> Sequence[Posting]:
        return await market.to_remind_of(self._connection, now)

    async def left(self, owner: UserId | None = None) -> Sequence[Posting]:
        found = await market.standing(self._connection, self._work.now, owner)
        joined = await market.joined_by_owners(self._connection, owner) if found else {}
        standings = {user: Standing(user, joined=joined.get(user, frozenset())) for user in _owners(found)}
        return [one for one in found if has_left(self._work.landscape, standings[one.owner], one.network)]

    async def keep_ask(self, ask: Ask) -> None:
        await market.keep_ask(self._connection, ask)

    async def ask_numbered(self, number: int) -> Ask | None:
        return await market.ask_numbered(self._connection, number)

    async def asks_by(self, asker: UserId) -> Sequence[Ask]:
        return await market.asks_by(self._connection, asker)

    async def asks_about(self, postings: Collection[int]) -> Sequence[Ask]:
        return await market.asks_about(self._connection, postings)

    async def bring_together(self, ask: Ask, posting: Posting, about: Document) -> None:
        """The place of the room is worked out from the ask, so that there is never a second one."""
        work, maker = self._work, self._work.surroundings.maker
        seed = f"{work.surroundings.secret}|ask {ask.number} {int(ask.asked_at)}"
        place = DirectId.of_user(posting.owner, seed)
        await market.keep_ask(self._connection, ask, place)
        steps = _room_of_two(place, posting, ask.asker, maker)
        work.put(*steps)
        work.expect(place, project_room(None, steps, maker))
        spoken = {await work.language_of(user) for user in (posting.owner, ask.asker)}
        language = spoken.pop() if len(spoken) == 1 else work.surroundings.language
        said = await work.for_reader(about, language, ask.asker)
        work.put(Say(place, f"together:{place}", notice(said)))

    async def note(self, what: str, network: NetworkId) -> None:
        await self._work.note(what, network, by=HEDGEROW)


def _owners(postings: Sequence[Posting]) -> set[UserId]:
    return {posting.owner for posting in postings}


def _room_of_two(place: DirectId, posting: Posting, asker: UserId, maker: Maker) -> list[Action]:
    """A room called by what it is about, in which the two can do what they like once the bot is gone."""
    state = (
        StateEvent("m.room.join_rules", {"join_rule": "invite"}),
        StateEvent("m.room.history_visibility", {"history_visibility": "invited"}),
        StateEvent("m.room.guest_access", {"guest_access": "forbidden"}),
        StateEvent("m.room.canonical_alias", {}),
        StateEvent("m.room.name", {"name": posting.text[:_NAME_AT_MOST]}),
    )
    two = (posting.owner, asker)
    levels = power_levels(RoomKind.DIRECT, maker.version, maker.bot, two)
    reason = str(sentence("You have both said yes."))
    return [
        CreateRoom(place, state, levels, version=maker.version),
        ReadBack(place),
        *(Invite(place, user, reason) for user in two),
    ]


# -- what is heard --------------------------------------------------------------------------------------


async def decided_by(event: EventId | None, person: UserId, work: UnitOfWork) -> tuple[str, str] | None:
    """What ✅ and ❌ on `event` say, as commands, if the bot has told `person` of an ask by it."""
    said = None if event is None else await outbox.told_by(work.connection, event, person)
    found = _TOLD.fullmatch(said or "")
    return (f"ask accept {found[1]}", f"ask decline {found[1]}") if found else None


async def as_command(heard: Heard, event: Event, work: UnitOfWork) -> Heard:
    """A bare yes or no in reply to an ask, as the command for it; else what was heard."""
    meant = Answering.of_word(said_itself(heard)) if heard.is_direct else None
    said = await decided_by(replied_to(event), event.sender, work) if meant else None
    return heard if said is None else replace(heard, body=said[meant != "yes"])


async def leave_to_the_two(work: UnitOfWork, place: PlaceId, room: RoomId) -> None:
    """The bot leaves the room of two once both have answered their invitations, for which they need it."""
    ask = await market.ask_of_room(work.connection, place)
    found = await market.numbered(work.connection, [ask.posting]) if ask is not None else []
    if ask is None or not found:
        return
    members = await rooms.members(work.connection, room)
    answers = {members.get(user) for user in (found[0].owner, ask.asker)}
    if answers.isdisjoint({None, "invite"}):
        await _leave(work, place)


async def _leave(work: UnitOfWork, place: PlaceId) -> None:
    work.put(Leave(place))
    await market.forget_room(work.connection, place)


async def close_if_left(work: UnitOfWork, user: UserId) -> None:
    """Somebody is gone from a room of ours: what they offer or want where they are no member ends."""
    await close_what_was_left(work, work.now, user)


# -- in time --------------------------------------------------------------------------------------------


class Stall:
    """The tick that sees to offers and wants. `now` gives seconds."""

    def __init__(self, works: Works, now: Callable[[], float]) -> None:
        self._works = works
        self._now = now

    async def look(self) -> None:
        """Ask what still holds; nothing is written where nothing is due."""
        async with self._works.database.reading() as connection:
            is_due = await market.to_remind_of(connection, self._now())
        if is_due:
            async with self._works.begin(HEDGEROW) as work:
                await ask_what_still_holds(work, self._now())

    async def look_round(self) -> None:
        """End what was left behind by those who went without our hearing of it; leave rooms of two that
        nobody comes into.
        """
        now = self._now()
        unanswered = now - ASK_LASTS_SECONDS
        async with self._works.preview(HEDGEROW) as work:
            is_due = await KeptMarket(work).left() or await market.rooms_since(work.connection, unanswered)
        if is_due:
            async with self._works.begin(HEDGEROW) as work:
                await close_what_was_left(work, now)
                for place in await market.rooms_since(work.connection, unanswered):
                    await _leave(work, place)
