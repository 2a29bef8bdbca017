"""A whole installation's data from one database into another, empty one, of either kind.

    source, one moment of it ──▶ target, brought to this version's shape ──▶ counted ──▶ one commit

What is searched by is made anew on the way: a tsvector on PostgreSQL, FTS5's tables by SQLite's triggers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, func, insert, inspect, select, text, tuple_

from appservice.store import indexing, tables
from appservice.store.database import Connection, Database
from appservice.store.migrate import migrate_on
from appservice.store.revisions import known_revisions, revision_of
from spaces.errors import Unavailable

_PORTION = 500  # rows that are read and written together
_NUL = "\x00"  # PostgreSQL keeps it in no text
_INSTEAD = "\N{REPLACEMENT CHARACTER}"

Counts = Mapping[str, int]


async def copy(source: Database, target: Database, tell: Callable[[str, int], None]) -> Counts:
    """Copy all rows, all of them or none; how many there are in each table.

    `tell` hears of each table that is done. Raises `Unavailable` where the source is not of this
    version's shape, the target is not empty, or what has arrived is not what was there.
    """
    async with source.reading() as reading, target.writing() as writing:
        await _check(reading, writing)
        await migrate_on(writing)
        await _empty(writing)
        counts: dict[str, int] = {}
        for table in tables.metadata.sorted_tables:
            counts[table.name] = await _copy_table(reading, writing, table)
            tell(table.name, counts[table.name])
        await set_numbers(writing, await numbers_given(reading))
        await _compare(reading, writing, counts)
    return counts


async def _check(source: Connection, target: Connection) -> None:
    if not await source.run_sync(lambda c: inspect(c).has_table("alembic_version")):
        raise Unavailable("There is no database of Hedgerow's at the first URL. Nothing was moved.")
    found, newest = await revision_of(source), known_revisions()[0]
    if found != newest:
        raise Unavailable(
            f"The database to be moved has the shape {found}, and this version of Hedgerow has {newest}. "
            "Start `hedgerow run` of this version on it once, which brings it there, and stop it again; "
            "then move it."
        )
    if await target.run_sync(lambda c: inspect(c).get_table_names()):
        raise Unavailable(
            "The database at the second URL is not empty, and nothing in it is touched. Make a new one "
            "(`createdb hedgerow`, or name a file that is not there yet), and move into that."
        )


async def _empty(target: Connection) -> None:
    """Take away the rows that a migration puts in, since the source has its own."""
    for table in reversed(tables.metadata.sorted_tables):
        await target.execute(table.delete())


async def _copy_table(source: Connection, target: Connection, table: Table) -> int:
    count = 0
    async for rows in _portions(source, table):
        if table is tables.directory:
            await indexing.add(target, [_without_words(row) for row in rows])
        else:
            await target.execute(insert(table), rows)
        count += len(rows)
    return count


async def _portions(source: Connection, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows in the order of their keys, a portion at a time."""
    keys = list(table.primary_key.columns)
    query = select(table).order_by(*keys).limit(_PORTION)
    following = query
    while found := (await source.execute(following)).all():
        yield [{name: _kept(value) for name, value in row._mapping.items()} for row in found]
        following = query.where(_behind(keys, [found[-1]._mapping[key] for key in keys]))


def _behind(keys: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    return keys[0] > last[0] if len(keys) == 1 else tuple_(*keys).op(">", is_comparison=True)(tuple_(*last))


def _kept(value: Any) -> Any:
    return value.replace(_NUL, _INSTEAD) if isinstance(value, str) and _NUL in value else value


def _without_words(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "words"}


async def _compare(source: Connection, target: Connection, counts: Counts) -> None:
    for table in tables.metadata.sorted_tables:
        query = select(func.count()).select_from(table)
        here, there = [(await c.execute(query)).scalar_one() for c in (source, target)]
        if not here == there == counts[table.name]:
            raise Unavailable(
                f"Of {here} rows in {table.name} {there} have arrived. Nothing was moved: the first "
                "database is as it was, and the second is empty. Try again; if it stays so, tell us."
            )


# -- numbers that are given once --------------------------------------------------------------------


async def numbers_given(connection: Connection) -> dict[str, int]:
    """The highest number that each table with numbers has given, to rows that are gone as well."""
    given: dict[str, int] = {}
    for table in tables.metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            highest = (await connection.execute(select(func.max(column)))).scalar() or 0
            given[table.name] = max(highest, await _remembered(connection, table.name, column.name))
    return given


async def _remembered(connection: Connection, table: str, column: str) -> int:
    if connection.dialect.name == "sqlite":
        query, values = text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}
    else:
        query = text(
            "SELECT last_value FROM pg_sequences WHERE schemaname || '.' || sequencename = "
            "pg_get_serial_sequence(:name, :column)"
        )
        values = {"name": table, "column": column}
    return int((await connection.execute(query, values)).scalar() or 0)


async def set_numbers(connection: Connection, given: Mapping[str, int]) -> None:
    """The next numbers come after these."""
    for name, highest in given.items():
        column = tables.metadata.tables[name].autoincrement_column
        if column is None or not highest:
            continue
        if connection.dialect.name != "sqlite":
            query = text("SELECT setval(pg_get_serial_sequence(:name, :column), :highest)")
            await connection.execute(query, {"name": name, "column": column.name, "highest": highest})
        elif tables.metadata.tables[name].dialect_options["sqlite"]["autoincrement"]:
            row = {"name": name, "highest": highest}
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), row)
            await connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :highest)"), row)
