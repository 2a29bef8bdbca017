"""Which networks and groups somebody may have meant, where no place has the name that they typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from rapidfuzz.utils import default_process

from bot.audience import audience_of
from bot.command import Call
from bot.suggestions import close_to
from spaces.access import Standing, may_see
from spaces.identifiers import PlaceId
from spaces.landscape import Landscape
from spaces.network import Status
from spaces.unseen import Kind

_MOST = 2


async def short_names_like(typed: str, kind: Kind, call: Call) -> list[str]:
    """The short names of places called or written much like `typed`, the closest first.

    They are of what everyone who hears the answer may see: what is hidden from them changes nothing.
    """
    landscape, audience = call.landscape, await audience_of(call)
    names = _names(landscape, "group" if kind == "any" and "/" in typed else kind)
    found: dict[str, None] = {}
    for name in close_to(typed, sorted(names), len(names)):
        found |= dict.fromkeys(sorted(_seen(landscape, audience, names[name])))
        if len(found) >= _MOST:
            break
    return list(found)[:_MOST]


def _names(landscape: Landscape, kind: Kind) -> Mapping[str, list[PlaceId]]:
    """Places by name and by short name, in small letters and without signs: mostly the two are one then."""
    names: defaultdict[str, list[PlaceId]] = defaultdict(list)
    for network in landscape.networks.values() if kind != "group" else ():
        for name in {default_process(network.name), default_process(network.slug)}:
            names[name].append(network.id)
    for group in landscape.groups.values() if kind != "network" else ():
        names[default_process(f"{landscape.networks[group.home].slug}/{group.slug}")].append(group.id)
        if not group.is_kit:  # those have the same name everywhere
            names[default_process(group.name)].append(group.id)
    return names


def _seen(landscape: Landscape, audience: Standing, places: list[PlaceId]) -> Iterator[str]:
    for place in places:
        if landscape.status_of(place) is not Status.ARCHIVED and may_see(landscape, audience, place):
            yield landscape.slug_of(place)
