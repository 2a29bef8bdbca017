"""Organisations and services in the store come back as they were, and are found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appservice.store import directory, listings, numbers
from appservice.store.database import Database
from bot.directory.ports import Match, Term
from spaces.access import Sight
from spaces.directory import ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Contact, Listing, may_contact

pytestmark = pytest.mark.both_databases

MIA = UserId("@mia:example.org")
ARTS, HEALTH = NetworkId("n.arts"), NetworkId("n.health")
MILL = Listing(
    4711,
    ListingKind.ORGANISATION,
    ARTS,
    "Mill Trust",
    "Looks after the mill",
    "Bath",
    Contact("01234 567890", "mill@example.org", "https://mill.example.org"),
    Seen.MEMBERS,
    None,
    (MIA,),
    1.0,
    2.0,
    3.0,
    True,
    "mill.example.org",
    "m-1",
    '{"x": 1}',
)


async def test_a_listing_comes_back_as_it_was_kept(database: Database) -> None:
    async with database.writing() as connection:
        await listings.keep(connection, [MILL])
        await listings.keep(connection, [replace(MILL, name="Mill Trust of Bath")])
    async with database.reading() as connection:
        assert await listings.numbered(connection, {4711, 5}) == [replace(MILL, name="Mill Trust of Bath")]
        assert await listings.of(connection, {HEALTH}) == []
        assert len(await listings.from_source(connection, ARTS, "mill.example.org")) == 1


async def test_it_is_found_by_its_name_and_not_by_how_to_reach_it(database: Database) -> None:
    sight = Sight(MIA, frozenset({ARTS}), frozenset())
    async with database.writing() as connection:
        await listings.keep(connection, [MILL])

        async def found(word: str) -> list[str]:
            match = Match((Term((word,)),))
            at = await directory.candidates(connection, match, sight, 9, 0.0)
            return [one.entry.key for one in at]

        assert await found("trust") == ["4711"]
        assert await found("01234") == []
        await listings.forget(connection, [MILL])
        assert await found("trust") == []
        assert await listings.numbered(connection, {4711}) == []


def test_how_to_reach_them_is_for_those_that_the_listing_says_and_its_stewards() -> None:
    finder = Sight(UserId("@ben:example.org"), frozenset({ARTS}), frozenset())
    member = replace(finder, member_of=frozenset({ARTS}))
    stranger = replace(finder, finds=frozenset())
    assert not may_contact(finder, MILL)
    assert may_contact(member, MILL)
    assert may_contact(finder, replace(MILL, contact_for=Seen.EVERYONE))
    assert not may_contact(stranger, replace(MILL, contact_for=Seen.EVERYONE))
    assert may_contact(replace(stranger, user=MIA), replace(MILL, contact_for=Seen.NOBODY))


async def test_free_numbers_are_none_that_is_taken_and_none_twice(database: Database) -> None:
    drawn = iter([4711, 10_001, 10_001, 4711, 10_002])
    async with database.writing() as connection:
        await listings.keep(connection, [MILL])
        assert await numbers.free_numbers(connection, lambda _: next(drawn), 2) == [10_001, 10_002]


async def test_where_nearly_all_numbers_are_taken_they_get_a_digit_more(database: Database) -> None:
    asked: list[int] = []

    def draw(digits: int) -> int:
        asked.append(digits)
        return 4711 if digits == 5 else 100_001

    async with database.writing() as connection:
        await listings.keep(connection, [MILL])
        assert await numbers.free_numbers(connection, draw) == [100_001]
    assert asked == [5] * 20 + [6]
