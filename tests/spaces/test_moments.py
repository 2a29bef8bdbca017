"""When something is, as people say it: read from the end, in a zone, and never where the clocks skip."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.errors import Malformed
from spaces.moments import day_and_time, day_of, end_after, instant, time_of
from spaces.occasions import reminder_of

LONDON = "Europe/London"
NOW = datetime(2027, 2, 1, 12, tzinfo=UTC).timestamp()


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("typed", "name", "day", "hour"),
    [
        ("2027-03-06 14:00", "", date(2027, 3, 6), time(14)),
        ("6 march 2pm", "", date(2027, 3, 6), time(14)),
        ("6th of march 2027 14.30", "", date(2027, 3, 6), time(14, 30)),
        ("on Friday at 7:30 pm", "", date(2027, 2, 5), time(19, 30)),
        ("Film night friday noon", "Film night", date(2027, 2, 5), time(12)),
        ("Film night, on the 6 march at 12am", "Film night,", date(2027, 3, 6), time(0)),
        ("Catch 22 7d 22:00", "Catch 22", date(2027, 2, 8), time(22)),
        ("tomorrow midnight", "", date(2027, 2, 2), time(0)),
    ],
)
def test_the_day_and_the_hour_are_read_from_the_end(typed: str, name: str, day: date, hour: time) -> None:
    found = day_and_time(typed, LONDON, NOW)
    assert (found.name, found.day, found.time) == (name, day, hour)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2027-03-06", "no time of the day"),
        ("14:00", "Which day"),
        ("someday 14:00", "is not a day"),
        ("2027-01-31 14:00", "is past"),
        ("2029-01-31 14:00", "more than a year ahead"),
        ("6 march 25:00", "no time of the day"),
        ("6 march 13pm", "no time of the day"),
        ("", "no time of the day"),
    ],
)
def test_what_is_no_day_with_an_hour_is_refused_with_its_reason(typed: str, words: str) -> None:
    with pytest.raises(Malformed) as refusal:
        day_and_time(typed, LONDON, NOW)
    assert words in refusal.value.sentence


def test_a_day_is_that_of_the_zone_and_not_of_utc() -> None:
    late = at(2027, 2, 1, 23, 30)
    assert day_of("today", "Asia/Kathmandu", late) == date(2027, 2, 2)
    assert day_of("today", LONDON, late) == date(2027, 2, 1)
    assert day_of("today", "America/New_York", at(2027, 2, 2, 3)) == date(2027, 2, 1)


def test_an_hour_is_the_same_by_the_clock_in_summer_and_in_winter() -> None:
    assert instant(date(2027, 3, 6), time(14), LONDON) == at(2027, 3, 6, 14)
    assert instant(date(2027, 7, 6), time(14), LONDON) == at(2027, 7, 6, 13)
    assert instant(date(2027, 3, 6), time(14), "Asia/Kathmandu") == at(2027, 3, 6, 8, 15)


def test_an_hour_that_the_clocks_skip_is_refused_and_one_that_comes_twice_is_the_first() -> None:
    with pytest.raises(Malformed) as refusal:
        instant(date(2027, 3, 28), time(1, 30), LONDON)
    assert "There is no 01:30 on 2027-03-28" in refusal.value.sentence
    assert instant(date(2027, 3, 28), time(2), LONDON) == at(2027, 3, 28, 1)
    assert instant(date(2027, 10, 31), time(1, 30), LONDON) == at(2027, 10, 31, 0, 30)


def test_an_end_is_of_the_same_day_the_night_after_or_a_day_of_its_own() -> None:
    begins = at(2027, 3, 5, 22)
    assert end_after("23:30", begins, LONDON, NOW) == at(2027, 3, 5, 23, 30)
    assert end_after("1am", begins, LONDON, NOW) == at(2027, 3, 6, 1)
    assert end_after("7 march 16:00", begins, LONDON, NOW) == at(2027, 3, 7, 16)


@pytest.mark.parametrize("typed", ["21:00", "4 march 16:00", "30 march 16:00", "late"])
def test_an_end_before_the_beginning_or_long_after_it_is_refused(typed: str) -> None:
    with pytest.raises(Malformed):
        end_after(typed, at(2027, 3, 5, 22), LONDON, NOW)


def test_an_hour_alone_is_nothing_else() -> None:
    assert time_of("2:15pm") == time(14, 15)
    with pytest.raises(Malformed):
        time_of("friday 14:00")


# -- reminders ----------------------------------------------------------------------------------------


def test_the_reminder_comes_at_the_same_hour_of_the_day_before() -> None:
    assert reminder_of(at(2027, 3, 6, 14), LONDON, NOW) == at(2027, 3, 5, 14)
    assert reminder_of(at(2027, 3, 28, 13), LONDON, NOW) == at(2027, 3, 27, 14), (
        "14:00, whatever the clocks do"
    )


@pytest.mark.parametrize("hour", [22, 23, 0, 6, 7])
def test_of_what_begins_late_or_early_one_is_reminded_in_the_evening_before(hour: int) -> None:
    assert reminder_of(at(2027, 3, 6, hour, 30), LONDON, NOW) == at(2027, 3, 5, 18)


def test_of_what_is_near_already_nobody_is_reminded() -> None:
    assert reminder_of(at(2027, 2, 2, 12), LONDON, NOW) is None
    assert reminder_of(at(2027, 2, 2, 13), LONDON, NOW) == at(2027, 2, 1, 13)


@given(
    st.integers(int(at(2027, 2, 3)), int(at(2028, 2, 1))),
    st.sampled_from([LONDON, "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]),
)
def test_a_reminder_is_never_in_the_night_and_between_four_and_thirty_hours_before(
    starts_at: int, zone: str
) -> None:
    remind_at = reminder_of(starts_at, zone, NOW)
    assert remind_at is not None
    assert 5.5 * 3600 < starts_at - remind_at < 31 * 3600
    assert 8 <= datetime.fromtimestamp(remind_at, ZoneInfo(zone)).hour < 22
