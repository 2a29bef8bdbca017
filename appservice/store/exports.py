"""What goes into an export that no other aggregate tells, and where what was imported came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import func, insert, or_, select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection
from spaces.identifiers import NetworkId, PlaceId, UserId

_CHUNK = 500
c = tables.codes.c
m = tables.memberships.c
r = tables.rooms.c
i = tables.imports.c


async def members(connection: Connection, places: Collection[PlaceId]) -> dict[PlaceId, frozenset[UserId]]:
    """Who has joined the rooms of these places; a place that nobody has joined is left out."""
    found: dict[PlaceId, set[UserId]] = {}
    for chunk in _chunks(sorted(places)):
        query = select(r.place, m.user).join(tables.memberships, m.room_id == r.room_id)
        for row in await connection.execute(query.where(r.place.in_(chunk), m.membership == "join")):
            found.setdefault(place_id(row.place), set()).add(UserId(row.user))
    return {place: frozenset(users) for place, users in found.items()}


async def codes_that_serve(connection: Connection, networks: Collection[NetworkId], now: float) -> int:
    """How many codes of these networks still let people in."""
    count = 0
    for chunk in _chunks(sorted(networks)):
        left = or_(c.uses_left.is_(None), c.uses_left > 0)
        query = select(func.count()).select_from(tables.codes)
        query = query.where(c.network.in_(chunk), c.revoked_at.is_(None), c.expires_at > now, left)
        count += int((await connection.execute(query)).scalar_one())
    return count


async def from_server(connection: Connection, source: str) -> dict[str, str]:
    """What was imported from there: what it was called, and what it is here."""
    rows = await connection.execute(select(i.thing, i.here).where(i.source == source))
    return {row.thing: row.here for row in rows}


async def remember(connection: Connection, source: str, things: Mapping[str, str], now: float) -> None:
    """These were imported from there just now."""
    rows = [{"source": source, "thing": thing, "here": here, "at": now} for thing, here in things.items()]
    for start in range(0, len(rows), _CHUNK):
        await connection.execute(insert(tables.imports), rows[start : start + _CHUNK])


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
