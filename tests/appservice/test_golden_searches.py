"""The golden searches in the invented county: what people would expect comes first, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appservice.store import directory, indexing
from appservice.store.database import Connection, Database
from bot.directory.ports import Candidate, Match
from spaces.access import Sight
from spaces.directory import Entry, ListingKind
from tests.databases import driven
from tests.golden.county import County, county
from tests.golden.searches import Outcome, mean_reciprocal_rank, outcome, searches

REACHED = 0.99
"""The mean reciprocal rank that was reached once, and is kept."""


class Stored:
    """The index, in one transaction (`bot.directory.ports.Index`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        return await directory.candidates(self._connection, match, sight, most, 0.0)

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        return await directory.parts_of(self._connection, keys, sight)

    async def words_like(self, word: str) -> Sequence[str]:
        return await directory.words_like(self._connection, word)


@asynccontextmanager
async def filled(url: str, made: County) -> AsyncIterator[Stored]:
    database = Database(url)
    try:
        async with database.writing() as connection:
            await indexing.put(connection, made.entries)
            await indexing.open_and_shut(connection, made.asker.everybodys, ())
        async with database.reading() as connection:
            yield Stored(connection)
    finally:
        await database.close()


async def outcomes(url: str, made: County) -> list[Outcome]:
    async with filled(url, made) as index:
        return [await outcome(index, made, wanted) for wanted in searches()]


@pytest.fixture(scope="module")
def made() -> County:
    return county()


def test_the_county_has_five_hundred_entries_of_every_kind_and_is_always_the_same(made: County) -> None:
    assert len({(entry.kind, entry.key) for entry in made.entries}) >= 500
    assert len({entry.kind for entry in made.entries}) == 7
    assert county().entries == made.entries


async def test_what_people_expect_comes_first_and_the_same_on_both_databases(
    made: County, migrated_file: Path, migrated_postgres: str, tmp_path: Path
) -> None:
    file = shutil.copy(migrated_file, tmp_path / "golden.db")
    sqlite = await outcomes(f"sqlite+aiosqlite:///{file}", made)
    postgresql = await outcomes(driven(migrated_postgres), made)
    differing = [
        (one.search.find, one.titles[:3], other.titles[:3])
        for one, other in zip(sqlite, postgresql, strict=True)
        if one.titles[:3] != other.titles[:3]
    ]
    assert differing == []
    assert len(sqlite) >= 150
    rank = mean_reciprocal_rank(sqlite)
    print(f"mean reciprocal rank of {len(sqlite)} searches: {rank:.4f}")
    amiss = [(one.search.find, one.search.first, one.titles[:3]) for one in sqlite if one.rank != 1]
    assert rank >= REACHED, amiss
    for one in (*sqlite, *postgresql):
        assert not made.hidden & set(one.titles), one.search.find
