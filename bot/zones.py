"""Time zones as people type them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.suggestions import close_to, did_you_mean
from spaces.errors import Unknown
from spaces.identifiers import printable
from spaces.zones import zone_called, zone_names, zones_like

_MOST_GUESSES = 3


def known_zone(typed: str) -> str:
    """The name of the zone that is typed. Raises `Unknown`, with those that may be meant."""
    name = zone_called(typed)
    if name is None:
        raise Unknown(
            "I know no time zone called “{typed}”.{guess} They have names such as `Europe/London`.",
            typed=printable(" ".join(typed.split()))[:40],
            guess=did_you_mean(_guesses(typed)),
        )
    return name


def _guesses(typed: str) -> Sequence[str]:
    """Those of a city of that name, else what looks like it."""
    if found := zones_like(typed) or close_to(typed, zone_names()):
        return found[:_MOST_GUESSES]
    cities = {name.rpartition("/")[2].replace("_", " "): name for name in zone_names()}
    return [cities[city] for city in close_to(typed, list(cities), 1)]
