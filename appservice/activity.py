"""How much is said where, as it is heard; and the lines of digests that tell it.

Of a message is kept that it came, by whom, and whether the room's history was open then to all in it: so it
is as far as we know since a read back has found it open, and until somebody sets about closing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from appservice.event import Event
from appservice.hearing import redacted_by, relation_in
from appservice.store import activity as store
from appservice.store.activity import Said, Tally
from appservice.store.database import Connection, Database
from bot.digests.items import Item, Period, Reader, Section
from bot.reply import PlaceLink, line
from spaces.access import may_enter, may_see
from spaces.actions import Action, SetState
from spaces.bans import is_banned
from spaces.history import is_open_to_members, visibility_of
from spaces.identifiers import GroupId, PlaceId, UserId
from spaces.network import Purpose, Status
from spaces.sentences import counted
from spaces.wanted import room_name

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_HISTORY = "m.room.history_visibility"
_VISIBILITY = (_HISTORY, "")
_NOT_SAID = ("m.replace", "m.annotation")  # an edit, or a reaction that came encrypted
_LATE_AT_MOST_SECONDS = 14 * 86_400.0
_FORGET_AT_ONCE = 5_000


# -- what is heard --------------------------------------------------------------------------------------


async def note_said(work: UnitOfWork, event: Event) -> None:
    """Count a message that a person has said in a group's room, in the clear or encrypted."""
    await note_all_said(work.connection, [event])


async def note_all_said(connection: Connection, events: Iterable[Event]) -> None:
    """The same of several, which came one after the other."""
    said = [Said(e.room, e.id, e.sender, e.received_at, said_at(e)) for e in events if is_said(e)]
    await store.note(connection, said)


def is_said(event: Event) -> bool:
    """Whether somebody says something by it: no notice, no edit, nothing that was taken back."""
    what = event.content.get("ciphertext" if event.type == "m.room.encrypted" else "msgtype")
    is_edit = relation_in(event).get("rel_type") in _NOT_SAID or "m.new_content" in event.content
    return isinstance(what, str) and what != "m.notice" and not is_edit


def said_at(event: Event) -> float:
    """When it came or, where it says so itself, some days earlier: what comes late was not said to who came
    meanwhile.

    An event may claim any time it likes. This one is for nothing but to let fewer read it.
    """
    return _earlier(event.claimed_at, event.received_at)


def _earlier(claimed: object, now: float) -> float:
    """What an event claims, in milliseconds, as seconds; `now` unless it may have been under way since."""
    if isinstance(claimed, int) and (now - _LATE_AT_MOST_SECONDS) * 1000 < claimed < now * 1000:
        return claimed / 1000
    return now


async def note_redacted(work: UnitOfWork, event: Event) -> None:
    """What is taken back in the room where it was said counts no longer."""
    redacted = redacted_by(event)
    if redacted is not None and await store.drop(work.connection, event.room, redacted):
        work.surroundings.tallies.forget()


# -- whose history is open --------------------------------------------------------------------------------


async def note_visibility(work: UnitOfWork, place: PlaceId, state: Iterable[Mapping[str, Any]]) -> None:
    """A group's room was read: its history is open from now on if it is so and is to stay so."""
    if not place.is_group:
        return
    found = next((e for e in state if (e.get("type"), e.get("state_key")) == _VISIBILITY), {})
    to_be = await work.expected_of(place)
    if _is_open(found.get("content")) and to_be is not None and _is_open(to_be.state.get(_VISIBILITY)):
        await store.open_history(work.connection, place, work.now)
    elif await store.is_history_open(work.connection, place):
        await _close(work, place, _earlier(found.get("origin_server_ts"), work.now))


async def heed_visibility(work: UnitOfWork, place: PlaceId, event: Event) -> None:
    """Somebody changed by hand who may read a room's past. Opened it is once it is read back."""
    if event.type == _HISTORY and event.state_key == "" and not _is_open(event.content):
        await _close(work, place, said_at(event))


async def foresee_visibility(work: UnitOfWork, actions: Iterable[Action]) -> None:
    """The bot sets about closing the history of a room: that counts from now on."""
    for action in actions:
        if not isinstance(action, SetState) or action.event.type != _HISTORY:
            continue
        if isinstance(action.room, PlaceId) and not _is_open(action.event.content):
            await _close(work, action.room, work.now)


async def _close(work: UnitOfWork, place: PlaceId, since: float) -> None:
    await store.close_history(work.connection, place, since)
    work.surroundings.tallies.forget()


def _is_open(content: object) -> bool:
    value = content.get("history_visibility") if isinstance(content, Mapping) else None
    return is_open_to_members(visibility_of(value))


# -- what digests tell ------------------------------------------------------------------------------------


class LivelySource:
    """How much was said in the groups of the reader's networks, by others, that the reader may read now.

    To a network's own edition only those groups belong into which each of its members may go, and of what
    was said there what they might read then.
    """

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._landscape = work.landscape

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        if reader.user is None:
            counts = await self._open_in(self._groups_for_all(reader), period)
        else:
            counts = await self._read_by(reader.user, self._groups_of(reader, reader.user), period)
        return [self._item(group, count) for group, count in counts.items() if count > 0]

    def _item(self, group: GroupId, count: int) -> Item:
        link = PlaceLink(room_name(self._landscape, self._landscape.groups[group]), group)
        said = counted("{group}: one message", "{group}: {count} messages", count, group=link)
        return Item(Section.LIVELY, f"lively {group}", line(said), weight=count)

    def _groups_of(self, reader: Reader, user: UserId) -> list[GroupId]:
        """Those in which they are, of networks that they hear of."""
        here = [GroupId(place) for place in sorted(reader.standing.joined) if place.is_group]
        told = [group for group in here if self._is_told_to(reader, group)]
        return [group for group in told if not is_banned(self._landscape, group, user)]

    def _is_told_to(self, reader: Reader, group: GroupId) -> bool:
        land = self._landscape
        if group not in land.groups or land.status_of(group) is not Status.ACTIVE:
            return False
        return not reader.networks.isdisjoint((land.groups[group].home, *land.shares_of(group)))

    def _groups_for_all(self, reader: Reader) -> list[GroupId]:
        """Those into which all may go, but for the rooms in which editions themselves are said."""
        return [group for group in self._groups_under(reader) if self._is_for(reader, group)]

    def _groups_under(self, reader: Reader) -> Iterator[GroupId]:
        land = self._landscape
        homes = (group.id for network in reader.networks for group in land.groups_of(network))
        shared = (group for network in reader.networks for group in land.shared_with(network))
        yield from sorted({*homes, *shared})

    def _is_for(self, reader: Reader, group: GroupId) -> bool:
        land, standing = self._landscape, reader.standing
        is_news = land.groups[group].purpose is Purpose.NEWS
        is_awake = land.status_of(group) is Status.ACTIVE
        return (
            is_awake and not is_news and may_see(land, standing, group) and may_enter(land, standing, group)
        )

    async def _open_in(self, groups: Sequence[GroupId], period: Period) -> dict[GroupId, int]:
        found = await self._tallies(groups, period)
        return {group: found[group].open for group in groups}

    async def _read_by(self, user: UserId, groups: Sequence[GroupId], period: Period) -> dict[GroupId, int]:
        connection, found = self._work.connection, await self._tallies(groups, period)
        if not any(found[group].open or found[group].closed for group in groups):
            return {}
        own = await store.open_of(connection, user, period)
        counts = {group: found[group].open - own.get(group, 0) for group in groups}
        if any(found[group].closed for group in groups):
            closed = await store.closed_for(connection, user, period)
            counts = {group: count + closed.get(group, 0) for group, count in counts.items()}
        return counts

    async def _tallies(self, groups: Sequence[GroupId], period: Period) -> Mapping[PlaceId, Tally]:
        work = self._work
        return await work.surroundings.tallies.of(work.connection, groups, period, work.now)


async def forget_old(database: Database, *, before: float) -> None:
    """Forget messages that came before that time, some at once, so that nobody waits long in between."""
    is_more = True
    while is_more:
        async with database.writing() as connection:
            is_more = await store.forget(connection, before=before, most=_FORGET_AT_ONCE) == _FORGET_AT_ONCE
