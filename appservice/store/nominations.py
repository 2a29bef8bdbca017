"""Who has spoken for whom, in networks that nobody looks after; and where nobody was heard for long."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import NetworkId, PlaceId, UserId


async def voices(connection: Connection, network: NetworkId) -> dict[UserId, list[UserId]]:
    """Each nominee of the network, with those who have spoken for them, the first one first."""
    t = tables.nominations.c
    query = select(t.nominee, t.by).where(t.network == network).order_by(t.at, t.by)
    found: dict[UserId, list[UserId]] = {}
    for row in await connection.execute(query):
        found.setdefault(UserId(row.nominee), []).append(UserId(row.by))
    return found


async def speak(
    connection: Connection, network: NetworkId, nominee: UserId, by: UserId, *, now: float
) -> None:
    values = {"network": network, "nominee": nominee, "by": by, "at": now}
    await upsert(connection, tables.nominations, [values], replace=False)


async def close(connection: Connection, network: NetworkId) -> None:
    """Somebody looks after the network: no word counts any more."""
    await connection.execute(delete(tables.nominations).where(tables.nominations.c.network == network))


async def orphan(connection: Connection, network: NetworkId, *, now: float) -> None:
    """The network has lost its last coordinator: what was said of it before counts no more."""
    await close(connection, network)
    await upsert(connection, tables.orphans, [{"network": network, "at": now}])


async def unattended_since(connection: Connection, network: NetworkId, *, is_orphan: bool) -> float | None:
    """When it lost its last coordinator, or its members were told that none was heard of."""
    table = tables.orphans if is_orphan else tables.silences
    query = select(table.c.at).where(table.c.network == network)
    found: float | None = (await connection.execute(query)).scalar()
    return found


async def came_at(connection: Connection, places: Collection[PlaceId], user: UserId) -> float | None:
    """When `user` came into the first of these rooms where they still are; None where that is not known."""
    m, r = tables.memberships.c, tables.rooms.c
    query = (
        select(m.since)
        .join(tables.rooms, r.room_id == m.room_id)
        .where(m.user == user, m.membership == "join", r.place.in_(list(places)))
    )
    found = [row.since for row in await connection.execute(query)]
    return None if None in found else min(found, default=None)


# -- silence ----------------------------------------------------------------------------------------


async def last_words(connection: Connection) -> dict[UserId, float]:
    """When each coordinator was last heard of, to the day."""
    rows = await connection.execute(select(tables.last_words))
    return {UserId(row.user): row.at for row in rows}


async def heard_of(connection: Connection, users: Mapping[UserId, float]) -> None:
    values = [{"user": user, "at": at} for user, at in users.items()]
    await upsert(connection, tables.last_words, values)


async def silent(connection: Connection) -> set[NetworkId]:
    """The networks whose members were told that nobody was heard of who looks after them."""
    rows = await connection.execute(select(tables.silences.c.network))
    return {NetworkId(network) for network in rows.scalars()}


async def fall_silent(connection: Connection, network: NetworkId, *, now: float) -> None:
    await upsert(connection, tables.silences, [{"network": network, "at": now}])


async def end_silence(connection: Connection, networks: Collection[NetworkId]) -> None:
    """Somebody who looks after these was heard of."""
    t = tables.silences
    await connection.execute(delete(t).where(t.c.network.in_(list(networks))))
