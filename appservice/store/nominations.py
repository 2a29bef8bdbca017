"""Who has spoken for whom, in networks that nobody looks after."""

from __future__ import annotations

from sqlalchemy import delete, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import NetworkId, UserId


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
