"""How long the directory takes to answer, beside the same words sent to the database bare.

    python -m tests.bench.find [--listings 100000] [--people 10000] [--networks 1000] [--questions 700]
                               [--only sqlite|postgresql] [--million] [--steps]

The time goes from the question to its answer (what the asker may find, how near each network is to
them, all statements, the ranking), each in a reading connection of its own, with the landscape loaded
as the service holds it. “Bare” is one statement with the same words, in a connection of the same kind:
the rows of `directory_words` or of the tsvector that have them, at most as many as are looked at in
each way of matching, without visibility, without order, without ranking. The two take turns.

What counts is the ratio within one run. `--million` puts 1,000,000 listings into PostgreSQL instead.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from appservice.directory import SightsKept, StoredDirectory, follow
from appservice.store import directory
from appservice.store.database import Database
from appservice.store.migrate import migrate
from bot.directory.ports import Match, Term
from bot.directory.searching import MOST, search
from bot.directory.words import stem, words_of
from spaces.landscape import Landscape
from spaces.nearness import Nearness
from tests.bench.county import Asked, County
from tests.conftest import execute
from tests.postgres import Cluster

_PORTION = 2000
_NOW = 0.0
_BARE = {
    True: "SELECT directory.* FROM directory_words JOIN directory ON directory.id = directory_words.rowid "
    "WHERE directory_words MATCH :words LIMIT :most",
    False: "SELECT * FROM directory WHERE words @@ CAST(:words AS tsquery) LIMIT :most",
}
_SIZE = {
    True: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    False: "SELECT pg_database_size(current_database())",
}


class Found:
    """Milliseconds by the way of asking, of ours and of the bare statement."""

    def __init__(self) -> None:
        self._ours: dict[str, list[float]] = defaultdict(list)
        self._bare: dict[str, list[float]] = defaultdict(list)
        self._hits: dict[str, list[int]] = defaultdict(list)

    def add(self, way: str, ours: float, bare: float, hits: int) -> None:
        self._ours[way].append(ours)
        self._bare[way].append(bare)
        self._hits[way].append(hits)

    def tell(self) -> None:
        print(f"{'':20}{'ours p50':>10}{'p95':>8}{'bare p50':>10}{'p95':>8}{'ratio p50':>11}{'p95':>7}  hits")
        for way in self._ours:
            _line(way, self._ours[way], self._bare[way], self._hits[way])
        _line("together", *(list(itertools.chain(*x.values())) for x in (self._ours, self._bare)))


def _line(what: str, ours: list[float], bare: list[float], hits: list[int] | None = None) -> None:
    (a, b), (c, d) = (_cuts(times) for times in (ours, bare))
    seen = f"{statistics.median(hits):6.0f}" if hits else ""
    print(f"{what:20}{a:10.2f}{b:8.2f}{c:10.2f}{d:8.2f}{a / c:11.2f}{b / d:7.2f}{seen}")


def _cuts(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94]


class Asking:
    """Asks as the service does, and bare."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database, self._landscape, self._sights = database, landscape, SightsKept()

    async def ours(self, asked: Asked) -> tuple[float, int]:
        """Milliseconds, and how many entries answer."""
        begun = time.perf_counter()
        async with self._database.reading() as connection:
            index = StoredDirectory(connection, self._landscape, self._sights, _NOW)
            sight = index.sight_of(asked.standing)
            answer = await search(index, sight, Nearness(self._landscape, sight), asked.question)
        return (time.perf_counter() - begun) * 1000, len(answer.hits)

    async def bare(self, asked: Asked) -> float:
        sqlite = self._database.is_sqlite
        words = directory.words_for(Match(_terms(asked.question.text)), sqlite=sqlite)
        begun = time.perf_counter()
        async with self._database.reading() as connection:
            rows = await connection.execute(text(_BARE[sqlite]), {"words": words, "most": MOST})
            rows.all()
        return (time.perf_counter() - begun) * 1000


def _terms(text: str) -> tuple[Term, ...]:
    """The words as the service looks for them; the last may be the beginning of one."""
    words = words_of(text)
    return tuple(Term((stem(word), word), word if word == words[-1] else "") for word in words)


async def measured(database: Database, county: County, questions: int) -> None:
    await fill(database, county)
    asking, found = Asking(database, county.landscape), Found()
    asked = list(county.questions(questions))
    for one in asked[:14]:
        await asking.ours(one)
        await asking.bare(one)
    before = _resident()
    for one in asked:
        took, hits = await asking.ours(one)
        found.add(one.way, took, await asking.bare(one), hits)
    found.tell()
    async with database.reading() as connection:
        size = await connection.scalar(text(_SIZE[database.is_sqlite]))
    print(f"database {size / 1e6:.0f} MB; this process grew by {_resident() - before:.1f} MB, to {_resident():.0f}")


async def fill(database: Database, county: County) -> None:
    database.make_file()
    await migrate(database)
    begun, many = time.perf_counter(), 0
    entries = county.entries()
    while portion := list(itertools.islice(entries, _PORTION)):
        async with database.writing() as connection:
            await directory.put(connection, portion)
        many += len(portion)
    took = time.perf_counter() - begun
    print(f"{many} rows put in {took:.1f} s, {took / many * 1000:.2f} ms each")
    async with database.writing() as connection:
        begun = time.perf_counter()
        await follow(connection, Landscape(), county.landscape)
        took = time.perf_counter() - begun
        print(f"{len(county.landscape.networks)} networks and their groups followed at once in {took:.1f} s")
        await follow_one(connection, county.landscape)
        if not database.is_sqlite:
            await connection.execute(text("ANALYZE"))  # as autovacuum does


async def follow_one(connection: directory.Connection, landscape: Landscape) -> None:
    """What one change of one network costs beside the landscape's own."""
    times = []
    for network in itertools.islice(landscape.networks.values(), 20):
        after = landscape.having(network.__class__(**{**_fields(network), "topic": "Changed"}))
        begun = time.perf_counter()
        await follow(connection, landscape, after)
        times.append((time.perf_counter() - begun) * 1000)
    print(f"one network changed: followed in {statistics.median(times):.1f} ms")


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


def _resident() -> float:
    """Megabytes of this process in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@asynccontextmanager
async def databases(only: str | None) -> AsyncIterator[Iterator[Database]]:
    cluster = Cluster()
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite+aiosqlite:///{folder}/hedgerow.db"}
        try:
            if only != "sqlite":
                cluster.start()
                await execute(cluster.url, "CREATE DATABASE bench")
                urls["postgresql"] = f"{cluster.url}/bench".replace("://", "+asyncpg://", 1)
            yield (Database(url) for name, url in urls.items() if only in (None, name))
        finally:
            cluster.stop()


async def main(arguments: argparse.Namespace) -> None:
    listings = 1_000_000 if arguments.million else arguments.listings
    only = "postgresql" if arguments.million else arguments.only
    async with databases(only) as opened:
        for database in opened:
            county = County(arguments.networks, arguments.people, listings)
            print(f"\n{database.url.get_backend_name()}: {listings} listings, {arguments.people} people")
            await measured(database, county, arguments.questions)
            await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=700)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--million", action="store_true")
    asyncio.run(main(parser.parse_args()))
