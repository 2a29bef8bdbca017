"""When networks and groups came, in a table."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.arrivals import Arrival
from spaces.identifiers import PlaceId, UserId

t = tables.arrivals.c


async def keep(connection: Connection, places: Mapping[PlaceId, str], now: float) -> None:
    """These have come, each by whom it names. What came before has come then."""
    rows = [
        {"place": place, "at": now, "by": by if by.startswith("@") else None} for place, by in places.items()
    ]
    await upsert(connection, tables.arrivals, rows, replace=False)


async def between(connection: Connection, start: float, end: float) -> list[Arrival]:
    """What came at `start` or later and before `end`, the newest first."""
    query = select(t.place, t.at, t.by).where(t.at >= start, t.at < end).order_by(t.at.desc(), t.place)
    rows = await connection.execute(query)
    return [Arrival(place_id(r.place), r.at, UserId(r.by) if r.by else None) for r in rows]


async def forget_person(connection: Connection, user: UserId) -> None:
    """Who made it is forgotten; that it came stays."""
    await connection.execute(update(tables.arrivals).where(t.by == user).values(by=None))
