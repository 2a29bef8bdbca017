"""What belongs into the news of a time, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from spaces.identifiers import NetworkId, UserId
from spaces.news import (
    AHEAD_SECONDS,
    DAY,
    SHOWN_SECONDS,
    News,
    OccasionTold,
    PlaceTold,
    Reach,
    Span,
    StoryTold,
    in_order,
    lately,
    with_the_front_first,
)

WEEK = Span(0.0, 7 * DAY, 7 * DAY + 3600)


def told(*stories: StoryTold, **more: Any) -> News:
    reach = Reach(UserId("@bot:hs.test"), "#own:hs.test")
    return News(NetworkId("n.a"), "N", "", "n", WEEK, reach, stories=stories, **more)


def test_a_time_holds_its_beginning_and_not_its_end() -> None:
    assert [WEEK.holds(at) for at in (-1.0, 0.0, 7 * DAY - 1, 7 * DAY)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("now", "begins", "ends", "is_told"),
    [
        (7 * DAY, 8 * DAY, None, True),
        (7 * DAY, 6 * DAY, None, False),  # it is over when the paper is printed
        (7 * DAY, 6 * DAY, 8 * DAY, True),  # it goes on
        (5 * DAY, 6 * DAY, None, True),  # the paper is printed before the week is over
        (60 * DAY, 8 * DAY, None, True),  # an old paper, printed again
        (-DAY, -DAY / 2, None, False),  # before the first day
        (7 * DAY, 7 * DAY + AHEAD_SECONDS, None, False),
    ],
)
def test_what_is_ahead_is_what_a_reader_could_still_go_to(
    now: float, begins: float, ends: float | None, is_told: bool
) -> None:
    assert Span(0.0, 7 * DAY, now).is_ahead(begins, ends) is is_told


def test_the_page_tells_of_four_weeks_and_of_this_second() -> None:
    span = lately(100 * DAY)
    assert span.holds(100 * DAY)
    assert span.holds(100 * DAY - SHOWN_SECONDS)
    assert not span.holds(100 * DAY - SHOWN_SECONDS - 1)


def test_the_newest_comes_first_and_what_is_next() -> None:
    stories = [StoryTold(f"{at}", "", "text", at=at) for at in (1.0, 3.0, 2.0)]
    occasions = tuple(OccasionTold(f"{at}", "", at) for at in (9.0, 8.0))
    places = tuple(PlaceTold(name, "", f"#{name}:hs.test") for name in ("b", "A", "own"))
    ordered = in_order(told(*stories, occasions=occasions, places=places))
    assert [one.at for one in ordered.stories] == [3.0, 2.0, 1.0]
    assert [one.begins_at for one in ordered.occasions] == [8.0, 9.0]
    assert [one.name for one in ordered.places] == ["own", "A", "b"]


def test_on_the_front_is_the_newest_story_with_a_headline() -> None:
    stories = [
        StoryTold("new", "", "t", at=3.0),
        StoryTold("mid", "Yes", "t", at=2.0),
        StoryTold("old", "", "t"),
    ]
    assert [one.key for one in with_the_front_first(told(*stories)).stories] == ["mid", "new", "old"]
    plain = (stories[0], stories[2])
    assert with_the_front_first(told(*plain)).stories == plain
