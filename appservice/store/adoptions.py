"""Rooms of others that somebody wants to have brought in, what came of each, and what was shown of Spaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.adopting.ports import Shown
from spaces.adopting import Why
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId

t = tables.adoptions.c


@dataclass(frozen=True, slots=True)
class Adoption:
    """One room that `by` wants in `network`, asked for by the message `event` as `target`.

    It is `place` now, or none because of `why`; neither while it is being looked at. `below`: it stands in
    the Space that was asked for.
    """

    event: EventId
    room: RoomId
    network: NetworkId
    by: UserId
    target: str
    below: bool = False
    place: PlaceId | None = None
    why: Why | None = None


async def keep(connection: Connection, found: Iterable[Adoption], *, now: float) -> None:
    values = [
        {
            "event_id": one.event,
            "room_id": one.room,
            "network": one.network,
            "by": one.by,
            "target": one.target,
            "below": one.below,
            "place": one.place,
            "why": one.why,
            "at": now,
        }
        for one in found
    ]
    await upsert(connection, tables.adoptions, values)


async def of_event(connection: Connection, event: EventId) -> tuple[Adoption, ...]:
    """What came of all rooms that the message has asked for: the Space before what is below it."""
    query = select(tables.adoptions).where(t.event_id == event).order_by(t.below, t.at, t.room_id)
    return tuple(_adoption(row) for row in (await connection.execute(query)).all())


async def wished(connection: Connection, room: RoomId) -> Adoption | None:
    """The last wish for a room that the bot could not get into."""
    query = select(tables.adoptions).where(t.room_id == room).order_by(t.at.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None or row.why != Why.SHUT else _adoption(row)


def _adoption(row: Any) -> Adoption:
    return Adoption(
        event=EventId(row.event_id),
        room=RoomId(row.room_id),
        network=NetworkId(row.network),
        by=UserId(row.by),
        target=row.target,
        below=row.below,
        place=place_id(row.place) if row.place else None,
        why=Why(row.why) if row.why else None,
    )


# -- what was shown -----------------------------------------------------------------------------------


async def keep_shown(connection: Connection, by: UserId, target: str, shown: Shown, *, now: float) -> None:
    values = {"by": by, "target": target, "room_id": shown.room, "agreement": shown.agreement, "at": now}
    await upsert(connection, tables.adoptions_shown, [values])


async def shown(connection: Connection, by: UserId, target: str) -> Shown | None:
    s = tables.adoptions_shown.c
    query = select(s.room_id, s.agreement).where(s.by == by, s.target == target)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Shown(RoomId(row.room_id), row.agreement)


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was asked and shown before that time."""
    await connection.execute(delete(tables.adoptions).where(t.at < before))
    old = tables.adoptions_shown
    await connection.execute(delete(old).where(old.c.at < before))
