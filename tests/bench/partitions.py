"""Of two processes on one PostgreSQL the one that acts is stopped, or cut off: does it ever write afterwards?

    python -m tests.bench.partitions [--times 500]

Both stand by for the same lease (`appservice/store/lease.py`), a fifteenth as long as the service's; whoever
acts writes one row after the other, each with the epoch in which it believes itself to be, and goes on when
a write fails, until it is told that another acts. Again and again the one that acts gets a SIGSTOP, or its
wire to PostgreSQL is cut; once the other writes, it may go on. A row's number is given to it while its
transaction holds the epoch, so in the order of their numbers the epochs of all rows must never fall: one
that does was written after another had begun to act. Who has ended is started again, as a service manager
does. Ends with a line, or with an exception.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess

import asyncpg

from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.crashes import leased_writer
from tests.crashes.leased_writer import write_while_it_acts
from tests.databases import driven
from tests.forwarding import Forwarder
from tests.postgres import Cluster

_STARTED = multiprocessing.get_context("forkserver")
_TABLE = "CREATE TABLE written (number bigserial PRIMARY KEY, epoch bigint NOT NULL, process int NOT NULL)"
_NEWEST = "SELECT number, process FROM written ORDER BY number DESC LIMIT 1"
_TAKEN_OVER_SECONDS = 30.0
_LOOK_SECONDS = 0.01


class Half:
    """One of the two, behind a wire of its own, started again whenever it has ended."""

    def __init__(self, number: int, port: int, database: str) -> None:
        self._number, self._database = number, database
        self.wire = Forwarder(lambda: [port])
        self._process: ForkServerProcess
        self._kept: asyncio.Task[None]
        self.starts = 0

    async def start(self) -> None:
        self._url = driven(f"postgresql://tester@127.0.0.1:{await self.wire.start()}/{self._database}")
        self._launch()
        self._kept = asyncio.create_task(self._keep())

    def _launch(self) -> None:
        self._process = _STARTED.Process(
            target=write_while_it_acts, args=(self._url, self._number), daemon=True
        )
        self._process.start()
        self.starts += 1

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._process.is_alive():
                self._process.join()
                self._launch()

    def signal(self, number: signal.Signals) -> None:
        if self._process.pid is not None:
            os.kill(self._process.pid, number)

    async def stop(self) -> None:
        self._kept.cancel()
        self._process.kill()
        self._process.join()
        await self.wire.stop()


@asynccontextmanager
async def halves(port: int, database: str) -> AsyncIterator[tuple[Half, Half]]:
    both = Half(0, port, database), Half(1, port, database)
    for half in both:
        await half.start()
    try:
        yield both
    finally:
        for half in both:
            await half.stop()


async def _another_writes(reading: asyncpg.Connection, but: int | None) -> int:
    """Who writes from now on; not `but`."""
    begun: int | None = None
    async with asyncio.timeout(_TAKEN_OVER_SECONDS):
        while True:
            newest = await reading.fetchrow(_NEWEST)
            if newest is not None:
                begun = newest["number"] if begun is None else begun
                if newest["process"] != but and (but is not None or newest["number"] > begun):
                    return int(newest["process"])
            await asyncio.sleep(_LOOK_SECONDS)


async def _again_and_again(both: tuple[Half, Half], reading: asyncpg.Connection, times: int) -> None:
    chance = random.Random(76)
    acting = await _another_writes(reading, None)
    for turn in range(times):
        await asyncio.sleep(chance.uniform(0, 0.05))
        half = both[acting]
        half.signal(signal.SIGSTOP) if turn % 2 else half.wire.cut()
        acting = await _another_writes(reading, acting)
        await asyncio.sleep(chance.uniform(0, 0.05))
        half.signal(signal.SIGCONT) if turn % 2 else half.wire.mend()


async def partitioned(server: str, port: int, times: int) -> str:
    making = await asyncpg.connect(f"{server}/postgres")
    await making.execute("CREATE DATABASE partitions")
    await making.close()
    database = Database(driven(f"{server}/partitions"))
    await migrate(database)
    await database.close()
    reading = await asyncpg.connect(f"{server}/partitions")
    await reading.execute(_TABLE)
    async with halves(port, "partitions") as both:
        await _again_and_again(both, reading, times)
        starts = sum(half.starts for half in both)
    rows = [row["epoch"] for row in await reading.fetch("SELECT epoch FROM written ORDER BY number")]
    await reading.close()
    late = sum(later < earlier for earlier, later in itertools.pairwise(rows))
    assert not late, f"{late} of {len(rows)} rows were written after another had begun to act"
    return (
        f"{times} times stopped or cut off: {len(set(rows))} epochs, {starts} starts, {len(rows)} rows, "
        "none written once another acted"
    )


def main(times: int) -> str:
    _STARTED.set_forkserver_preload([leased_writer.__name__])
    cluster = Cluster()
    try:
        cluster.start()
        return asyncio.run(partitioned(cluster.url, int(cluster.url.rpartition(":")[2]), times))
    finally:
        cluster.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=500)
    print(main(parser.parse_args().times))
