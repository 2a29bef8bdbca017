"""All rows of a database, to be put into another one of the same shape."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from appservice.store.database import Database
from appservice.store.tables import metadata

_TABLES = [table.name for table in metadata.sorted_tables]
_FILLED_AT_FIRST = ("conversations", "marks", "acting")

Rows = sqlite3.Connection | str
"""A database in memory; for PostgreSQL a script."""


async def keep(database: Database) -> Rows:
    if (path := database.path) is None:
        return await _script(database)
    kept = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(path)) as source:
        source.backup(kept)
    return kept


async def put_back(database: Database, rows: Rows) -> None:
    """Instead of all that the database holds; others may have it open."""
    if isinstance(rows, sqlite3.Connection):
        assert database.path is not None
        with closing(sqlite3.connect(database.path)) as target:
            rows.backup(target)
        return
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute(rows)


async def _script(database: Database) -> str:
    """Statements that are sent as one, which costs one way there and back; no rule is asked meanwhile."""
    async with database.engine.connect() as connection:
        asked = (await connection.get_raw_connection()).driver_connection
        filled = [name for name in _TABLES if await asked.fetchval(f"SELECT EXISTS (SELECT 1 FROM {name})")]
        filling = [
            await asked.fetchval(
                f"SELECT 'INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, ' || "
                f"quote_literal(json_agg(kept)) || ')' FROM {name} AS kept"
            )
            for name in filled
        ]
        numbers = await asked.fetch(
            "SELECT format('SELECT setval(%L, %s)', quote_ident(sequencename), last_value) "
            "FROM pg_sequences WHERE last_value IS NOT NULL"
        )
    steps = [f"DELETE FROM {name}" for name in {*filled, *_FILLED_AT_FIRST}]
    numbering = [found[0] for found in numbers]
    steps = ["SET LOCAL session_replication_role = replica", *steps, *filling, *numbering]
    return ";".join(["BEGIN", *steps, "COMMIT"])
