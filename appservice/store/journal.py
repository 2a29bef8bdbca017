"""The audit log, and marks: single values that outlive the process."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import PlaceId, UserId


async def write(
    connection: Connection,
    *,
    now: float,
    who: UserId | str,
    what: str,
    about: PlaceId | str,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """One line of the audit log: who, when, what, before, after."""
    values = {"at": now, "who": who, "what": what, "about": about, "before": before, "after": after}
    await connection.execute(insert(tables.audit).values(values))


async def mark(connection: Connection, name: str) -> str | None:
    query = select(tables.marks.c.value).where(tables.marks.c.name == name)
    found: str | None = (await connection.execute(query)).scalar()
    return found


async def set_mark(connection: Connection, name: str, value: str) -> None:
    await upsert(connection, tables.marks, [{"name": name, "value": value}])


async def clear_mark(connection: Connection, name: str) -> None:
    await connection.execute(delete(tables.marks).where(tables.marks.c.name == name))
