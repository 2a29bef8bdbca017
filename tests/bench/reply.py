"""How long a question waits for its answer, beside the least that anybody could do.

    python -m tests.bench.reply [--networks 1000] [--groups 2] [--questions 300] [--people 10] [--steps]

The time goes from the moment at which the homeserver begins to push the question (`PUT
/transactions/…`) to the moment at which the answer has come in there (`PUT …/send/…`). Hedgerow runs
in a process of its own, as it is delivered, with its own settings of SQLite; the homeserver is a
stand-in in this process that answers from memory. Every question is `show NAME` of another network.

The base in the same run is a bare aiohttp handler in a process of its own: it parses the transaction,
inserts the event into SQLite in one commit (WAL, synchronous=FULL), answers, reads one row, and puts
a fixed text of the same length. These machines are noisy, so the ratio counts. “In peace” leaves 30 ms
between an answer and the next question; “one after the other” leaves nothing.

`--steps` adds, once more and apart, how long each step of the way takes (`tests/bench/steps.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import random
import secrets
import signal
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from appservice import logs
from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.store.database import Database
from tests.bench.echo import Echo
from tests.bench.place import PEOPLE, Json, Large, StandIn, direct_room, person
from tests.bench.steps import Steps
from tests.hedgerow import settings_for
from tests.registration import Registration

_SECONDS = 300.0
PAUSE = 0.03  # seconds in which what came of the last answer is written down
_HEADERS = {"Authorization": f"Bearer {Registration().hs_token}"}


# -- the two that are asked, each in a process of its own ---------------------------------------------


def serve_hedgerow(url: str, port: int, file: str, in_steps: bool) -> None:
    registration = Registration(url=f"http://127.0.0.1:{port}")
    logs.configure("WARNING")
    steps = Steps() if in_steps else None
    asyncio.run(until_told(Hedgerow(settings_for(url, registration, Path(file))).run))
    if steps is not None:
        steps.tell()


def serve_bare(url: str, port: int, file: str) -> None:
    asyncio.run(until_told(Bare(url, port, file).run))


async def until_told(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until this process is told to end (SIGTERM)."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(stop)


class Bare(Echo):
    """Keep, answer, read, put: what nobody can leave out."""

    def __init__(self, url: str, port: int, file: str) -> None:
        super().__init__(url, port, Registration())
        self._database = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT)")

    def keep(self, events: list[Json]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        rows = [(event["event_id"], json.dumps(event)) for event in events]
        self._database.executemany("INSERT INTO events VALUES (?, ?)", rows)
        self._database.execute("COMMIT")

    def read(self, event_id: str) -> None:
        self._database.execute("SELECT body FROM events WHERE id = ?", (event_id,)).fetchone()


@asynccontextmanager
async def served(target: Callable[..., None], port: int, *args: Any) -> AsyncIterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    process.start()
    try:
        await _until_ready(port)
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.join, 15)
        process.kill()


async def _until_ready(port: int) -> None:
    async with asyncio.timeout(_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


# -- who asks -----------------------------------------------------------------------------------------


class Asking:
    """Pushes questions as a homeserver does, one transaction at a time, and times the answers."""

    def __init__(self, session: aiohttp.ClientSession, port: int, standin: StandIn, names: list[str]) -> None:
        self._session = session
        self._base = f"http://127.0.0.1:{port}/_matrix/app/v1/transactions"
        self._names = random.Random(4).sample(names, k=len(names))
        self._name, self._numbers = secrets.token_hex(4), itertools.count(1)
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._queue: list[Json] = []
        self._one_in_flight = asyncio.Lock()
        standin.on_send = self._heard

    def _heard(self, content: Json) -> None:
        event = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
        if waiting := self._waiting.pop(event, None):
            waiting.set_result(time.perf_counter())

    async def ask(self, who: int) -> float:
        """Milliseconds from the question to its answer."""
        number = next(self._numbers)
        event = {
            "event_id": (id_ := f"${self._name}.{number}"),
            "type": "m.room.message",
            "room_id": direct_room(who),
            "sender": person(who),
            "origin_server_ts": 1,
            "content": {"msgtype": "m.text", "body": f"show {self._names[number % len(self._names)]}"},
        }
        answered = self._waiting[id_] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self._queue.append(event)
        await self._push()
        async with asyncio.timeout(_SECONDS):
            answered_at: float = await answered
            return (answered_at - begun) * 1000

    async def _push(self) -> None:
        """What waits goes together once nothing is in flight, as Synapse does it."""
        async with self._one_in_flight:
            events, self._queue = self._queue, []
            if not events:
                return
            url = f"{self._base}/{next(self._numbers)}"
            async with self._session.put(url, json={"events": events}, headers=_HEADERS) as answer:
                answer.raise_for_status()
                await answer.read()

    async def one_after_the_other(self, questions: int, pause: float = 0.0) -> list[float]:
        """`pause` is seconds between an answer and the next question."""
        times = []
        for n in range(questions):
            times.append(await self.ask(n % PEOPLE))
            await asyncio.sleep(pause)
        return times

    async def at_once(self, questions: int, people: int) -> list[float]:
        """Each of `people` asks again as soon as they are answered."""

        async def one(who: int) -> list[float]:
            return [await self.ask(who) for _ in range(questions // people)]

        return [took for times in await asyncio.gather(*map(one, range(people))) for took in times]


@asynccontextmanager
async def asking(
    target: Callable[..., None], large: Large, file: Path, *more: Any
) -> AsyncIterator[tuple[Asking, StandIn]]:
    standin, port = StandIn(large.states()), free_port()
    url = await standin.start()
    try:
        async with served(target, port, url, port, str(file), *more), aiohttp.ClientSession() as session:
            yield Asking(session, port, standin, large.shown), standin
    finally:
        await standin.stop()


async def until_idle(file: Path) -> None:
    """Until the rooms have been read back that are read back at the start."""
    database = sqlite3.connect(file, timeout=30)
    calm = 0
    async with asyncio.timeout(600):
        while calm < 5:
            [(waiting,)] = database.execute("SELECT count(*) FROM outbox WHERE status = 'waiting'")
            calm = 0 if waiting else calm + 1
            await asyncio.sleep(0.2)
    database.close()


# -- figures ------------------------------------------------------------------------------------------


def quantiles(times: list[float]) -> list[float]:
    """p50, p95 and p99."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return [cuts[49], cuts[94], cuts[98]]


def told(what: str, times: list[float], of: str = "questions") -> list[float]:
    """Print p50, p95 and p99 in milliseconds, and return them."""
    figures = quantiles(times)
    p50, p95, p99 = figures
    print(f"{what:38} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f} ms   ({len(times)} {of})")
    return figures


def compare(what: str, ours: list[float], bare: list[float]) -> None:
    mine, theirs = told(f"Hedgerow, {what}", ours), told(f"bare handler, {what}", bare)
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    print(f"{'ratio':38} p50 {ratios[0]:6.1f}  p95 {ratios[1]:6.1f}  p99 {ratios[2]:6.1f}")


async def main(arguments: argparse.Namespace) -> None:
    questions, people = arguments.questions, arguments.people
    large = Large(arguments.networks, arguments.groups)
    networks, groups = len(large.landscape.networks), len(large.landscape.groups)
    print(f"{networks} networks, {groups} groups, {len(large.expected)} rooms")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hedgerow.db"
        await large.write(Database(f"sqlite+aiosqlite:///{file}"))
        async with asking(serve_bare, large, Path(folder) / "bare.db") as (bare, _):
            await bare.one_after_the_other(20)
            bare_calm = await bare.one_after_the_other(questions, PAUSE)
            bare_alone = await bare.one_after_the_other(questions)
            bare_together = await bare.at_once(questions, people)
        async with asking(serve_hedgerow, large, file, False) as (ours, standin):
            begun = time.perf_counter()
            busy = await ours.one_after_the_other(min(questions, 20))
            await until_idle(file)
            print(f"all rooms read back {time.perf_counter() - begun:.1f} s after the start")
            compare("asked in peace", await ours.one_after_the_other(questions, PAUSE), bare_calm)
            compare("one after the other", await ours.one_after_the_other(questions), bare_alone)
            compare(f"{people} at once", await ours.at_once(questions, people), bare_together)
            told("Hedgerow, while it reads rooms back", busy)
            if standin.unexpected:
                print(f"{len(standin.unexpected)} writes that nobody asked for: {standin.unexpected[:3]}")
        if arguments.steps:
            async with asking(serve_hedgerow, large, file, True) as (ours, _):
                await until_idle(file)
                timed = await ours.one_after_the_other(questions, PAUSE)
            told("Hedgerow, its steps being timed", timed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=2, help="in each network, beside its kit")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--steps", action="store_true", help="what the time goes into")
    asyncio.run(main(parser.parse_args()))
