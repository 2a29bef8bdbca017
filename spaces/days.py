"""Days as people name them: `2027-03-06`, `tomorrow`, `friday`, `6 march`, `7d`, `2w`. Days are of UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from spaces.errors import Malformed
from spaces.identifiers import printable

FURTHEST_DAYS = 366
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_AHEAD = re.compile(r"(\d{1,3})\s*(d|days?|w|weeks?)")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([a-z]+)\.?,?(?:\s+(\d{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?")


def end_of(typed: str, now: float) -> float:
    """When the day that is named ends, in seconds since 1970, as `now` is.

    Raises `Malformed` where it is no day, or past, or more than a year ahead.
    """
    today = datetime.fromtimestamp(now, UTC).date()
    shown = printable(" ".join(typed.split()))[:40]
    day = _day(" ".join(typed.casefold().split()), today)
    if day is None:
        raise Malformed(
            "“{typed}” is not a day that I can read. Say it like `2027-03-06`, `6 march`, `friday`, "
            "`tomorrow`, `7d` or `2w`.",
            typed=shown,
        )
    if day < today:
        raise Malformed("“{typed}” is past. Name today or a day to come.", typed=shown)
    if (day - today).days > FURTHEST_DAYS:
        raise Malformed("“{typed}” is more than a year ahead. Name a day within a year.", typed=shown)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight + timedelta(days=1)).timestamp()


def is_day(typed: str, now: float) -> bool:
    """Whether `end_of` reads a day there, be it past or far ahead."""
    today = datetime.fromtimestamp(now, UTC).date()
    return _day(" ".join(typed.casefold().split()), today) is not None


def _day(text: str, today: date) -> date | None:
    if text in ("today", "tomorrow"):
        return today + timedelta(days=int(text == "tomorrow"))
    if found := _AHEAD.fullmatch(text):
        return today + timedelta(days=int(found[1]) * (7 if found[2][0] == "w" else 1))
    if (weekday := _named(text.removeprefix("next "), _WEEKDAYS)) is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if found := _ISO.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(text):
        return _in_month(found[2], int(found[1]), found[3], today)
    if found := _MONTH_FIRST.fullmatch(text):
        return _in_month(found[1], int(found[2]), found[3], today)
    return None


def _in_month(month: str, day: int, year: str | None, today: date) -> date | None:
    """Without a year, the first such day to come; a 29 February may be some years away."""
    number = _named(month, _MONTHS)
    if number is None:
        return None
    years = [int(year)] if year else range(today.year, today.year + 9)
    found = (_date(one, number + 1, day) for one in years)
    return next((one for one in found if one is not None and (year or one >= today)), None)


def _named(text: str, names: tuple[str, ...]) -> int | None:
    """Which of the names it is, whole or by three letters or more of its beginning."""
    found = [n for n, name in enumerate(names) if len(text) >= 3 and name.startswith(text)]
    return found[0] if len(found) == 1 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
