"""The networks that somebody may see, laid out as lines of a tree. Pure.

A network with several visible parents stands under each; what is below it is shown the first time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice

from bot.networks.rules import Named, named
from spaces.access import Sights, Standing, may_see
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.network import Access, Kind, Status

MOST_LINES = 200
"""So that no answer is too large to be kept; it is shown page by page (`bot/paging.py`)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One line. `more` networks right below it are not shown; of one shown before nothing is repeated."""

    depth: int
    network: Named
    kind: Kind
    access: Access
    more: int = 0
    again: bool = False


def leaves(landscape: Landscape, standing: Standing, top: NetworkId | None) -> tuple[tuple[Leaf, ...], int]:
    """The lines below `top`, or of everything without one, and how many at the first level are left out.

    The levels fill up from above until there are `MOST_LINES`; then each is put where it belongs.
    """
    seen = _All(landscape) if standing.is_admin else _Seen(landscape, standing)
    first = seen.below(top, MOST_LINES)
    shown = _chosen(first, seen)
    lines: list[Leaf] = []
    done: set[NetworkId] = set()

    to_come = [(network, 0) for network in reversed(first)]
    while to_come:
        network, depth = to_come.pop()
        leaf, children = _leaf(landscape, standing, network, depth), seen.how_many_below(network)
        if network in done:
            lines.append(replace(leaf, again=children > 0))
            continue
        done.add(network)
        kept = shown.get(network, ())
        lines.append(replace(leaf, more=children - len(kept)))
        to_come += [(child, depth + 1) for child in reversed(kept)]
    return tuple(lines), seen.how_many_below(top) - len(first)


def _chosen(first: Sequence[NetworkId], seen: _Seen) -> dict[NetworkId, Sequence[NetworkId]]:
    """What is right below each network, as far as it finds room, level by level."""
    shown: dict[NetworkId, Sequence[NetworkId]] = {}
    level, reached = list(first), set(first)
    room = MOST_LINES - len(level)
    while level and room > 0:
        steps: dict[NetworkId, None] = {}
        for network in level:
            shown[network] = seen.below(network, room)
            room -= len(shown[network])
            steps |= dict.fromkeys(shown[network])
        level = [child for child in steps if child not in reached]
        reached.update(level)
    return shown


class _Seen:
    """The networks that somebody sees below each, by name, and those at the top: as many as are asked for.

    They are those that everybody finds, which the landscape keeps in order, and those that are seen besides.
    """

    def __init__(self, landscape: Landscape, standing: Standing) -> None:
        self._landscape = landscape
        besides = [NetworkId(p) for p in Sights(landscape).besides(standing) if p.is_network]
        self._besides = {n for n in besides if landscape.networks[n].status is Status.ACTIVE}
        self._besides_below: defaultdict[NetworkId | None, list[tuple[str, NetworkId]]] = defaultdict(list)
        for network in self._besides:
            above: list[NetworkId | None] = [p for p in landscape.parents(network) if self._is_seen(p)]
            for parent in above or [None]:
                self._besides_below[parent].append((landscape.networks[network].name.casefold(), network))
        children = {child for network in self._besides for child in landscape.children(network)}
        self._no_tops = {child for child in children if self._would_be_top(child)}

    def below(self, network: NetworkId | None, most: int) -> tuple[NetworkId, ...]:
        """So many of those right below it, or of those at the top."""
        merged = merge(self._everybodys(network), sorted(self._besides_below.get(network, ())))
        seen = (n for _, n in merged if network is not None or n not in self._no_tops)
        return tuple(islice(seen, max(most, 0)))

    def how_many_below(self, network: NetworkId | None) -> int:
        many = len(self._everybodys(network)) + len(self._besides_below.get(network, ()))
        return many if network is not None else many - len(self._no_tops)

    def _everybodys(self, network: NetworkId | None) -> Sequence[tuple[str, NetworkId]]:
        land = self._landscape
        return land.tops(open_ones=True) if network is None else land.standing_below(network, open_ones=True)

    def _is_seen(self, network: NetworkId) -> bool:
        return network in self._besides or self._landscape.networks[network].is_everybodys

    def _would_be_top(self, network: NetworkId) -> bool:
        """Whether everybody finds it, and nothing above it."""
        networks, above = self._landscape.networks, self._landscape.parents(network)
        return networks[network].is_everybodys and not any(networks[p].is_everybodys for p in above)


class _All(_Seen):
    """All networks, which an admin sees."""

    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape

    def below(self, network: NetworkId | None, most: int) -> tuple[NetworkId, ...]:
        return tuple(n for _, n in self._all(network)[: max(most, 0)])

    def how_many_below(self, network: NetworkId | None) -> int:
        return len(self._all(network))

    def _all(self, network: NetworkId | None) -> Sequence[tuple[str, NetworkId]]:
        return self._landscape.tops() if network is None else self._landscape.standing_below(network)


def _seen_above(landscape: Landscape, standing: Standing, network: NetworkId) -> list[NetworkId]:
    return [p for p in landscape.parents(network) if may_see(landscape, standing, p)]


def _leaf(landscape: Landscape, standing: Standing, network: NetworkId, depth: int) -> Leaf:
    found = landscape.networks[network]
    several = len(_seen_above(landscape, standing, network)) > 1
    kind = Kind.BRIDGE if several else found.kind
    return Leaf(depth, named(landscape, network), kind, found.access)
