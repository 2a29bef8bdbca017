"""When editions are due: over a year in one-hour steps, at changes of the clock, on a leap day."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine

from spaces import changes
from spaces.editions import (
    Cadence,
    Schedule,
    Subscription,
    Weekday,
    due_until,
    ended,
    gone_on,
    last_until,
    minute_of,
    next_after,
    schedule_of,
    subscribed,
    weekday_of,
)
from spaces.errors import Malformed
from spaces.landscape import Landscape
from spaces.zones import zone_called, zone_in, zones_like
from tests.bot.fake_work import CountedIds

HOUR, DAY = 3_600.0, 86_400.0
ZONES = (
    *("Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata"),
    *("America/Santiago", "UTC"),
)
DAILY, WEEKLY = Schedule(Cadence.DAILY), Schedule()


def at(zone: str, year: int, month: int, day: int, hour: int, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


def shown(zone: str, moment: float) -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def editions(zone: str, schedule: Schedule, begins: float, days: int) -> list[Subscription]:
    """What is made while somebody looks at the clock once an hour, each as it was when it was due."""
    clock = ZoneInfo(zone)
    standing, made = subscribed("@a:b", schedule, None, clock, begins), []
    with time_machine.travel(begins, tick=False) as travelling:
        for _ in range(days * 24):
            travelling.shift(HOUR)
            now = time.time()
            if standing.next_at is not None and standing.next_at <= now:
                made.append(standing)
                standing = gone_on(standing, clock, now)
    return made


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2027, 2028])
def test_a_year_has_fifty_two_weekly_editions_that_join(zone: str, year: int) -> None:
    begins = at("UTC", year, 1, 6, 9, 20)
    made = editions(zone, WEEKLY, begins, 364)
    assert len(made) == 52
    assert all(before.next_at == after.last_at for before, after in pairwise(made))
    assert {shown(zone, one.next_at or 0)[11:] for one in made} == {"08:00"}
    assert {datetime.fromtimestamp(one.next_at or 0, ZoneInfo(zone)).weekday() for one in made} == {0}
    assert made[0].last_at == last_until(WEEKLY, ZoneInfo(zone), begins)


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_a_leap_year_has_an_edition_on_each_of_its_days(zone: str) -> None:
    made = editions(zone, Schedule(Cadence.DAILY, 90), at("UTC", 2027, 12, 31, 16), 366)
    days = [shown(zone, one.next_at or 0)[:10] for one in made]
    assert len(days) == len(set(days)) == 366
    assert "2028-02-29" in days


def test_an_hour_that_does_not_exist_is_the_first_moment_after_the_gap() -> None:
    half_past_one = Schedule(Cadence.DAILY, 90)
    due = next_after(half_past_one, ZoneInfo("Europe/London"), at("Europe/London", 2027, 3, 27, 12))
    assert due == at("UTC", 2027, 3, 28, 1)
    assert shown("Europe/London", due) == "2027-03-28 02:00"
    quarter_past_two = Schedule(Cadence.DAILY, 135)
    zone = "Australia/Lord_Howe"  # half an hour, from 02:00 to 02:30
    due = next_after(quarter_past_two, ZoneInfo(zone), at(zone, 2027, 10, 2, 12))
    assert shown(zone, due) == "2027-10-03 02:30"


def test_an_hour_that_is_there_twice_is_the_first_of_the_two() -> None:
    half_past_one, london = Schedule(Cadence.DAILY, 90), ZoneInfo("Europe/London")
    first = next_after(half_past_one, london, at("Europe/London", 2027, 10, 30, 12))
    assert first == at("UTC", 2027, 10, 31, 0, 30)
    for later in (first, first + HOUR / 2, first + HOUR):
        assert shown("Europe/London", next_after(half_past_one, london, later)) == "2027-11-01 01:30"


def test_a_day_that_a_zone_leaves_out_has_its_edition_when_it_would_be_over() -> None:
    zone = "Pacific/Apia"  # there was no 30 December 2011
    moment, found = at(zone, 2011, 12, 29, 9), []
    for _ in range(2):
        moment = next_after(DAILY, ZoneInfo(zone), moment)
        found.append(shown(zone, moment))
    assert found == ["2011-12-31 00:00", "2011-12-31 08:00"]


def test_a_zone_without_whole_hours() -> None:
    due = next_after(DAILY, ZoneInfo("Asia/Kathmandu"), at("UTC", 2027, 6, 1, 0))
    assert datetime.fromtimestamp(due, UTC).strftime("%H:%M") == "02:15"


@pytest.mark.parametrize("days", [1, 3])
def test_a75_after_an_outage_there_is_one_edition_of_all_that_time(days: int) -> None:
    london, monday = ZoneInfo("Europe/London"), at("Europe/London", 2027, 3, 22, 8)
    late = monday + days * DAY + 600
    before = Subscription("@a:b", DAILY, monday, monday - DAY)
    assert due_until(before, london, late) == monday + days * DAY
    after = gone_on(before, london, late)
    assert after == Subscription("@a:b", DAILY, monday + (days + 1) * DAY, monday + days * DAY)


def test_a75_a_clock_that_is_set_back_makes_nothing_due_again() -> None:
    london, monday = ZoneInfo("Europe/London"), at("Europe/London", 2027, 6, 7, 8)
    after = gone_on(Subscription("@a:b", DAILY, monday, monday - DAY), london, monday)
    assert after.next_at is not None
    assert after.next_at > monday
    again = subscribed("@a:b", DAILY, after, london, monday - HOUR)
    assert (again.next_at, again.last_at) == (monday, monday)  # and nothing is told twice


def test_who_begins_again_is_told_nothing_twice_and_nothing_of_long_ago() -> None:
    london, monday = ZoneInfo("Europe/London"), at("Europe/London", 2027, 6, 7, 8)
    had = ended(Subscription("@a:b", WEEKLY, monday + 7 * DAY, monday))
    assert subscribed("@a:b", WEEKLY, had, london, monday + DAY).last_at == monday
    assert subscribed("@a:b", DAILY, had, london, monday + 9 * DAY + HOUR).last_at == monday + 9 * DAY
    on = Subscription("@a:b", WEEKLY, monday + 7 * DAY, monday)
    assert subscribed("@a:b", DAILY, on, london, monday + 3 * DAY).last_at == monday


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("08:00", 480), ("8", 480), ("8.30", 510), ("8pm", 1200), ("12 am", 0), ("12pm", 720), ("23:59", 1439)],
)
def test_times_as_people_type_them(typed: str, minute: int) -> None:
    assert minute_of(typed) == minute


@pytest.mark.parametrize("typed", ["24:00", "8:60", "noon", "", "13pm", "0am", "-1", "٣"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="is not a time of the day"):
        minute_of(typed)


def test_a_schedule_as_it_is_typed() -> None:
    assert schedule_of(Cadence.WEEKLY, "fri 17:30") == Schedule(Cadence.WEEKLY, 1050, Weekday.FRI)
    assert schedule_of(Cadence.WEEKLY, "9 Tuesday").words == "weekly tue 09:00"
    assert schedule_of(Cadence.DAILY, "") == DAILY
    assert weekday_of("Thurs") is Weekday.THU
    with pytest.raises(Malformed, match="leave out “mon”"):
        schedule_of(Cadence.DAILY, "mon 08:00")
    with pytest.raises(Malformed, match="“t” is not a day of the week"):
        schedule_of(Cadence.WEEKLY, "t 08:00")


def test_a_zone_by_its_name_or_its_city() -> None:
    assert zone_called("europe/london") == "Europe/London"
    assert zone_called("America/New york") == "America/New_York"
    assert zone_called("../../etc/passwd") is None
    assert zones_like("london") == ["Europe/London"]


def test_a_network_without_a_zone_has_that_of_the_nearest_above() -> None:
    land, ids = Landscape(), CountedIds()
    land, top = changes.create_network(land, ids, name="Top")
    land, middle = changes.create_network(land, ids, name="Middle", under=(top,), agreed=(top,))
    land, low = changes.create_network(land, ids, name="Low", under=(middle,), agreed=(middle,))
    assert zone_in(land, low) == ""
    land = changes.describe(land, ids, top, timezone="Asia/Kathmandu")
    assert zone_in(land, low) == "Asia/Kathmandu"
    land = changes.describe(land, ids, middle, timezone="Europe/Dublin")
    assert (zone_in(land, low), zone_in(land, top)) == ("Europe/Dublin", "Asia/Kathmandu")
