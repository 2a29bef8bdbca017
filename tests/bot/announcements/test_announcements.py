"""Announcements, beyond the dialogues: how many in a day, and what a preview may tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces.announcements import DAY_SECONDS, MOST_PER_DAY
from tests.bot.dialogue import Stage


@pytest.fixture
async def stage() -> Stage:
    """Somerset, of Bob, over Arts, and over Hidden, for invited people only, with Herbs below that."""
    stage = Stage(["ada"])
    await stage.say("ada", "ecosystem create Somerset")
    await stage.say("ada", "network create Arts --under somerset")
    await stage.say("ada", "network create Hidden --under somerset --access invite")
    await stage.say("ada", "network create Herbs --under hidden-7f3a")
    await stage.say("ada", "coordinator add @bob:example.org --in somerset")
    for who, slug in (("mia", "arts"), ("mia", "herbs"), ("sam", "hidden-7f3a"), ("bob", "somerset")):
        await stage.joins(who, slug)
    return stage


async def test_a_network_announces_ten_things_a_day_and_no_more(stage: Stage) -> None:
    for n in range(MOST_PER_DAY):
        await stage.say("bob", f"announce somerset Thing {n}")
        await stage.say("bob", "yes")
    refused = await stage.say("bob", "announce somerset One more")
    assert refused == (
        "“Somerset” has announced 10 things within a day, and that is the most. Wait until tomorrow, or "
        "write in one of its groups."
    )
    kept = stage.work.announcements.kept
    first = next(iter(kept))
    kept[first] = replace(kept[first], made_at=kept[first].made_at - DAY_SECONDS)
    assert "Shall I?" in await stage.say("bob", "announce somerset One more")


async def test_the_numbers_are_the_same_whatever_is_hidden_and_it_is_posted_there_all_the_same(
    stage: Stage,
) -> None:
    said = await stage.say("bob", "announce somerset The fair --to descendants")
    assert "in the news of 2 networks, where it reaches 2 people" in said
    await stage.joins("ruth", "hidden-7f3a")
    await stage.joins("ruth", "herbs")
    assert await stage.say("bob", "announce somerset The fair --to descendants") == said
    await stage.say("bob", "yes")
    assert len(stage.work.announced) == 4
    assert "The fair" in await stage.say("sam", "announcements")


async def test_who_joins_while_it_is_shown_is_counted_before_it_is_posted(stage: Stage) -> None:
    await stage.say("bob", "announce somerset The fair --to descendants")
    await stage.joins("sam", "arts")
    again = await stage.say("bob", "yes")
    assert again.startswith("Meanwhile something has changed.")
    assert "reaches 3 people" in again
    assert stage.work.announced == []


async def test_a_text_that_is_too_long_or_for_a_network_without_news_is_refused(stage: Stage) -> None:
    refused = await stage.say("bob", f"announce somerset {'word ' * 400}")
    assert "an announcement 1,500 at most" in refused
    work = stage.work
    work.landscape = replace(
        work.landscape, groups={k: g for k, g in work.landscape.groups.items() if g.home.startswith("x")}
    )
    assert "“Somerset” has none." in await stage.say("bob", "announce somerset Hello --to descendants")
