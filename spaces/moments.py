"""When something begins and ends, as people say it: `2027-03-06 14:00`, `6 march 2pm`, `friday 19.30`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from spaces.days import end_of, is_day
from spaces.errors import Malformed
from spaces.identifiers import printable
from spaces.sentences import Sentence, sentence

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)\s*(?:h|uhr)?")
_HALVES = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?\s*([ap])\.?m\.?")
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_FILLERS = frozenset({"on", "at", "the", "from"})
_LONGEST_DAY, _LONGEST_TIME = 5, 2  # words
_LONGEST_SHOWN = 40
_LONGEST_NIGHT = timedelta(hours=12)
_LONGEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Named:
    """What was said before a day and an hour, and those: as they are there, without a zone."""

    name: str
    day: date
    time: time


def day_and_time(typed: str, zone: str, now: float, name: str = "") -> Named:
    """Read the day and the hour at the end of `typed`; what stands before them belongs to the `name`.

    Raises `Malformed` where there is no such day or hour, where the day is past, or far ahead.
    """
    words = typed.split()
    hour, words = _last_time(words)
    if hour is None:
        raise Malformed(_no_time(typed))
    words = _without_fillers(words)
    if not words:
        raise Malformed("Which day is it? Say it before the time, such as `friday 14:00` or `6 march 14:00`.")
    here, parts = _here(zone, now), range(min(len(words), _LONGEST_DAY), 0, -1)
    count = next((n for n in parts if is_day(" ".join(words[-n:]), here)), len(words))
    before = _without_fillers(words[: len(words) - count])
    day = day_of(" ".join(words[len(words) - count :]), zone, now)
    return Named(" ".join([name, *before]).strip(), day, hour)


def day_of(typed: str, zone: str, now: float) -> date:
    """The day that is meant, in that zone. Raises `Malformed` as `spaces.days` does."""
    return datetime.fromtimestamp(end_of(typed, _here(zone, now)) - 1, UTC).date()


def _here(zone: str, now: float) -> float:
    """Seconds since 1970 at which the clocks of UTC show what those of the zone show now."""
    return datetime.fromtimestamp(now, ZoneInfo(zone)).replace(tzinfo=UTC).timestamp()


def _without_fillers(words: list[str]) -> list[str]:
    while words and words[-1].casefold() in _FILLERS:
        words = words[:-1]
    return words


def time_of(typed: str) -> time:
    """The hour that is meant. Raises `Malformed` where it is none."""
    hour, rest = _last_time(typed.split())
    if hour is None or rest:
        raise Malformed(_no_time(typed))
    return hour


def instant(day: date, hour: time, zone: str) -> float:
    """Seconds since 1970; of an hour that comes twice the first. Raises `Malformed` where it never comes."""
    local = datetime.combine(day, hour, ZoneInfo(zone))
    seconds = local.timestamp()
    if datetime.fromtimestamp(seconds, ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Malformed(
            "There is no {time} on {day}: the clocks go forward then. Name another time.",
            time=f"{hour:%H:%M}",
            day=day.isoformat(),
        )
    return seconds


def end_after(typed: str, starts_at: float, zone: str, now: float) -> float:
    """When it ends: an hour of the same day or of the night that follows, or a day and an hour."""
    begins = datetime.fromtimestamp(starts_at, ZoneInfo(zone))
    hour, rest = _last_time(typed.split())
    if hour is not None and rest:
        named = day_and_time(typed, zone, now)
        ends_at = instant(named.day, named.time, zone)
        most = _LONGEST
    else:
        hour = time_of(typed)
        day = begins.date() + timedelta(days=int(hour <= begins.time()))
        ends_at, most = (
            instant(day, hour, zone),
            timedelta(days=1) if hour > begins.time() else _LONGEST_NIGHT,
        )
    if not 0 < ends_at - starts_at <= most.total_seconds():
        raise Malformed(
            "“{typed}” does not fit the beginning. Say an hour after it, or a day and an hour, such as "
            "`--until 16:00`; it may last {days} days at most.",
            typed=_shown(typed),
            days=_LONGEST.days,
        )
    return ends_at


def _last_time(words: list[str]) -> tuple[time | None, list[str]]:
    """The hour at the end, and the words before it."""
    for count in range(min(len(words), _LONGEST_TIME), 0, -1):
        found = _time(" ".join(words[-count:]).casefold())
        if found is not None:
            return found, words[:-count]
    return None, words


def _time(text: str) -> time | None:
    if text in _NAMED:
        return _NAMED[text]
    if found := _HALVES.fullmatch(text):
        return time(int(found[1]) % 12 + (12 if found[3] == "p" else 0), int(found[2] or 0))
    if found := _CLOCK.fullmatch(text):
        return time(int(found[1]), int(found[2]))
    return None


def _no_time(typed: str) -> Sentence:
    return sentence(
        "I see no time of the day at the end of “{typed}”. Say it like `14:00` or `2pm`, behind the day.",
        typed=_shown(typed),
    )


def _shown(typed: str) -> str:
    return printable(" ".join(typed.split()))[:_LONGEST_SHOWN]
