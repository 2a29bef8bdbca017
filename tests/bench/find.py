"""How long the directory takes to answer, beside the same words sent to the database bare.

    python -m tests.bench.find [--listings 100000] [--people 10000] [--networks 1000] [--questions 700]
                               [--only sqlite|postgresql] [--million]

The time goes from the question to its answer (what the asker may find, how near each network is to
them, all statements, the ranking), each in a reading connection of its own, with the landscape loaded
as the service holds it. “Bare” is the same full text queries, in a connection of the same kind: the rows
that FTS5 or the tsvector finds with the same words and the same limit, without visibility, without
order, without ranking, and without the search for words that are like a mistyped one. “Its own” is one
query for the same words, of which the database itself says which eight are best (`bm25`, `ts_rank`),
whoever may see them. All take turns.

What counts is the ratio within one run. `--million` asks PostgreSQL alone, with nine copies of every row
of 100,000 listings besides: the same words, each ten times as often.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from appservice.directory import StoredDirectory, follow
from appservice.store import directory, indexing, tables
from appservice.store.database import Database
from appservice.store.migrate import migrate
from bot.directory.ports import Candidate, Match
from bot.directory.searching import search
from spaces.access import Sight
from spaces.landscape import Landscape
from spaces.nearness import Nearness
from tests.bench.county import Asked, County
from tests.conftest import execute
from tests.postgres import Cluster

_PORTION = 2000
_NOW = 0.0
_COLUMNS = "kind, key, part, seen, place, network, owner, title, about, located, more, stale, ends_at"
_BARE = {
    True: f"SELECT {_COLUMNS} FROM directory WHERE id IN "
    "(SELECT rowid FROM directory_words WHERE directory_words MATCH :words LIMIT :most)",
    False: f"SELECT {_COLUMNS} FROM directory WHERE words @@ CAST(:words AS tsquery) LIMIT :most",
}
_OWN = {
    True: f"SELECT {_COLUMNS} FROM directory_words JOIN directory ON directory.id = directory_words.rowid "
    "WHERE directory_words MATCH :words ORDER BY bm25(directory_words) LIMIT 8",
    False: f"SELECT {_COLUMNS} FROM directory, CAST(:words AS tsquery) AS query WHERE words @@ query "
    "ORDER BY ts_rank(words, query) DESC LIMIT 8",
}
_SIZE = {
    True: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    False: "SELECT pg_database_size(current_database())",
}


class Found:
    """Milliseconds of ours, of the bare queries and of the database's own, by the way of asking."""

    def __init__(self) -> None:
        self._times: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        self._hits: dict[str, list[int]] = defaultdict(list)

    def add(self, way: str, ours: float, bare: float, own: float, hits: int) -> None:
        self._times[way].append((ours, bare, own))
        self._hits[way].append(hits)

    def tell(self) -> None:
        heads = (
            "ours p50",
            "p95",
            "bare p50",
            "p95",
            "own p50",
            "p95",
            "to bare",
            "p95",
            "to own",
            "p95",
            "hits",
        )
        print(f"{'':18}" + "".join(f"{head:>{max(len(head) + 2, 8)}}" for head in heads))
        for way, asked in self._times.items():
            _tell(way, asked, self._hits[way])
        _tell("together", [*itertools.chain(*self._times.values())], [*itertools.chain(*self._hits.values())])


def _tell(what: str, times: list[tuple[float, float, float]], hits: list[int]) -> None:
    (a, b), (c, d), (e, f) = (_cuts(each) for each in zip(*times, strict=True))
    print(
        f"{what:18}{a:10.2f}{b:8.2f}{c:10.2f}{d:8.2f}{e:9.2f}{f:8.2f}{a / c:9.2f}{b / d:8.2f}"
        f"{a / e:8.2f}{b / f:8.2f}{statistics.median(hits):8.0f}"
    )


def _cuts(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94]


class Noting(StoredDirectory):
    """Notes what is looked for, so that it can be sent bare."""

    matches: list[tuple[Match, int]]

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        self.matches.append((match, most))
        return await super().candidates(match, sight, most)


class Asking:
    """Asks as the service does, and bare."""

    def __init__(self, database: Database, landscape: Landscape) -> None:
        self._database, self._landscape = database, landscape

    async def ask(self, asked: Asked) -> tuple[float, float, float, int]:
        """Milliseconds of ours, of the bare queries and of the database's own; how many entries answer."""
        ours, matches, hits = await self.ours(asked)
        everywhere = replace(matches[0][0], in_title=False, every=False)
        return ours, await self.bare(matches), await self.bare([(everywhere, 8)], _OWN), hits

    async def ours(self, asked: Asked) -> tuple[float, list[tuple[Match, int]], int]:
        begun = time.perf_counter()
        async with self._database.reading() as connection:
            index = Noting(connection, self._landscape, _NOW)
            index.matches = []
            sight = index.sight_of(asked.standing)
            answer = await search(index, sight, Nearness(self._landscape, sight), asked.question)
        return (time.perf_counter() - begun) * 1000, index.matches, len(answer.hits)

    async def bare(self, matches: list[tuple[Match, int]], queries: Mapping[bool, str] = _BARE) -> float:
        sqlite = self._database.is_sqlite
        begun = time.perf_counter()
        async with self._database.reading() as connection:
            for match, most in matches:
                words = directory.words_for(match, sqlite=sqlite)
                (await connection.execute(text(queries[sqlite]), {"words": words, "most": most})).all()
        return (time.perf_counter() - begun) * 1000


async def measured(database: Database, county: County, questions: int, copies: int = 0) -> None:
    before = _resident()
    await fill(database, county)
    if copies:
        await multiply(database, copies)
    asking, found = Asking(database, county.landscape), Found()
    asked, filled = list(county.questions(questions)), _resident()
    for one in asked[:21]:
        await asking.ask(one)
    for one in asked:
        found.add(one.way, *await asking.ask(one))
    found.tell()
    async with database.reading() as connection:
        size = await connection.scalar(text(_SIZE[database.is_sqlite]))
    grown = f"{filled - before:.0f} MB while it was filled, by {_resident() - filled:.0f} MB in the questions"
    print(f"database {size / 1e6:.0f} MB; this process grew by {grown}, to {_resident():.0f} MB")


async def fill(database: Database, county: County) -> None:
    database.make_file()
    await migrate(database)
    begun, many = time.perf_counter(), 0
    entries = county.entries()
    while portion := list(itertools.islice(entries, _PORTION)):
        async with database.writing() as connection:
            await indexing.put(connection, portion)
        many += len(portion)
    took = time.perf_counter() - begun
    print(f"{many} rows put in {took:.0f} s, {took / many * 1000:.2f} ms each")
    async with database.writing() as connection:
        begun = time.perf_counter()
        await follow(connection, Landscape(), county.landscape)
        took = time.perf_counter() - begun
        print(f"{len(county.landscape.networks)} networks and their groups followed at once in {took:.1f} s")
        if not database.is_sqlite:
            await connection.execute(text("ANALYZE"))  # as autovacuum does
        await follow_one(connection, county.landscape)


async def multiply(database: Database, copies: int) -> None:
    """Copies of every row in PostgreSQL, where they are; the index is built anew, which is faster."""
    names = [column.name for column in tables.directory.columns if column.name not in ("id", "key")]
    listed = ", ".join(names)
    every = f"INSERT INTO directory (key, {listed}) SELECT key || '-' || copy, {listed} FROM directory"
    begun = time.perf_counter()
    async with database.writing() as connection:
        await connection.execute(text("DROP INDEX ix_directory_words"))
        await connection.execute(text(f"{every}, generate_series(1, {copies}) AS copy"))
        await connection.execute(text("CREATE INDEX ix_directory_words ON directory USING gin (words)"))
        await connection.execute(text("ANALYZE"))
        many = await connection.scalar(text("SELECT count(*) FROM directory"))
    print(f"{many} rows with their copies, {time.perf_counter() - begun:.0f} s later")


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
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


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
    listings = 100_000 if arguments.million else arguments.listings
    only = "postgresql" if arguments.million else arguments.only
    async with databases(only) as opened:
        for database in opened:
            county = County(arguments.networks, arguments.people, listings)
            print(f"\n{database.url.get_backend_name()}: {listings} listings, {arguments.people} people")
            await measured(database, county, arguments.questions, 9 if arguments.million else 0)
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
