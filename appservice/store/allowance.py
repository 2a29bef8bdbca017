"""Who was shown to whom by the directory, so that nobody is shown everybody."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import UserId

c = tables.people_shown.c


async def shown_to(connection: Connection, person: UserId, since: float) -> dict[str, float]:
    """Who was shown to them since that time, in seconds since 1970, and when."""
    query = select(c.shown, c.at).where(c.person == person, c.at > since)
    return {row.shown: row.at for row in await connection.execute(query)}


async def note(connection: Connection, person: UserId, people: Iterable[str], now: float) -> None:
    rows = [{"person": person, "shown": shown, "at": now} for shown in people]
    await upsert(connection, tables.people_shown, rows)


async def forget(connection: Connection, *, before: float) -> None:
    """Forget who was shown to anybody before that time."""
    await connection.execute(delete(tables.people_shown).where(c.at <= before))
