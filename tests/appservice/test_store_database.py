"""Connections: what is set on each, whose turn it is to write, and whether the database answers."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from appservice.store import database as database_module
from appservice.store import journal, one_trip
from appservice.store.database import Database, StoreError
from appservice.store.migrate import migrate
from tests.appservice.stage import ALICE, DIRECT, Stage, message, says

pytestmark = pytest.mark.both_databases

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


async def pragmas(database: Database) -> dict[str, object]:
    async with database.engine.connect() as connection:
        found = {name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in PRAGMAS}
        await connection.invalidate()  # so that the next one is new
    return found


async def test_a70_every_one_of_fifty_connections_has_the_pragmas(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hedgerow.db'}")
    for _ in range(5):
        assert await asyncio.gather(*(pragmas(database) for _ in range(10))) == [PRAGMAS] * 10
    await database.close()


async def test_a_connection_that_was_opened_is_kept(database: Database) -> None:
    opened = 0

    def count(*_: object) -> None:
        nonlocal opened
        opened += 1

    async def reads(begin: asyncio.Barrier) -> None:
        async with database.reading() as connection:
            await connection.execute(text("SELECT 1"))
            await begin.wait()

    listen(database.engine.sync_engine, "connect", count)
    for _ in range(3):
        begin = asyncio.Barrier(8)
        await asyncio.gather(*(reads(begin) for _ in range(8)))
    assert opened <= 8


async def test_a70_a_database_that_does_not_take_a_pragma_is_refused() -> None:
    database = Database("sqlite+aiosqlite://")
    with pytest.raises(RuntimeError, match="SQLite would not set journal_mode to wal"):
        await database.answers()
    await database.close()


async def test_what_arrives_from_the_homeserver_goes_before_all_who_wait_in_their_order(
    database: Database,
) -> None:
    order: list[str] = []

    async def write(who: str, *, urgent: bool = False) -> None:
        async with database.writing(urgent=urgent):
            order.append(who)
            await asyncio.sleep(0)

    async with database.writing():
        waiting = [asyncio.create_task(write(f"loop {n}")) for n in range(3)]
        await asyncio.sleep(0.01)
        waiting += [asyncio.create_task(write("transaction", urgent=True)) for _ in range(2)]
        await asyncio.sleep(0.01)
        waiting.append(asyncio.create_task(write("loop 3")))
        await asyncio.sleep(0.01)
    await asyncio.gather(*waiting)
    assert order == ["transaction", "transaction", "loop 0", "loop 1", "loop 2", "loop 3"]


async def test_who_gives_up_waiting_for_the_turn_keeps_nobody_waiting(database: Database) -> None:
    async def write(*, urgent: bool) -> None:
        async with database.writing(urgent=urgent):
            pass

    async with database.writing():
        tired = [asyncio.create_task(write(urgent=urgent)) for urgent in (True, False)]
        await asyncio.sleep(0.01)
        for task in tired:
            task.cancel()
        await asyncio.gather(*tired, return_exceptions=True)
    async with asyncio.timeout(10):
        await write(urgent=False)


async def test_a17_a_transaction_is_kept_while_the_loop_is_busy(database: Database) -> None:
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.push(*(message(n) for n in range(40)))
    async with stage.running():
        for n in range(100, 120):
            await stage.push(message(n))
        handled = (await stage.events()).get("handled", 0)
        assert handled < 60, "twenty were taken before the loop had worked off what was there"
        await stage.until_worked_off()
    assert len(says(await stage.waiting())) == 60


async def test_whatever_goes_wrong_within_a_write_nothing_of_it_is_there(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as connection:
            await journal.set_mark(connection, "a", "1")
            raise RuntimeError("made to fail")

    with pytest.raises(RuntimeError, match="made to fail"):
        await fail()
    async with database.writing() as connection:
        assert await journal.mark(connection, "a") is None


async def test_a_reader_sees_what_was_committed_and_not_what_is_under_way(database: Database) -> None:
    async with database.writing() as writing:
        await journal.set_mark(writing, "a", "1")
        async with database.reading() as reading:
            assert await journal.mark(reading, "a") is None
    async with database.reading() as reading:
        assert await journal.mark(reading, "a") == "1"


async def test_the_statements_of_a_reading_see_one_moment_and_apart_each_its_own(database: Database) -> None:
    async with database.reading() as together, database.reading(apart=True) as apart:
        assert [await journal.mark(connection, "a") for connection in (together, apart)] == [None, None]
        async with database.writing() as writing:
            await journal.set_mark(writing, "a", "1")
        assert [await journal.mark(connection, "a") for connection in (together, apart)] == [None, "1"]


async def test_whether_the_database_answers(tmp_path: Path) -> None:
    assert not await Database("postgresql+asyncpg://nobody@127.0.0.1:1/none").answers()
    missing = Database(f"sqlite+aiosqlite:///{tmp_path / 'no folder' / 'hedgerow.db'}")
    assert not await missing.answers()
    there = Database(f"sqlite+aiosqlite:///{tmp_path / 'hedgerow.db'}")
    assert await there.answers()
    await there.close()


async def test_a_mark_is_set_replaced_and_cleared(database: Database) -> None:
    async with database.writing() as connection:
        await journal.set_mark(connection, "sync", "s1")
        await journal.set_mark(connection, "sync", "s2")
        assert await journal.mark(connection, "sync") == "s2"
        await journal.clear_mark(connection, "sync")
        assert await journal.mark(connection, "sync") is None


async def test_the_audit_log_tells_who_did_what_when_and_what_was_before(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts")
    async with database.reading() as connection:
        [row] = (await connection.execute(text("SELECT * FROM audit"))).mappings()
    assert (row["who"], row["what"], row["about"], row["at"]) == (ALICE, "founded", arts, stage.clock())
    assert row["before"] is None
    assert "Arts" in row["after"]


async def test_a12_a_full_disk_is_an_error_and_no_acceptance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_PRAGMAS", {**PRAGMAS, "max_page_count": 400})
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hedgerow.db'}")
    await migrate(database)
    stage = Stage(database)

    async def fill() -> None:
        for n in range(1000):
            await stage.push(message(n, "x" * 10_000))

    with pytest.raises(StoreError, match="full"):
        await fill()
    assert (await stage.events())["transactions"] == stage.mailbox.transactions
    await database.close()


# -- brief statements on SQLite -----------------------------------------------------------------------


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'brief.db'}")
    yield opened
    await opened.close()


@pytest.mark.parametrize("brief", [True, False])
async def test_brief_statements_are_executed_where_they_are_asked_for(
    on_sqlite: Database, brief: bool
) -> None:
    async with on_sqlite.writing(brief=brief) as connection:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.create_function("thread", 0, threading.get_ident)
        found = (await connection.execute(text("SELECT thread()"))).scalar_one()
    assert (found == threading.get_ident()) is brief


async def test_who_executes_many_brief_statements_gives_way_now_and_then(on_sqlite: Database) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    async with on_sqlite.reading(brief=True) as connection:
        await connection.execute(text("SELECT 1"))
        before, statements = turns, 0
        while turns - before < 4 and statements < 20_000:
            await connection.execute(text("SELECT 1"))
            statements += 1
    other.cancel()
    assert 4 < statements < 20_000, "now and then: not each time, nor never"


async def test_a_brief_transaction_begins_where_it_is_asked_for(
    on_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_sqlite.writing(brief=True):
        pass  # the connection is there
    there = InTheThread(monkeypatch)
    async with on_sqlite.writing(brief=True) as connection:
        await connection.execute(text("SELECT 1"))
    assert there.seen == []


async def test_where_another_process_writes_a_brief_transaction_waits_for_it_in_its_thread(
    on_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_sqlite.writing(brief=True) as connection:
        await connection.execute(text("CREATE TABLE kept (n INTEGER)"))
    there = InTheThread(monkeypatch)

    async def write() -> int:
        async with on_sqlite.writing(brief=True) as connection:
            await connection.execute(text("INSERT INTO kept VALUES (1)"))
            return int((await connection.execute(text("PRAGMA busy_timeout"))).scalar_one())

    other = sqlite3.connect(str(on_sqlite.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(write())
    async with asyncio.timeout(10):
        await there.begins.wait()
    assert not writing.done()
    other.execute("COMMIT")
    assert await writing == PRAGMAS["busy_timeout"]
    assert other.execute("SELECT n FROM kept").fetchall() == [(1,)]
    other.close()


@pytest.mark.parametrize(
    ("code", "waits"), [(sqlite3.SQLITE_BUSY_RECOVERY, True), (sqlite3.SQLITE_FULL, False)]
)
async def test_only_who_would_get_it_in_a_while_waits(tmp_path: Path, code: int, waits: bool) -> None:
    class Refusing(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql == "BEGIN IMMEDIATE":
                error = sqlite3.OperationalError()
                error.sqlite_errorcode = code
                raise error
            return super().execute(sql, *parameters)

    connection = await one_trip.connect(tmp_path / "refusing.db", factory=Refusing)
    if waits:
        assert not connection.begins_at_once()
    else:
        with pytest.raises(sqlite3.OperationalError):
            connection.begins_at_once()
    await connection.close()


class InTheThread:
    """The statements executed in a connection's thread from now on; `begins`: one begins to write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self.begins = asyncio.Event()
        original = one_trip.Connection.there

        async def there(connection: one_trip.Connection, function: Any, *arguments: Any) -> Any:
            self.seen += [argument for argument in arguments if isinstance(argument, str)]
            if "BEGIN IMMEDIATE" in arguments:
                self.begins.set()
            return await original(connection, function, *arguments)

        monkeypatch.setattr(one_trip.Connection, "there", there)
