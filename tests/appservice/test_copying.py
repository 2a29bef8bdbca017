"""An installation moves from one database to another, and everything in it arrives."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Boolean, Float, Integer, LargeBinary, Table, insert, select
from typer.testing import CliRunner

from appservice import moving_databases
from appservice.cli import app
from appservice.moving_databases import Moved, move
from appservice.store import copying, directory, tables
from appservice.store.database import Connection, Database
from appservice.store.stillness import Stillness
from bot.directory.ports import Match, Term
from spaces.access import Sight
from spaces.errors import Unavailable
from tests.appservice.stage import ALICE, Stage
from tests.databases import driven

_ROWS = 7


def _cell(table: Table, name: str, n: int) -> Any:
    column = table.columns[name]
    match column.type:
        case Boolean():
            return n % 2 == 0
        case Float():
            return n + 0.25
        case Integer():
            return 100 + n
        case LargeBinary():
            return bytes([n, 0, 255])
        case _:
            return f"{name} é🌿 {n}"


def _row(table: Table, n: int) -> dict[str, Any]:
    """Every other row has nothing where nothing may be."""
    names = [c.name for c in table.columns if not (c.nullable and n % 2) and c.name != "words"]
    return {name: _cell(table, name, n) for name in names}


async def fill(database: Database) -> None:
    """Rows in every table, whatever they mean, besides a network that can be found."""
    async with database.writing() as connection:
        for table in tables.metadata.sorted_tables:
            if table is not tables.directory:
                await connection.execute(table.delete())
                for n in range(_ROWS):
                    await connection.execute(insert(table), _row(table, n))
        await copying.set_numbers(connection, await copying.numbers_given(connection))


async def held(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    async with database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            columns = [c for c in table.columns if c.name != "words"]
            rows = await connection.execute(select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = sorted((tuple(row) for row in rows), key=str)
    return found


async def found(database: Database, word: str) -> list[str]:
    async with database.reading() as connection:
        places = (await connection.execute(select(tables.directory.c.place))).scalars()
        sight = Sight(ALICE, frozenset(places), frozenset())
        some = await directory.candidates(connection, Match((Term((word,)),)), sight, 9, 0.0)
        return [candidate.entry.title for candidate in some]


def hedgerow(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


async def moved(source: str, target: str) -> Result:
    said = (url.replace("+aiosqlite", "").replace("+asyncpg", "") for url in (source, target))
    return await asyncio.to_thread(hedgerow, "migrate", *said)


def left_in(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}"


@pytest.mark.both_databases
async def test_every_row_of_every_table_arrives_and_comes_back(
    migrated_url: str, elsewhere: str, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_PORTION", 3)
    there = driven(postgres_database) if migrated_url.startswith("sqlite") else elsewhere
    old, new = Database(migrated_url), Database(there)
    await Stage(old).found("Weaving")
    await fill(old)
    async with old.writing() as connection:  # the numbers that went with them are not given again
        given = await copying.numbers_given(connection)
        await connection.execute(tables.applications.delete())
    await old.close()
    said = await moved(migrated_url, there)
    assert said.exit_code == 0, said.output
    before, after = await held(old), await held(new)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(r) for name, r in before.items()}
    assert after == before
    assert await found(new, "weav") == await found(old, "weav") != []
    async with new.writing() as connection:
        for name in ("applications", "put_back"):
            table = tables.metadata.tables[name]
            fresh = _row(table, 0)
            del fresh[table.primary_key.columns[0].name]
            added = await connection.execute(insert(table), fresh)
            assert added.inserted_primary_key == (given[name] + 1,)
    await old.close()
    await new.close()


@pytest.mark.of_sqlite
async def test_what_is_in_the_way_is_said_and_nothing_is_moved(
    migrated_url: str, elsewhere: str, tmp_path: Path
) -> None:
    other = f"sqlite+aiosqlite:///{shutil.copy(tmp_path / 'hedgerow.db', tmp_path / 'other.db')}"
    lock = Stillness(Database(migrated_url))
    assert await lock.take()
    refusals = [(migrated_url, elsewhere, "A service acts on one of the two")]
    refusals += [(migrated_url, migrated_url, "or they are the same")]
    refusals += [(other, f"sqlite:///{tmp_path}/none/x.db", "cannot be locked")]
    refusals += [(elsewhere, other, "There is no file")]
    refusals += [("mysql://x/y", elsewhere, "The first URL does not fit")]
    away = "It could not be moved (nothing takes a connection at its host and port)."
    refusals += [(other, "postgresql://me:hidden@127.0.0.1:1/x", away)]
    for source, target, reason in refusals:
        said = await moved(source, target)
        assert (said.exit_code, reason in said.stderr, "hidden" in said.output) == (1, True, False), (
            said.stderr
        )
    await lock.release()
    said = await moved(migrated_url, other)
    assert (said.exit_code, "is not empty" in said.stderr) == (1, True)
    assert not (tmp_path / "elsewhere.db").exists()


async def test_a_source_of_another_shape_is_not_moved_and_a_new_file_is_taken_away(
    migrated_url: str, elsewhere: str, tmp_path: Path
) -> None:
    old = Database(migrated_url)
    async with old.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    await old.close()
    said = await moved(migrated_url, elsewhere)
    assert (said.exit_code, "Start `hedgerow run` of this version on it once" in said.stderr) == (1, True)
    assert left_in(tmp_path, "elsewhere*") == []


async def _made_at_once(connection: Connection) -> None:
    await connection.run_sync(tables.metadata.create_all)


async def test_what_has_not_all_arrived_is_not_there_at_all(
    migrated_url: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Database(migrated_url)
    await fill(old)
    await old.close()
    monkeypatch.setattr(copying, "migrate_on", _made_at_once)
    monkeypatch.setattr(copying, "_behind", lambda keys, _: keys[0] < keys[0])
    monkeypatch.setattr(copying, "_PORTION", 3)
    said = await moved(migrated_url, elsewhere)
    assert (said.exit_code, "have arrived. Nothing was moved" in said.stderr) == (1, True)


async def test_who_is_refused_takes_no_file_away_that_another_moves_into(
    migrated_url: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before it was there."""
    old, new = Database(migrated_url), Database(elsewhere)
    await Stage(old).found("Weaving")
    await old.close()
    urls = [url.replace("+aiosqlite", "") for url in (migrated_url, elsewhere)]
    takes, copies, begun = moving_databases._take, moving_databases.copy, asyncio.Event()
    others: list[asyncio.Task[Moved]] = []

    async def take(locks: tuple[Stillness, ...]) -> None:
        if others:
            await begun.wait()
        else:
            others.append(asyncio.create_task(move(urls[0], urls[1], lambda *_: None)))
            await asyncio.sleep(0)
        await takes(locks)

    async def copy_until_the_other_is_refused(*arguments: Any) -> Any:
        counts = await copies(*arguments)
        begun.set()
        await asyncio.wait(others)
        return counts

    monkeypatch.setattr(moving_databases, "_take", take)
    monkeypatch.setattr(moving_databases, "copy", copy_until_the_other_is_refused)
    await move(urls[0], urls[1], lambda *_: None)
    with pytest.raises(Unavailable, match="A service acts on one of the two"):
        await others[0]
    assert await found(new, "weav") != []
    await new.close()
