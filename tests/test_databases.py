"""What is kept of a service's database is what had been committed, and one that is lent again is as new."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from appservice.store import journal, tables
from appservice.store.database import Database
from tests.databases import Databases, driven

pytestmark = pytest.mark.both_databases
_AUDIT = [table.name for table in tables.metadata.sorted_tables].index("audit")


async def written(url: str, name: str) -> None:
    database = Database(driven(url))
    async with database.writing() as connection:
        await journal.set_mark(connection, name, "it is there")
        await connection.execute(tables.audit.insert().values(at=1.0, who="@a:hs.test", what=name, about=""))
    await database.close()


async def found(url: str) -> list[Any]:
    database = Database(driven(url))
    async with database.reading() as connection:
        rows = [(await connection.execute(select(table))).all() for table in tables.metadata.sorted_tables]
    await database.close()
    return rows


async def test_what_is_not_committed_is_not_kept_and_what_is_goes_on_by_itself(databases: Databases) -> None:
    with databases.empty() as url:
        await written(url, "first")
        as_it_was = await found(url)
        open_still = Database(driven(url))
        async with open_still.writing() as connection:
            await journal.set_mark(connection, "second", "not yet")
            kept = databases.keep(url)
        await open_still.close()
        with databases.holding(kept) as other:
            assert await found(other) == as_it_was
            await written(other, "third")
            numbers = [row.id for row in (await found(other))[_AUDIT]]
            assert numbers == [1, 2]
        with databases.holding(kept) as again:
            assert await found(again) == as_it_was


async def test_an_empty_one_is_empty_however_it_was_left(databases: Databases) -> None:
    with databases.empty() as url:
        nothing = await found(url)
        await written(url, "something")
    with databases.empty() as url:
        assert await found(url) == nothing
        await written(url, "something")
        assert [row.id for row in (await found(url))[_AUDIT]] == [1]
        database = Database(driven(url))
        async with database.writing() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'another'")
            await connection.exec_driver_sql("ALTER TABLE marks RENAME TO signs")
        await database.close()
    with databases.empty() as url:
        assert await found(url) == nothing
