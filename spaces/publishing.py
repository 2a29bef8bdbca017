"""In which of Matrix's room directories a public place stands: one for each ecosystem (PRODUCT: public)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Network, Status


def published_under(landscape: Landscape, place: Network | Group) -> frozenset[NetworkId]:
    """The ecosystems in whose room directories a place stands: the topmost public networks above it.

    What is below several stands in each, and a public network below no other is one itself. Nothing is
    published under what is not public, whose name would be told to everyone. A kit is found by its network.
    """
    if place.access is not Access.PUBLIC or landscape.status_of(place.id) is not Status.ACTIVE:
        return frozenset()
    if isinstance(place, Network):
        return _topmost_public(landscape, [place.id])
    listing = () if place.is_kit else (place.home, *landscape.shares_of(place.id))
    return _topmost_public(landscape, [n for n in listing if _is_public(landscape, n)])


def room_directories(landscape: Landscape) -> Mapping[NetworkId, str]:
    """The ecosystems that everyone is told of, by name: those in whose directories something stands."""
    places: list[Network | Group] = [*landscape.networks.values(), *landscape.groups.values()]
    found = {top for place in places for top in published_under(landscape, place)}
    names = {top: landscape.networks[top].name for top in found}
    return dict(sorted(names.items(), key=lambda named: (named[1].casefold(), named[0])))


def _topmost_public(landscape: Landscape, networks: Sequence[NetworkId]) -> frozenset[NetworkId]:
    """Those of `networks`, and of the public ones above them, that have no public parent."""
    tops: set[NetworkId] = set()
    seen, queue = set(networks), list(networks)
    while queue:
        network = queue.pop()
        above = [parent for parent in landscape.parents(network) if _is_public(landscape, parent)]
        if not above:
            tops.add(network)
        queue += [parent for parent in above if parent not in seen]
        seen.update(above)
    return frozenset(tops)


def _is_public(landscape: Landscape, network: NetworkId) -> bool:
    return landscape.networks[network].access is Access.PUBLIC
