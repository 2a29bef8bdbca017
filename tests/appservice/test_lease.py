"""A76 on PostgreSQL: who is stopped, cut off or told late that another acts changes nothing any more."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from appservice.store import journal, lease
from appservice.store.database import Database
from appservice.store.fence import Fenced
from appservice.store.landscape import REVISION, LandscapeStore
from appservice.store.lease import Lease
from tests.databases import driven

ROOT = Path(__file__).parents[2]
WRITER = """
import asyncio, sys, time
from appservice.store import journal
from appservice.store.database import Database, StoreError
from appservice.store.locks import ActingLock
from appservice.store.landscape import LandscapeStore

def say(words):
    print("> " + words, flush=True)

async def write(database, word):
    try:
        async with database.writing() as connection:
            await LandscapeStore().load(connection, for_writing=True)
            await journal.set_mark(connection, word, word)
            say("in the midst")
            await asyncio.to_thread(sys.stdin.readline)
    except (StoreError, OSError) as error:
        say(type(error).__name__)
    else:
        say("written")

async def work(url):
    database = Database(url)
    lock = ActingLock(database, time.monotonic, lambda: print("lost", file=sys.stderr, flush=True))
    assert await lock.take()
    for word in ("one", "two", "three"):
        await write(database, word)
    say("fresh" if lock.is_fresh() else "stale")

asyncio.run(work(sys.argv[1]))
"""


class Writer:
    """A process that acts and writes, one line of its input for each commit."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[Writer]:
        command = (sys.executable, "-c", WRITER, url)
        pipes = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, **pipes)
        try:
            yield cls(process)
        finally:
            process.kill()
            await process.communicate()

    async def says(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while not (line := (await self.process.stdout.readline()).decode()).startswith("> "):
                assert line, "it has ended"  # what else there is, is the log
            return line.removeprefix("> ").strip()

    async def goes_on(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        return await self.says()

    async def tells_of_its_end(self) -> str:
        assert self.process.stderr is not None
        async with asyncio.timeout(30):
            return (await self.process.stderr.readline()).decode().strip()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
def url(migrated_postgres: str) -> str:
    return driven(migrated_postgres)


async def soon(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.02)


class Standing:
    """A process of one's own, with a clock that can be put on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ahead = 0.0
        self.losses = 0
        self.lease = Lease(database, lambda: time.monotonic() + self.ahead, self._lost)

    def _lost(self) -> None:
        self.losses += 1

    async def taken_in_the_end(self) -> None:
        await soon(self.lease.take)

    async def until_fresh(self, fresh: bool = True) -> None:
        """Looked at in each turn of the loop: it may be so for a moment only."""
        async with asyncio.timeout(30):
            while True:
                if self.lease.is_fresh is fresh:
                    return
                await asyncio.sleep(0)

    async def mark(self, name: str) -> str | None:
        async with self.database.reading() as connection:
            return await journal.mark(connection, name)


@pytest.fixture
async def standing(url: str) -> AsyncIterator[list[Standing]]:
    """Two processes' worth of it on one PostgreSQL."""
    async with AsyncExitStack() as stack:
        pair = [Standing(await stack.enter_async_context(opened(url))) for _ in range(2)]
        yield pair
        for one in pair:
            await one.lease.release()


async def end_sessions_of(database: Database, postgres: str) -> None:
    operator = await asyncpg.connect(postgres)
    await operator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", database.name
    )
    await operator.close()


async def test_a76_who_is_stopped_in_the_midst_of_a_write_holds_nobody_up_and_writes_nothing_later(
    url: str, standing: list[Standing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.5)
    _, second = standing
    async with Writer.at(url) as writer:
        assert await writer.says() == "in the midst"
        assert await writer.goes_on() == "written"
        assert await writer.says() == "in the midst"
        assert not await second.lease.take()
        writer.process.send_signal(signal.SIGSTOP)
        await second.taken_in_the_end()
        async with asyncio.timeout(20), second.database.writing(fenced=False) as connection:
            await LandscapeStore().load(connection, for_writing=True, fence=second.database.fence)
            await journal.set_mark(connection, "theirs", "theirs")
        writer.process.send_signal(signal.SIGCONT)
        refused = await writer.goes_on()
        assert refused != "written"
        assert await writer.says() == "Fenced"
        assert await writer.tells_of_its_end() == "lost"
        assert await writer.says() == "stale"
    marks = [await second.mark(name) for name in ("one", "two", "three", "theirs")]
    assert marks == ["one", None, None, "theirs"]


async def test_a76_who_lives_is_left_alone_however_often_another_looks(standing: list[Standing]) -> None:
    first, second = standing
    assert await first.lease.take()
    for _ in range(20):
        assert not await second.lease.take()
    assert first.lease.is_fresh
    assert not second.lease.is_fresh
    async with first.database.writing() as connection:
        await journal.set_mark(connection, "written", "by the first")
    assert first.losses == 0


async def test_a76_every_way_to_write_asks_whether_the_epoch_stands(standing: list[Standing]) -> None:
    first, second = standing
    assert await first.lease.take()
    fence = first.database.fence
    assert fence is not None
    async with first.database.writing(fenced=False) as connection:
        assert await LandscapeStore().load(connection, for_writing=True, fence=fence) is not None
    async with second.database.writing() as connection:
        await connection.execute(text("UPDATE acting SET epoch = epoch + 1"))
    with pytest.raises(Fenced, match=f"this one's was {fence.epoch}"):
        async with first.database.writing() as connection:
            pass
    with pytest.raises(Fenced):
        async with first.database.writing(fenced=False) as connection:
            await LandscapeStore().load(connection, for_writing=True, fence=fence)
    assert first.losses == 1
    assert not first.lease.is_fresh


async def test_a76_nobody_begins_to_act_in_the_midst_of_anothers_commit(standing: list[Standing]) -> None:
    first, second = standing
    assert await first.lease.take()
    assert first.database.fence is not None
    for name in (None, REVISION):
        async with first.database.writing(fenced=name is None) as connection:
            if name is not None:
                await first.database.fence.locked_mark(connection, name)
            async with second.database.writing() as other:
                await other.execute(text("SET LOCAL lock_timeout = 100"))
                with pytest.raises(Exception, match="lock timeout"):
                    await other.execute(text("UPDATE acting SET epoch = epoch + 1"))
    first.ahead += 60
    await first.until_fresh()  # a sign of life, which no write holds up
    assert first.losses == 0


async def test_a76_after_a_pause_longer_than_the_lease_nothing_is_called_before_it_is_renewed(
    standing: list[Standing],
) -> None:
    first, _ = standing
    assert await first.lease.take()
    await first.until_fresh()
    first.ahead += lease.LEASE_SECONDS
    assert not first.lease.is_fresh
    await first.until_fresh()
    assert first.losses == 0


async def test_a76_with_the_end_of_its_session_calls_end_and_it_goes_on_if_nobody_else_acts(
    standing: list[Standing], migrated_postgres: str
) -> None:
    first, second = standing
    assert await first.lease.take()
    epoch = first.database.fence.epoch if first.database.fence else None
    ends = asyncio.create_task(first.until_fresh(False))
    await end_sessions_of(first.database, migrated_postgres)
    await ends
    await first.until_fresh()
    assert first.losses == 0
    assert not await second.lease.take()
    assert first.database.fence is not None
    assert first.database.fence.epoch == epoch
    async with first.database.writing() as connection:
        await journal.set_mark(connection, "written", "again")


async def test_a76_whose_session_ends_while_another_stands_by_may_find_itself_replaced(
    standing: list[Standing], migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_BEAT_SECONDS", 60.0)  # it does not look before another has
    first, second = standing
    monkeypatch.setattr(first.lease, "_ended", lambda driver: None)
    assert await first.lease.take()
    await end_sessions_of(first.database, migrated_postgres)
    await second.taken_in_the_end()
    with pytest.raises(Fenced):
        async with first.database.writing():
            pass
    assert (first.losses, second.losses) == (1, 0)
    assert not first.lease.is_fresh
    assert second.lease.is_fresh


async def test_a_database_that_is_away_is_no_reason_to_act_nor_to_end(url: str) -> None:
    nowhere = Database(url.rpartition(":")[0] + ":1/none")
    one = Standing(nowhere)
    assert not await one.lease.take()
    assert not one.lease.is_fresh
    await one.lease.release()
    await nowhere.close()
