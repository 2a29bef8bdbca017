"""Rooms of others in memory: they are looked into, and brought in, at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.adopting import words
from bot.adopting.judging import Judge, Refused, lack_in
from bot.adopting.ports import Asked, Shown
from bot.adopting.words import Taken
from bot.command import ToConfirm
from bot.networks.rules import named, ways_in
from bot.reply import Document, plain
from spaces import adopting, changes
from spaces.adopting import Below, Outside
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId

BOT = UserId("@hedgerow:example.org")


class FakeAdoptions:
    """Implements `bot.adopting.ports.Adoptions` over a `FakeWork`."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def place_at(self, target: str) -> PlaceId | None:
        found: PlaceId | None = self._work.rooms.get(RoomId(target))
        return found

    async def look_into(self, asked: Asked) -> Document | None:
        room, judge = self._room(asked.target), await self._judge(asked)
        place = None if room is None else self._work.rooms.get(room.room)
        refused = judge.refusal(room, place)
        if refused is not None or room is None:
            assert refused is not None
            return refused.answer
        if not room.is_space:
            return await self._as_group(asked, room)
        below: Sequence[Below] = self._work.hierarchies.get(room.room, ())
        ours = {one: self._work.rooms[one] for one in adopting.names_of(below) if one in self._work.rooms}
        shown = judge.show(room, below, ours, self._work.ids)
        if isinstance(shown, Refused):
            return shown.answer
        agreement = f"{asked.wants}\n{plain(shown.preview)}"
        self._work.spaces_shown[asked.by, asked.target] = Shown(room.room, agreement)
        raise ToConfirm(shown.preview, agreement)

    async def shown(self, by: UserId, target: str) -> Shown | None:
        found: Shown | None = self._work.spaces_shown.get((by, target))
        return found

    async def take_in(self, asked: Asked, space: RoomId) -> Document | None:
        room = self._room(space)
        assert room is not None
        people = adopting.coordinators_in(room, asked.by, BOT)
        after, network = adopting.with_space(
            self._work.landscape, self._work.ids, room, under=asked.network, by=asked.by, coordinators=people
        )
        await self._work.change(after, what=f"adopt {space}", about=network)
        top = self._taken(room, network)
        rooms: Iterable[Below] = self._work.hierarchies.get(space, ())
        below = [self._room(one.room) for one in rooms if one.room != space]
        taken = [await self._below(asked, found, network) for found in below if found is not None]
        return words.became_a_network(top, taken, named(after, asked.network), people, BOT)

    async def _below(self, asked: Asked, room: Outside, network: NetworkId) -> Taken:
        if (why := adopting.why_not(room, asked.by)) is not None:
            return Taken(why=why)
        return self._taken(room, await self._made(room, network))

    async def _as_group(self, asked: Asked, room: Outside) -> Document:
        group, landscape = await self._made(room, asked.network), self._work.landscape
        ways = ways_in(landscape, group, await self._work.standing_of(asked.by))
        above, members = named(landscape, asked.network), len(room.joined - {BOT})
        return words.became_a_group(
            self._taken(room, group), above, ways, members, landscape.coordinators_of(asked.network), BOT
        )

    async def _made(self, room: Outside, home: NetworkId) -> PlaceId:
        work = self._work
        after, group = changes.create_group(
            work.landscape,
            work.ids,
            name=room.called,
            home=home,
            access=adopting.access_in(room, work.landscape.networks[home].access),
            topic=room.topic,
        )
        await work.change(after, what=f"adopt {room.room}", about=group)
        return group

    def _taken(self, room: Outside, place: PlaceId) -> Taken:
        self._work.rooms[room.room] = place
        self._work.memberships |= {(place, user): "join" for user in room.joined}
        return Taken(named(self._work.landscape, place), place.is_network, None, lack_in(room, BOT))

    def _room(self, target: str) -> Outside | None:
        found = (room for room in self._work.outsides if target in (room.room, room.alias))
        return next(found, None)

    async def _judge(self, asked: Asked) -> Judge:
        standing = await self._work.standing_of(asked.by)
        return Judge(self._work.landscape, standing, asked, BOT)
