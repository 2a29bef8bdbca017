"""Marks: single values that outlive the process."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from appservice.store import tables
from appservice.store.database import Connection, upsert

_MARK = select(tables.marks.c.value).where(tables.marks.c.name == bindparam("name"))


async def mark(connection: Connection, name: str) -> str | None:
    found: str | None = (await connection.execute(_MARK, {"name": name})).scalar()
    return found


async def set_mark(connection: Connection, name: str, value: str) -> None:
    await upsert(connection, tables.marks, [{"name": name, "value": value}])


async def clear_mark(connection: Connection, name: str) -> None:
    await connection.execute(delete(tables.marks).where(tables.marks.c.name == name))
