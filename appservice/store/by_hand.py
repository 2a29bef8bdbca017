"""What was dealt with of changes by hand, what was put back, and rooms that the bot is to come into."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.by_hand import SILENCE_SECONDS, Repairs
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId

StateKey = tuple[str, str]
_h = tables.hand_marks.c
_MARKS = select(_h.type, _h.state_key, _h.event_id, _h.content).where(_h.place == bindparam("place"))


@dataclass(frozen=True, slots=True)
class Mark:
    """The last event of one entry that was dealt with, and its content."""

    event: str
    content: Mapping[str, Any]


async def marks(connection: Connection, place: PlaceId) -> dict[StateKey, Mark]:
    """What was dealt with of the room of `place`; places in state keys are not told from other text."""
    rows = await connection.execute(_MARKS, {"place": place})
    return {(r.type, r.state_key): Mark(r.event_id, json.loads(r.content)) for r in rows}


async def set_marks(connection: Connection, place: PlaceId, fresh: Mapping[StateKey, Mark]) -> None:
    values = [
        {
            "place": place,
            "type": kind,
            "state_key": key,
            "event_id": mark.event,
            "content": json.dumps(mark.content),
        }
        for (kind, key), mark in fresh.items()
    ]
    await upsert(connection, tables.hand_marks, values)


# -- what was put back ------------------------------------------------------------------------------


async def repairs(connection: Connection, place: PlaceId, thing: str, *, now: float) -> Repairs:
    """When `thing` of that room was put back within the last hour."""
    t = tables.put_back.c
    query = select(t.at, t.told).where(t.place == place, t.thing == thing, t.at > now - SILENCE_SECONDS)
    rows = (await connection.execute(query.order_by(t.at))).all()
    told = [row.at for row in rows if row.told]
    return Repairs(tuple(row.at for row in rows), told[-1] if told else None)


async def note_repair(connection: Connection, place: PlaceId, thing: str, *, now: float, told: bool) -> None:
    values = {"place": place, "thing": thing, "at": now, "told": told}
    await connection.execute(insert(tables.put_back).values(values))


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was put back before that time."""
    await connection.execute(delete(tables.put_back).where(tables.put_back.c.at < before))


async def forget_repairs(connection: Connection, places: Iterable[PlaceId]) -> None:
    """What was put back in these rooms counts no more: whoever fought has been told."""
    t = tables.put_back.c
    await connection.execute(delete(tables.put_back).where(t.place.in_(list(places))))


# -- rooms that the bot is to come into -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WishedRoom:
    """A room that `by` has put into the Space of `network`, and that the bot could not get into."""

    room: RoomId
    network: NetworkId
    by: UserId


async def wished_room(connection: Connection, room: RoomId) -> WishedRoom | None:
    t = tables.wished_rooms.c
    row = (await connection.execute(select(t.network, t.by).where(t.room_id == room))).one_or_none()
    return None if row is None else WishedRoom(room, NetworkId(place_id(row.network)), UserId(row.by))


async def wish_room(connection: Connection, wished: WishedRoom, *, now: float) -> None:
    values = {"room_id": wished.room, "network": wished.network, "by": wished.by, "at": now}
    await upsert(connection, tables.wished_rooms, [values])


async def drop_wish(connection: Connection, room: RoomId) -> None:
    await connection.execute(delete(tables.wished_rooms).where(tables.wished_rooms.c.room_id == room))
