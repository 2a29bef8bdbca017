"""How long it takes to make everybody's digest on a Monday morning, and how much memory.

    python -m tests.bench.digest [--people 10000] [--groups 1000] [--messages 1000000] [--history 10]
                                 [--only sqlite|postgresql]

Rows are written straight into the tables: a county of `groups` groups, half as many networks with their
welcome and news, `people` who are each in nine networks with all their groups, and `messages` of the last
week, of members of the groups they stand in; one network in a hundred and its groups are new, and one
person in ten has offered something this week, and five in ten before it. Everybody has a weekly digest,
due now. Then the tick looks as it does in the service (`Press.look`): who each reader is, all sources, the
words, the outbox, the time of the next one; and again, as long as something is due. What was put into the
outbox is marked as delivered in between, which is not counted: the sending itself is the outbox's.

Each line is a process of its own with a database of its own: a quarter of the size, a quarter with `history`
times as many messages of the weeks before, half, and all of it. Linear in what changed is the same time for
each person in every line. Below it stands what a person's time goes into: each source, all else, and how
many statements the database is sent. “At work” is the processor's time of this process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, insert, select, text, update

from appservice.digests import Press
from appservice.newsroom import sources_of
from appservice.store import tables
from appservice.store.database import Connection, Database
from appservice.store.landscape import LandscapeStore
from appservice.store.migrate import migrate
from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.works import Works
from bot.digests.items import Item, Period, Reader, Source
from spaces.directory import ListingKind
from spaces.editions import Schedule
from spaces.identifiers import RoomId, UserId
from spaces.market import Posting, lasting
from spaces.reconcile import Maker
from tests.bench.county import County
from tests.conftest import execute
from tests.postgres import Cluster

NOW = 1_804_492_800.0  # a Monday in 2027, at eight
DAY = 86_400.0
WEEK = 7 * DAY
_PORTION = 20_000
_BOT = UserId("@hedgerow:hs.test")
_SERIES = {
    True: "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < :most - 1) "
    "SELECT n FROM s)",
    False: "(SELECT n FROM generate_series(0, CAST(:most AS bigint) - 1) AS g(n))",
}
_MESSAGES = """
    INSERT INTO messages (place, event_id, sender, at, said_at, is_open)
    SELECT p.place, '$' || :mark || 'abcdefghijklmnopqrstuvwxyzabcdefgh' || s.n, p.person,
           :start + :seconds * s.n / :most, :start + :seconds * s.n / :most, s.n % 20 <> 0
    FROM {series} AS s JOIN pairs AS p ON p.number = (s.n * 7919) % :pairs
"""


@dataclass(frozen=True)
class Size:
    people: int
    groups: int
    messages: int
    older: int = 0

    def part(self, of: int, history: int = 0) -> Size:
        messages = self.messages // of
        return Size(self.people // of, self.groups // of, messages, messages * history)

    def __str__(self) -> str:
        older = f" and {self.older} older" if self.older else ""
        return f"{self.people} people, {self.groups} groups, {self.messages} messages{older}"


@dataclass(frozen=True)
class Measured:
    """`seconds` for all `editions`, of which this process was `at_work` so many, and those in each source.

    `grown`: megabytes at most while they were made, from `before` on.
    """

    seconds: float
    at_work: float
    in_sources: dict[str, float]
    statements: int
    editions: int
    before: float
    grown: float
    database: float


# -- what there is --------------------------------------------------------------------------------------


class Town:
    """A county in the store, as it is on a Monday morning."""

    def __init__(self, database: Database, size: Size) -> None:
        self._database = database
        self._size = size
        self._county = County(size.groups // 2, size.people, 0)
        self._at = random.Random(7)

    async def write(self) -> None:
        self._database.make_file()
        await migrate(self._database)
        async with self._database.writing() as connection:
            store = LandscapeStore()
            before = await store.load(connection, for_writing=True)
            await store.save(connection, before, self._county.landscape)
            await self._rooms(connection)
            await self._people(connection)
            await self._arrivals(connection)
            await self._messages(connection)
            await self._postings(connection)
        if not self._database.is_sqlite:
            async with self._database.writing() as connection:
                await connection.execute(text("ANALYZE"))  # as autovacuum does

    async def _rooms(self, connection: Connection) -> None:
        landscape = self._county.landscape
        places = [*landscape.networks, *landscape.groups]
        rows = [
            {"place": p, "room_id": _room(p), "ready": True, "expected": json.dumps({"version": "12"})}
            for p in places
        ]
        await _put(connection, tables.rooms, rows)

    async def _people(self, connection: Connection) -> None:
        people = self._county.people
        rows = (
            {"room_id": _room(place), "user": one.user, "membership": "join", "since": 0.0}
            for one in people
            for place in sorted(one.joined)
        )
        await _put(connection, tables.memberships, rows)
        talks = ({"room_id": f"!direct-{p.user}", "person": p.user, "place": None} for p in people)
        await _put(connection, tables.conversations, talks)
        due = {"next_at": NOW, "last_at": NOW - WEEK, **asdict(Schedule())}
        await _put(connection, tables.digest_subscriptions, ({"whose": p.user, **due} for p in people))

    async def _arrivals(self, connection: Connection) -> None:
        landscape = self._county.landscape
        fresh = [*landscape.networks][::-100]
        places = [p for n in fresh for p in landscape.places_of(n)]
        await _put(connection, tables.arrivals, ({"place": p, "at": NOW - DAY, "by": None} for p in places))

    async def _messages(self, connection: Connection) -> None:
        await connection.execute(
            text("CREATE TEMPORARY TABLE pairs (number INTEGER PRIMARY KEY, place TEXT, person TEXT)")
        )
        groups = self._county.landscape.groups
        pairs = [(p, one.user) for one in self._county.people for p in sorted(one.joined) if p in groups]
        numbered = "INSERT INTO pairs (number, place, person) VALUES (:number, :place, :person)"
        for portion in _portions(enumerate(pairs)):
            rows = [{"number": n, "place": place, "person": who} for n, (place, who) in portion]
            await connection.execute(text(numbered), rows)
        filling = text(_MESSAGES.format(series=_SERIES[self._database.is_sqlite]))
        for mark, most, start, seconds in (
            ("o", self._size.older, NOW - 5 * WEEK, 4 * WEEK),
            ("n", self._size.messages, NOW - WEEK, WEEK),
        ):
            values = {"mark": mark, "most": most, "start": start, "seconds": seconds, "pairs": len(pairs)}
            if most:
                await connection.execute(filling, values)
        await connection.execute(text("DROP TABLE pairs"))

    async def _postings(self, connection: Connection) -> None:
        people, networks = self._county.people, [*self._county.landscape.networks]
        for number in range(len(people) * 6 // 10):
            is_new = number < len(people) // 10
            made_at = NOW - self._at.uniform(0, WEEK if is_new else 50 * DAY)
            owner, network = self._at.choice(people).user, self._at.choice(networks)
            kind = self._at.choice([ListingKind.OFFER, ListingKind.WANT])
            made = Posting(10_000 + number, kind, network, owner, "Something made up", made_at, made_at)
            row = {**asdict(lasting(made, made_at)), "terms": ""}
            await connection.execute(insert(tables.postings).values(row))


def _room(place: str) -> RoomId:
    return RoomId(f"!{place}")


async def _put(connection: Connection, table: Any, rows: Any) -> None:
    for portion in _portions(rows):
        await connection.execute(insert(table), portion)


def _portions(rows: Any) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while portion := list(itertools.islice(remaining, _PORTION)):
        yield portion


# -- measuring ------------------------------------------------------------------------------------------


class Timed:
    """A source whose seconds are added up."""

    def __init__(self, source: Source, seconds: dict[str, float]) -> None:
        self._source, self._seconds = source, seconds

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        begun, name = time.perf_counter(), type(self._source).__name__
        found = await self._source.items(reader, period)
        self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - begun
        return found


def _press(database: Database, seconds: dict[str, float]) -> Press:
    surroundings = Surroundings(
        maker=Maker(_BOT, "12"),
        admins=frozenset(),
        now=lambda: NOW,
        health=Health(homeserver_answers=True),
        version="0.0",
        secret="made up",
        ids=RandomIds(),
    )
    works = Works(database, surroundings, lambda: None)
    return Press(works, lambda: NOW, lambda work: [Timed(one, seconds) for one in sources_of(work)])


async def _measured(url: str) -> Measured:
    database, sources, sent = Database(url), dict[str, float](), list[None]()
    press = _press(database, sources)
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *_: sent.append(None))
    _count_memory_anew()
    before, took, at_work, statements, waiting = _memory("VmRSS"), 0.0, 0.0, 0, True
    while waiting:
        sent.clear()
        begun, worked = time.perf_counter(), time.process_time()
        await press.look()
        took, at_work = took + time.perf_counter() - begun, at_work + time.process_time() - worked
        statements += len(sent)
        waiting = await _delivered(database)
    most = _memory("VmHWM")
    async with database.reading() as connection:
        editions = await connection.scalar(select(func.count()).select_from(tables.digest_editions))
        told = await connection.scalar(select(func.count()).select_from(tables.outbox))
    assert editions == told, f"{editions} editions, {told} told"
    megabytes = await _megabytes(database)
    await database.close()
    grown = most - before
    return Measured(took, at_work, sources, statements, editions or 0, before, grown, megabytes)


async def _delivered(database: Database) -> bool:
    """All that waits in the outbox is; whether there was anything."""
    done = update(tables.outbox).where(tables.outbox.c.status == "waiting").values(status="done")
    async with database.writing() as connection:
        return bool((await connection.execute(done)).rowcount)


async def _written(url: str, size: Size) -> None:
    database = Database(url)
    await Town(database, size).write()
    await database.close()


def write(url: str, size: Size) -> None:
    asyncio.run(_written(url, size))


def measure(url: str) -> Measured:
    return asyncio.run(_measured(url))


def _count_memory_anew() -> None:
    """From now on `VmHWM` is the most that there was since."""
    Path("/proc/self/clear_refs").write_text("5")


def _memory(what: str) -> float:
    """Megabytes of this process: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


_SIZE = {
    True: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    False: "SELECT pg_database_size(current_database())",
}


async def _megabytes(database: Database) -> float:
    async with database.reading() as connection:
        return float(await connection.scalar(text(_SIZE[database.is_sqlite])) or 0) / 1e6


# -- telling --------------------------------------------------------------------------------------------


def tell(size: Size, found: Measured) -> None:
    each = 1000 / size.people
    parts = {**found.in_sources, "all else": found.seconds - sum(found.in_sources.values())}
    told = ", ".join(f"{name} {seconds * each:.2f} ms" for name, seconds in parts.items())
    print(f"{size}: {found.seconds:.1f} s for {found.editions} editions")
    print(
        f"    each {found.seconds * each:.2f} ms, {found.at_work * each:.2f} of them at work: {told};"
        f" {found.statements / size.people:.1f} statements"
    )
    memory = f"{found.before:.0f} MB before, at most {found.grown:.0f} MB more"
    print(f"    {memory}; database {found.database:.0f} MB", flush=True)


def urls(only: str | None, stack: ExitStack) -> Iterator[tuple[str, Any]]:
    """The kinds of databases, each with a function that gives the URL of a new one."""
    if only != "postgresql":
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        yield "sqlite", lambda name: f"sqlite+aiosqlite:///{folder}/{name}.db"
    if only != "sqlite":
        cluster = Cluster()
        stack.callback(cluster.stop)
        cluster.start()

        def made(name: str) -> str:
            asyncio.run(execute(cluster.url, f"CREATE DATABASE {name}"))
            return f"{cluster.url}/{name}".replace("://", "+asyncpg://", 1)

        yield "postgresql", made


def main(arguments: argparse.Namespace) -> None:
    whole = Size(arguments.people, arguments.groups, arguments.messages)
    sizes = [whole.part(4), whole.part(4, arguments.history), whole.part(2), whole]
    spawning = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        for kind, url_of in urls(arguments.only, stack):
            print(f"\n{kind}")
            for number, size in enumerate(sizes):
                url = url_of(f"bench{number}")
                with spawning.Pool(1, maxtasksperchild=1) as apart:
                    apart.apply(write, (url, size))
                    tell(size, apart.apply(measure, (url,)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--history", type=int, default=10)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    main(parser.parse_args())
