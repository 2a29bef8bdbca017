"""Days as people name them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from spaces.days import end_of
from spaces.errors import Malformed

NOW = datetime(2030, 5, 1, 15, 30, tzinfo=UTC)  # a Wednesday


def day(typed: str, now: datetime = NOW) -> date:
    """The last day that is meant: what is named ends with it."""
    end = datetime.fromtimestamp(end_of(typed, now.timestamp()), UTC)
    assert (end.hour, end.minute, end.second) == (0, 0, 0)
    return (end - timedelta(days=1)).date()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2030-05-01", date(2030, 5, 1)),
        ("2031-03-06", date(2031, 3, 6)),
        ("today", date(2030, 5, 1)),
        (" Tomorrow ", date(2030, 5, 2)),
        ("friday", date(2030, 5, 3)),
        ("FRI", date(2030, 5, 3)),
        ("next friday", date(2030, 5, 3)),
        ("wednesday", date(2030, 5, 8)),
        ("6 march", date(2031, 3, 6)),
        ("6th of March", date(2031, 3, 6)),
        ("May 6", date(2030, 5, 6)),
        ("6 sept 2030", date(2030, 9, 6)),
        ("1 may", date(2030, 5, 1)),
        ("30 april", date(2031, 4, 30)),
        ("7d", date(2030, 5, 8)),
        ("2 weeks", date(2030, 5, 15)),
        ("366d", date(2031, 5, 2)),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, meant: date) -> None:
    assert day(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "31 june", "2030-02-30", "ma 6", "6 ju", "t", "7 months", "2030-5", "6", "6.5.2030"],
)
def test_what_is_no_day_is_told_so(typed: str) -> None:
    with pytest.raises(Malformed, match="is not a day that I can read"):
        end_of(typed, NOW.timestamp())


@pytest.mark.parametrize("typed", ["2030-04-30", "30 april 2030", "1 may 1990"])
def test_a_day_gone_by_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="is past"):
        end_of(typed, NOW.timestamp())


@pytest.mark.parametrize("typed", ["2031-05-03", "367d", "60 weeks", "9999-12-31", "29 february"])
def test_more_than_a_year_ahead_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="more than a year ahead"):
        end_of(typed, NOW.timestamp())
