"""Migrations bring any database to this version's shape, and back, all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from appservice.store import tables
from appservice.store.database import Database, StoreError
from appservice.store.migrate import downgrade, migrate
from spaces.errors import Unavailable
from tests.appservice.stage import ALICE, DIRECT, Stage, message


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


FULL_TEXT = "directory_words"  # SQLite's, which makes tables of its own for it


async def table_names(database: Database) -> set[str]:
    async with database.reading() as connection:
        found = await connection.run_sync(lambda c: inspect(c).get_table_names())
    return {name for name in found if not name.startswith(FULL_TEXT)}


def _is_compared(_item: object, name: str | None, kind: str, *_: object) -> bool:
    return kind != "table" or not (name or "").startswith(FULL_TEXT)


def _differences(connection: Connection) -> list[object]:
    opts = {"compare_type": True, "include_object": _is_compared}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, tables.metadata))


async def differences(database: Database) -> list[object]:
    """What the tables in the database have other than those in `store/tables`."""
    async with database.reading() as connection:
        return await connection.run_sync(_differences)


async def test_a73_what_the_migrations_make_is_what_the_tables_say(database: Database) -> None:
    assert await differences(database) == []
    async with database.writing() as connection:
        await connection.execute(text("ALTER TABLE marks ADD COLUMN surplus TEXT"))
    assert await differences(database) != []


async def test_a73_up_and_down_and_up_again_leaves_nothing_behind_and_then_works(empty: Database) -> None:
    await migrate(empty)
    assert await table_names(empty) == set(tables.metadata.tables) | {"alembic_version"}
    stage = Stage(empty)
    await stage.found("Arts")
    await downgrade(empty, "base")
    assert await table_names(empty) == {"alembic_version"}
    await migrate(empty)
    assert await differences(empty) == []
    again = Stage(empty)
    assert (await again.works.landscape()).networks == {}
    await again.knows(DIRECT, ALICE)
    assert len(await again.hears(message(1))) == 1


async def test_a73_migrating_again_changes_nothing(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts")
    waiting = await stage.waiting()
    await migrate(database)
    again = Stage(database)
    assert arts in (await again.works.landscape()).networks
    assert await again.waiting() == waiting


async def test_a73_a_newer_database_is_refused_with_a_sentence_and_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = await table_names(database)
    with pytest.raises(Unavailable) as refused:
        await migrate(database)
    assert "newer version of Hedgerow" in refused.value.sentence
    assert "Install that version again, or restore a backup" in refused.value.sentence
    assert await table_names(database) == before


async def test_a73_a_migration_that_breaks_off_leaves_nothing_half_done(empty: Database) -> None:
    async with empty.writing() as connection:
        await connection.execute(text("CREATE TABLE undertakings (of_somebody_else TEXT)"))
    with pytest.raises((StoreError, Unavailable)):
        await migrate(empty)
    assert await table_names(empty) <= {"undertakings", "alembic_version"}
    async with empty.writing() as connection:
        await connection.execute(text("DROP TABLE undertakings"))
    await migrate(empty)
    assert await differences(empty) == []


async def test_two_processes_that_migrate_at_once_do_it_once(database_url: str) -> None:
    one, two = Database(database_url), Database(database_url)
    await asyncio.gather(migrate(one), migrate(two))
    assert await differences(one) == []
    await one.close()
    await two.close()
