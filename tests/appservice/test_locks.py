"""One process acts at a time, and the kernel or the database server frees the lock of one that dies."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import asyncpg
import pytest

from appservice.store.database import Database
from appservice.store.lease import LOCK
from appservice.store.locks import ActingLock

ROOT = Path(__file__).parents[2]
HOLDER = """
import asyncio, sys, time
from appservice.store.database import Database
from appservice.store.locks import ActingLock

async def hold(url):
    lock = ActingLock(Database(url), time.monotonic)
    print("taken" if await lock.take() else "refused", flush=True)
    await asyncio.sleep(600)

asyncio.run(hold(sys.argv[1]))
"""


async def another_process(url: str) -> tuple[Process, str]:
    """A process that tries to take the lock and lives on, and what it says."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, url, cwd=ROOT, stdout=PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return process, (await process.stdout.readline()).decode().strip()


async def killed(process: Process) -> None:
    process.kill()
    await process.wait()


async def taken_in_the_end(lock: ActingLock) -> None:
    """A server takes a moment to see that a session is gone."""
    async with asyncio.timeout(20):
        taken = await lock.take()
        while not taken:
            await asyncio.sleep(0.02)
            taken = await lock.take()


@pytest.mark.both_databases
async def test_a76_a_second_process_gets_the_lock_only_after_the_first_is_killed(
    database: Database, migrated_url: str
) -> None:
    first, said = await another_process(migrated_url)
    try:
        assert said == "taken"
        lock = ActingLock(database, time.monotonic)
        assert not await lock.take()
        assert not await lock.holds()
    finally:
        await killed(first)
    await taken_in_the_end(lock)
    assert await lock.holds()
    second, said = await another_process(migrated_url)
    await killed(second)
    assert said == "refused"
    await lock.release()


@pytest.mark.both_databases
async def test_a_lock_let_go_can_be_taken_again_by_anybody(database: Database) -> None:
    one, two = ActingLock(database, time.monotonic), ActingLock(database, time.monotonic)
    assert await one.take()
    assert not await two.take()
    await one.release()
    assert not await one.holds()
    assert await two.take()
    await two.release()
    assert await one.take()
    await one.release()


@pytest.mark.both_databases
async def test_letting_go_of_what_is_not_held_is_no_error(database: Database) -> None:
    lock = ActingLock(database, time.monotonic)
    await lock.release()
    assert not await lock.holds()


@pytest.mark.both_databases
async def test_the_lock_keeps_no_reader_or_writer_out(database: Database) -> None:
    lock = ActingLock(database, time.monotonic)
    assert await lock.take()
    async with database.writing():
        pass
    assert await database.answers()
    await lock.release()


async def test_a76_a_session_that_the_server_has_ended_holds_nothing_any_more(migrated_postgres: str) -> None:
    database = Database(migrated_postgres.replace("postgresql://", "postgresql+asyncpg://", 1))
    lock = ActingLock(database, time.monotonic)
    assert await lock.take()
    assert await lock.holds()
    operator = await asyncpg.connect(migrated_postgres)
    await operator.execute(  # and wait for what it had, before the process itself has another session
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        f"AND datname = current_database(); SELECT pg_advisory_lock({LOCK})"
    )
    assert not await lock.holds()
    await lock.release()
    await operator.close()
    assert await lock.take()
    await lock.release()
    await database.close()


@pytest.mark.of_sqlite
async def test_a_link_to_the_database_leads_to_the_same_lock(migrated_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link" / "other.db"
    link.parent.mkdir()
    link.symlink_to(migrated_file)
    locks = [
        ActingLock(Database(f"sqlite+aiosqlite:///{file}"), time.monotonic) for file in (migrated_file, link)
    ]
    assert [await lock.take() for lock in locks] == [True, False]
    await locks[0].release()
    assert await locks[1].take()
    await locks[1].release()
