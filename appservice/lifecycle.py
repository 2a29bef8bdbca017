"""Archiving, restoring and releasing within a unit of work (`bot.lifecycle.ports.Lifecycle`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from appservice import languages
from appservice.speech import notice
from appservice.store import lifecycle as store
from appservice.store import rooms
from bot.reply import Document
from spaces.actions import AddAlias, Say
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.lifecycle import RoomKept, Snapshot, own_places, parting, with_levels, without
from spaces.network import Status
from spaces.reconcile import FoundRoom, may_keep_up, project_room

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


class StoredLifecycle:
    """Implements `bot.lifecycle.ports.Lifecycle`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def rooms(self, places: Collection[PlaceId]) -> Mapping[PlaceId, FoundRoom]:
        found = {place: await self._work.expected_of(place) for place in places}
        return {place: room for place, room in found.items() if room is not None}

    async def unmade(self, places: Collection[PlaceId]) -> tuple[PlaceId, ...]:
        """Those of others in which the bot has no power are as they are."""
        rows = {row.place: row for row in await rooms.all_rooms(self._work.connection)}
        found, bot = await self.rooms(places), self._work.surroundings.maker.bot
        theirs = {place for place, room in found.items() if not may_keep_up(room, bot)}
        return tuple(
            p for p in places if p in rows and not (rows[p].room_id and (rows[p].ready or p in theirs))
        )

    async def keep(self, place: PlaceId, kept: Snapshot) -> None:
        await store.keep(self._work.connection, place, kept)

    async def kept(self, place: PlaceId) -> Snapshot | None:
        return await store.kept(self._work.connection, place)

    async def drop(self, place: PlaceId) -> None:
        await store.drop(self._work.connection, place)

    async def bring_back_levels(self, kept: Mapping[PlaceId, RoomKept]) -> None:
        landscape = self._work.landscape
        for place, room in (await self.rooms(kept)).items():
            home = landscape.groups[GroupId(place)].home if place.is_group else place
            former = [c.user for c in landscape.coordinators.values() if c.network == home and c.former]
            self._work.expect(place, with_levels(room, kept[place], former))

    async def bring_back_aliases(self, kept: Mapping[PlaceId, RoomKept]) -> None:
        for place, room in (await self.rooms(kept)).items():
            lacking = sorted(kept[place].aliases - room.aliases)
            steps = [AddAlias(place, alias) for alias in lacking if room.aliases]
            self._work.put(*steps)
            self._work.expect(place, project_room(room, steps, self._work.surroundings.maker))

    async def announce(self, place: PlaceId, message: Document, *, said: str) -> None:
        if await rooms.room_of(self._work.connection, place) is None:
            return
        landscape = self._work.landscape
        spoken = languages.spoken_in(landscape, landscape.network_at(place))
        words = notice(message, language=spoken or self._work.surroundings.language)
        self._work.put(Say(place, f"announce:{place}:{said}", words))

    async def hand_over(self, places: Collection[PlaceId]) -> None:
        """Those rooms that are there; what has none is forgotten at once."""
        work = self._work
        found = await self.rooms(places)
        steps = parting(work.landscape, places, found, work.surroundings.maker.bot)
        work.put(*steps)
        for place, room in found.items():
            here = [step for step in steps if step.room == place]
            work.expect(place, project_room(room, here, work.surroundings.maker))
        if not found:
            await forget_places(work, places)


async def forget_room(work: UnitOfWork, place: PlaceId, seq: int) -> None:
    """The bot has left the room of `place` by the action `seq`: nothing of it is kept.

    Once the last room of what was released is left, that is forgotten as well.
    """
    await store.forget_room(work.connection, place, but=seq)
    landscape = work.landscape
    group = landscape.groups.get(GroupId(place))
    network = landscape.networks.get(group.home if group else NetworkId(place))
    all_of_it = network is not None and network.status is Status.RELEASED
    released = network.id if network is not None and all_of_it else place
    await forget_places(work, own_places(landscape, released))


async def forget_places(work: UnitOfWork, places: Collection[PlaceId]) -> None:
    """Forget those, the first of which holds the others, unless one of them still has a room."""
    there = {row.place for row in await rooms.all_rooms(work.connection)}
    if there.isdisjoint(places):
        await store.forget_words(work.connection, places)
        first = next(iter(places))
        work.forget(without(work.landscape, first))
        await work.note("released", first)
