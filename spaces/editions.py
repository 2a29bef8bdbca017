"""When an edition of a digest is due: every day or every week, at an hour of the reader's own clock.

Times are seconds since 1970. Two editions that follow each other join: what the one tells of ends where
the next begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from spaces.errors import Malformed
from spaces.identifiers import printable


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class Weekday(StrEnum):
    """A day of the week by its first three letters, or by more of them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """Monday is 0, as in `date.weekday`."""
        return list(Weekday).index(self)

    @classmethod
    def _missing_(cls, value: object) -> Weekday | None:
        typed = str(value).casefold()
        return next((day for day, name in zip(cls, _DAYS, strict=True) if _is_begun(typed, name)), None)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.ASCII)
_MORNING = 8 * 60


def _is_begun(typed: str, name: str) -> bool:
    return len(typed) > 3 and name.startswith(typed)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`minute` is that of the day, from 0 to 1439. `weekday` counts where it is weekly."""

    cadence: Cadence = Cadence.WEEKLY
    minute: int = _MORNING
    weekday: Weekday = Weekday.MON

    def falls_on(self, day: date) -> bool:
        return self.cadence is Cadence.DAILY or day.weekday() == self.weekday.number

    @property
    def clock(self) -> str:
        """`08:00`"""
        return f"{self.minute // 60:02}:{self.minute % 60:02}"

    @property
    def words(self) -> str:
        """As it is typed: `weekly mon 08:00`."""
        day = f" {self.weekday}" if self.cadence is Cadence.WEEKLY else ""
        return f"{self.cadence}{day} {self.clock}"


# -- the clock ----------------------------------------------------------------------------------------


def next_after(schedule: Schedule, zone: tzinfo, now: float) -> float:
    """The first time after `now` at which an edition is due.

    An hour that a change of the clock leaves out is the first moment after the gap; one that is there twice
    is the first of the two.
    """
    return next(moment for moment in _moments(schedule, zone, now, range(-2, 10)) if moment > now)


def last_until(schedule: Schedule, zone: tzinfo, now: float) -> float:
    """The last time at which an edition was due, `now` included."""
    return next(moment for moment in _moments(schedule, zone, now, range(2, -10, -1)) if moment <= now)


def _moments(schedule: Schedule, zone: tzinfo, now: float, days: range) -> Iterator[float]:
    today = datetime.fromtimestamp(now, zone).date()
    for day in (today + timedelta(days=number) for number in days):
        if schedule.falls_on(day):
            yield _moment(day, schedule.minute, zone)


def _moment(day: date, minute: int, zone: tzinfo) -> float:
    """When the clocks of the zone show that minute of that day."""
    shown = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    found = shown.timestamp()
    if datetime.fromtimestamp(found, zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return found
    return _first_after(shown.replace(fold=1).timestamp(), found, zone)


def _first_after(before: float, after: float, zone: tzinfo) -> float:
    """The second at which the clocks are changed, between these two."""
    changed = datetime.fromtimestamp(after, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == changed:
            after = middle
        else:
            before = middle
    return after


def day_of(moment: float, zone: tzinfo) -> date:
    """The day that it is there."""
    return datetime.fromtimestamp(moment, zone).date()


def as_of_utc(day: date) -> float:
    """When that day begins, by UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


# -- who gets it --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscription:
    """Editions for `whose`: a person by their Matrix ID, or a network by its id, in its `news`.

    `next_at` is when the next one is due, None while there are none. What happened before `last_at` has been
    told.
    """

    whose: str
    schedule: Schedule
    next_at: float | None
    last_at: float


def subscribed(
    whose: str, schedule: Schedule, before: Subscription | None, zone: tzinfo, now: float
) -> Subscription:
    """Editions by that schedule from now on.

    What was told already is not told again. The first one tells of a whole period; one that goes on, of
    what the last one had not.
    """
    begins = last_until(schedule, zone, now)
    if before is not None:
        begins = before.last_at if before.next_at is not None else max(begins, before.last_at)
    return Subscription(whose, schedule, next_after(schedule, zone, now), begins)


def ended(subscription: Subscription) -> Subscription:
    return replace(subscription, next_at=None)


def due_until(subscription: Subscription, zone: tzinfo, now: float) -> float:
    """Up to when an edition that is due tells: what came due meanwhile comes with it."""
    due = now if subscription.next_at is None else subscription.next_at
    return max(due, last_until(subscription.schedule, zone, now))


def gone_on(subscription: Subscription, zone: tzinfo, now: float) -> Subscription:
    """The same once the edition that is due is made."""
    until = due_until(subscription, zone, now)
    return replace(
        subscription, next_at=next_after(subscription.schedule, zone, max(now, until)), last_at=until
    )


# -- as it is typed -----------------------------------------------------------------------------------


def minute_of(typed: str) -> int:
    """The minute of the day that is typed: `08:00`, `8`, `8.30`, `8pm`. Raises `Malformed`."""
    found = _TIME.fullmatch(" ".join(typed.casefold().split()))
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if found and found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise Malformed(
            "“{typed}” is not a time of the day. One looks like `08:00` or `17:30`.",
            typed=printable(typed)[:40],
        )
    return hour * 60 + minute


def schedule_of(cadence: Cadence, typed: str) -> Schedule:
    """The schedule whose day and time are typed, in any order: `mon 08:00`. Raises `Malformed`."""
    schedule = Schedule(cadence)
    for word in typed.split():
        if word[0].isdigit():
            schedule = replace(schedule, minute=minute_of(word))
        elif cadence is Cadence.WEEKLY:
            schedule = replace(schedule, weekday=weekday_of(word))
        else:
            raise Malformed("A daily digest comes on every day: leave out “{day}”.", day=printable(word)[:40])
    return schedule


def weekday_of(typed: str) -> Weekday:
    try:
        return Weekday(typed.casefold())
    except ValueError:
        raise Malformed(
            "“{typed}” is not a day of the week. One looks like `mon` or `friday`.",
            typed=printable(typed)[:40],
        ) from None
