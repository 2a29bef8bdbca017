"""Time zones by their names (IANA), and which one holds for a network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from spaces.hierarchy import own_or_above
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape

DEFAULT = "Europe/London"
_NOWHERE = "Factory"


@cache
def zone_names() -> tuple[str, ...]:
    """All that there are, in alphabetical order, from the list in `tzdata`: to look into each takes 0.3 s."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return tuple(sorted(name for name in listed if name != _NOWHERE))


@cache
def _by_folded() -> Mapping[str, str]:
    return {_folded(name): name for name in zone_names()}


def _folded(typed: str) -> str:
    return "_".join(typed.split()).casefold()


def zone_called(typed: str) -> str | None:
    """The name of the zone that is typed, in whatever case; None where there is none."""
    return _by_folded().get(_folded(typed))


def zones_like(typed: str) -> list[str]:
    """The zones of the city that is typed, such as Europe/London for “London”."""
    city = f"/{_folded(typed)}"
    return [name for folded, name in _by_folded().items() if folded.endswith(city)]


def zone(name: str) -> tzinfo:
    """The rules of a zone; of one that there is no more, those of `DEFAULT`."""
    return ZoneInfo(zone_called(name) or DEFAULT)


def zone_in(landscape: Landscape, network: NetworkId | None) -> str:
    """The zone of a network: its own, else that of the nearest one above on the canonical way; or nothing."""
    return own_or_above(landscape, network, lambda found: found.timezone)
