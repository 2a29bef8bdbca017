"""Rooms that take the place of others, and what such a change does to what is kept of a place's room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import PlaceId, RoomId

ANNOUNCED = "announced"  # there is a tombstone; whether the bot follows it is not told yet
FOLLOWING = "following"  # the bot is to come into the new room
OUTSIDE = "outside"  # it could not get in
RENEWING = "renewing"  # the bot makes the new room itself
MOVED = "moved"  # the new room is the place's; what names the old one is still to be changed
DONE = "done"
REFUSED = "refused"
_PENDING = (ANNOUNCED, FOLLOWING, OUTSIDE, RENEWING, MOVED)
_DAY = 86_400.0
# What is executed for each room that is read is built once.
_OF_ROOM = select(tables.upgrades).where(tables.upgrades.c.old_room == bindparam("old"))
_TO_ROOM = (
    select(tables.upgrades)
    .where(tables.upgrades.c.new_room == bindparam("new"), tables.upgrades.c.state.in_(_PENDING))
    .order_by(tables.upgrades.c.old_room)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A room of `place` that is replaced, or was. `new` is "" until it is made; `by` is as it came.

    `event` is the tombstone of a person, "" where a command did it. `levels` are the old room's, as JSON.
    """

    old: RoomId
    place: PlaceId
    new: RoomId
    by: str
    event: str
    state: str
    at: float
    levels: str = ""


async def of_room(connection: Connection, old: RoomId) -> Upgrade | None:
    return _one((await connection.execute(_OF_ROOM, {"old": old})).one_or_none())


async def to_room(connection: Connection, new: RoomId) -> Upgrade | None:
    """The upgrade under way to that room."""
    return _one((await connection.execute(_TO_ROOM, {"new": new})).one_or_none())


async def moved_to(connection: Connection, place: PlaceId, new: RoomId) -> Upgrade | None:
    """The upgrade by which `new` has become the room of `place`, while it is not done."""
    found = await to_room(connection, new)
    return found if found is not None and found.place == place and found.state == MOVED else None


async def pending(connection: Connection, *states: str) -> list[Upgrade]:
    """What is under way, or in one of these states."""
    t = tables.upgrades
    query = select(t).where(t.c.state.in_(states or _PENDING)).order_by(t.c.old_room)
    rows = await connection.execute(query)
    return [found for row in rows if (found := _one(row)) is not None]


async def done_lately(connection: Connection, place: PlaceId, *, now: float) -> int:
    """How often the room of `place` was replaced within the last day."""
    t = tables.upgrades.c
    query = select(func.count()).where(t.place == place, t.state.in_((MOVED, DONE)), t.at > now - _DAY)
    return int((await connection.execute(query)).scalar() or 0)


async def save(connection: Connection, upgrade: Upgrade) -> None:
    row = {
        "old_room": upgrade.old,
        "place": upgrade.place,
        "new_room": upgrade.new,
        "by": upgrade.by,
        "event": upgrade.event,
        "state": upgrade.state,
        "at": upgrade.at,
        "levels": upgrade.levels,
    }
    await upsert(connection, tables.upgrades, [row])


async def drop(connection: Connection, old: RoomId) -> None:
    await connection.execute(delete(tables.upgrades).where(tables.upgrades.c.old_room == old))


async def replace_room(connection: Connection, place: PlaceId, new: RoomId) -> None:
    """From now on `new` is the room of `place`, and not closed as far as is known."""
    t = tables
    await connection.execute(update(t.rooms).where(t.rooms.c.place == place).values(room_id=new, ready=False))
    for column in (t.hand_marks.c.place, t.put_back.c.place):
        await connection.execute(delete(column.table).where(column == place))
    await connection.execute(delete(t.conversations).where(t.conversations.c.room_id == new))
    await connection.execute(delete(t.wished_rooms).where(t.wished_rooms.c.room_id == new))


async def forget_members(connection: Connection, old: RoomId) -> None:
    """Who was in a room that is no place's any more is not kept."""
    await connection.execute(delete(tables.memberships).where(tables.memberships.c.room_id == old))


async def naming(connection: Connection, place: PlaceId) -> list[PlaceId]:
    """The places whose rooms name `place`: as a child, as a parent, or as a way in."""
    t = tables.rooms.c
    rows = await connection.execute(select(t.place).where(t.expected.contains(f'"{place}"', autoescape=True)))
    return sorted(place_id(found) for found in rows.scalars() if found != place)


def _one(row: Row[Any] | None) -> Upgrade | None:
    if row is None:
        return None
    place, new = place_id(row.place), RoomId(row.new_room)
    return Upgrade(RoomId(row.old_room), place, new, row.by, row.event, row.state, row.at, row.levels)
