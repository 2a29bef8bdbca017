"""How much waits, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, String, func, select

from appservice.store import tables
from appservice.store.database import Connection

e, o, t = tables.events.c, tables.outbox.c, tables.transactions.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """`lag` in seconds; `outbox`: what keys begin with → how many wait, and for how long the oldest has."""

    lag: float = 0.0
    waiting: int = 0
    set_aside: int = 0
    outbox: Mapping[str, tuple[int, float]] = field(default_factory=dict)


async def backlog(connection: Connection, now: float) -> Backlog:
    """What waits to be handled and to be delivered."""
    count, oldest = func.count(), func.min(e.received_at)
    events, since = (await connection.execute(select(count, oldest).where(e.status == "waiting"))).one()
    unsplit, first = (await connection.execute(select(count, func.min(t.received_at)))).one()
    aside = await connection.execute(select(count).where(e.status == "set aside"))
    return Backlog(
        lag=max(0.0, now - min(since or now, first or now)),
        waiting=events + unsplit,
        set_aside=aside.scalar_one(),
        outbox=await _outbox(connection, now),
    )


async def _outbox(connection: Connection, now: float) -> dict[str, tuple[int, float]]:
    kind = _before_the_colon(connection).label("kind")
    query = select(kind, func.count(), func.min(o.created_at)).where(o.status == "waiting").group_by("kind")
    rows = (await connection.execute(query)).all()
    return {row[0]: (row[1], max(0.0, now - row[2])) for row in rows}


def _before_the_colon(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "sqlite":
        return func.substr(o.key, 1, func.instr(o.key, ":") - 1, type_=String)
    return func.split_part(o.key, ":", 1, type_=String)
