"""Whether the time of an answer tells of what is hidden: a hidden title beside a word of nothing.

    python -m tests.bench.leak_timing [--rows 20000] [--hidden 2000] [--questions 300]

An index on SQLite, of which one network's entries are hidden from who asks. Both are asked in turns: the
whole title of a hidden entry, and a title of the same length that nothing has; then one word of each, and
each with a wrong letter. What counts is the ratio of the medians; times are milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from random import Random

from appservice.store import indexing
from appservice.store.database import Database
from appservice.store.migrate import migrate
from bot.directory.searching import Answer, Question, search
from spaces.access import Sight
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Nearness
from tests.leaks.judging import StoredIndex

_OPEN, _HIDDEN = NetworkId("n.open"), NetworkId("n.hidden")
_SIGHT = Sight(UserId("@cara:hs.test"), frozenset({_OPEN}), frozenset())
_PORTION = 1_000


class Words:
    """Some thousand made-up words, and words that none of them is."""

    def __init__(self) -> None:
        self._chance = Random(5)
        self.common = [self.fresh() for _ in range(4_000)]

    def fresh(self) -> str:
        pairs = (self._chance.choice("bdfgklmnprstvz") + self._chance.choice("aeiou") for _ in range(4))
        return "".join(pairs) + self._chance.choice("kmptv")

    def title(self) -> str:
        return " ".join(self._chance.choices(self.common, k=3))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--hidden", type=int, default=2_000)
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 'index.db'}")
        await migrate(database)
        words = Words()
        titles = await _filled(database, words, given.rows, given.hidden)
        nothing = [f"{words.fresh()} {words.fresh()}" for _ in titles]
        await _compared(database, titles[: given.questions], nothing[: given.questions])
        await database.close()


async def _filled(database: Database, words: Words, rows: int, hidden: int) -> list[str]:
    """The titles of what is hidden, each of words that nothing else has."""
    titles = [f"{words.fresh()} {words.fresh()}" for _ in range(hidden)]
    entries = [_entry(n, title, _HIDDEN) for n, title in enumerate(titles)]
    entries += [_entry(n, words.title(), _OPEN) for n in range(hidden, rows)]
    for begin in range(0, len(entries), _PORTION):
        async with database.writing() as connection:
            await indexing.put(connection, entries[begin : begin + _PORTION])
    return titles


def _entry(number: int, title: str, network: NetworkId) -> Entry:
    return Entry(ListingKind.SERVICE, str(number), title, Seen.FINDERS, network, network)


async def _compared(database: Database, titles: list[str], nothing: list[str]) -> None:
    ways = {
        "whole title": str,
        "one word": lambda title: title.split()[0],
        "beginning": lambda title: title[:5],
        "a wrong letter": lambda title: f"{title[:3]}y{title[4:]}".split()[0],
    }
    for name, typed in ways.items():
        times: dict[bool, list[float]] = {True: [], False: []}
        for pair in zip(titles, nothing, strict=True):
            for is_hidden, title in zip((True, False), pair, strict=True):
                times[is_hidden].append(await _timed(database, typed(title)))
        of_hidden, of_nothing = statistics.median(times[True]), statistics.median(times[False])
        noise = statistics.quantiles(times[False], n=10)
        print(
            f"{name:<16} hidden {of_hidden:6.2f}   nothing {of_nothing:6.2f}"
            f"   ratio {of_hidden / of_nothing:5.2f}"
            f"   (a tenth of nothing is under {noise[0]:.2f}, a tenth over {noise[-1]:.2f})"
        )


async def _timed(database: Database, typed: str) -> float:
    began = time.perf_counter()
    async with database.reading() as connection:
        answer: Answer = await search(
            StoredIndex(connection), _SIGHT, Nearness(Landscape(), _SIGHT), Question(typed)
        )
    took = (time.perf_counter() - began) * 1000
    assert not any(hit.entry.network == _HIDDEN for hit in answer.hits)
    return took


if __name__ == "__main__":
    asyncio.run(main())
