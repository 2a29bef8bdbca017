"""Whatever a digest is made of, it tells of nothing that its reader may not see, and of each thing once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import spaces.announcements
import spaces.occasions
import spaces.stories
from appservice.calendar import OccasionsSource
from appservice.store.database import Database
from appservice.story_news import StoriesSource
from bot.digests import places, postings
from bot.digests.items import Section
from tests.leaks.judging import Direct, Leak, opened
from tests.leaks.newsstand import Newsstand, Sold, judge_digests
from tests.leaks.without import Check, taken_away
from tests.spaces.worlds import CountedIds, beginnings, landscapes

_WORLDS = 12
CHECKS = (
    Check("a place that may not be found", places.new_places, " if may_find(reader.sight, one.entry)", ""),
    Check("where a group belongs", places._News._named, " if n in self._reader.sight.finds", ""),
    Check("who is banned", places._News._may_be, "not is_banned(self._landscape, one.place, user)", "True"),
    Check("who made it", places._News._may_be, "one.by != user and ", ""),
    Check("who is in it", places._News._groups, "one.place not in joined", "True"),
    Check(
        "an offer that may not be found",
        postings.new_postings,
        "near[one.network] is not Near.WIDER and one.owner != reader.user",
        "one.owner != reader.user",
    ),
    Check("the way of a story", spaces.stories.is_open_to, "below and linked and ", ""),
    Check("what is sealed", spaces.stories.is_open_to, "story.sealed and ", "False and "),
    Check("whose story it is", StoriesSource._is_for, "story.author == reader.user or ", ""),
    Check("who declines", spaces.announcements.reads, "is_declined or ", ""),
    Check("what is taken away", spaces.announcements.reads, " or post.gone_at is not None", ""),
    Check("who is in the room", spaces.announcements.reads, "post.place in standing.joined", "True"),
    Check(
        "whose events are closed",
        spaces.occasions.sees_occasions,
        "is_member(landscape, standing, network)",
        "True",
    ),
    Check("whose event it is", OccasionsSource.items, " if one.owner != own", ""),
)


def every(connection: Direct, sold: Sold, most: int) -> None:
    """Judge so many worlds; raises `Leak`."""

    @seed(1)
    @given(st.builds(Newsstand, landscapes(), st.integers(0, 2**32 - 1)))
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def each(stand: Newsstand) -> None:
        try:
            asyncio.run(judge_digests(connection, stand, sold))
        finally:
            connection.rollback()

    each()


def test_a44_a47_no_digest_tells_of_what_is_hidden_and_each_thing_once(migrated_file: Path) -> None:
    sold = Sold()
    every(opened(str(migrated_file)), sold, _WORLDS)
    print(sold)
    assert sold.readers > 10 * _WORLDS
    assert all(sold.items[section] > 5 * _WORLDS for section in Section)
    assert sold.hidden > sold.readers


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_proof_fails_where_a_check_is_taken_away(check: Check, migrated_file: Path) -> None:
    with taken_away(check), pytest.raises(Leak):
        every(opened(str(migrated_file)), Sold(), _WORLDS)


@pytest.mark.both_databases
async def test_a44_a47_nor_does_one_of_the_other_database(database: Database) -> None:
    sold = Sold()
    for number in range(3):
        stand = Newsstand(beginnings(CountedIds()), number)
        async with database.engine.connect() as connection:
            await judge_digests(connection, stand, sold)
            await connection.rollback()
    assert sold.readers > 20
    assert all(sold.items[section] for section in Section)
