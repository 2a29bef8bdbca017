"""All rows of a database, to be put into another one of the same shape."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from appservice.store.database import Database
from appservice.store.tables import metadata

_TABLES = [table.name for table in metadata.sorted_tables]
_EACH = " UNION ALL ".join(
    f"SELECT '{name}', (SELECT quote_literal(json_agg(kept)) FROM {name} AS kept)" for name in _TABLES
)
_NUMBERS = (
    "UNION ALL SELECT '', string_agg(format('SELECT setval(%L, %s, %L)', quote_ident(sequencename), "
    "coalesce(last_value, start_value), last_value IS NOT NULL), ';') FROM pg_sequences"
)

Rows = sqlite3.Connection | str
"""A database in memory; for PostgreSQL a script."""


async def keep(database: Database) -> Rows:
    if database.path is not None:
        return kept_file(database.path)
    async with database.engine.connect() as connection:
        return await script((await connection.get_raw_connection()).driver_connection)


async def put_back(database: Database, rows: Rows) -> None:
    """Instead of all that the database holds; others may have it open."""
    if isinstance(rows, sqlite3.Connection):
        assert database.path is not None
        fill_file(database.path, rows)
        return
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute(rows)


def kept_file(path: Path) -> sqlite3.Connection:
    """What has been committed to SQLite's file."""
    kept = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(path)) as source:
        source.backup(kept)
    return kept


def fill_file(path: Path, rows: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(path)) as target:
        rows.backup(target)


async def script(connection: Any) -> str:
    """What has been committed by one moment, from asyncpg's `connection`: asked for by one statement.

    As statements that are sent as one, too, which costs one way there and back; no rule is asked meanwhile.
    """
    found = dict(await connection.fetch(f"{_EACH} {_NUMBERS}"))
    numbering = found.pop("")
    filling = [
        f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, {rows})"
        for name, rows in found.items()
        if rows is not None
    ]
    emptying = [f"DELETE FROM {name}" for name in _TABLES]
    steps = ["SET LOCAL session_replication_role = replica", *emptying, *filling, numbering]
    return ";".join(["BEGIN", *steps, "COMMIT"])
