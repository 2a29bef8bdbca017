"""How near a network is to somebody: one of theirs, of the same ecosystem, or further away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum

from spaces.access import Sight
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape


class Near(IntEnum):
    OWN = 0
    ECOSYSTEM = 1
    WIDER = 2


class Nearness:
    """How near each network is to who has this sight; what they may not see joins nothing."""

    def __init__(self, landscape: Landscape, sight: Sight) -> None:
        self._landscape, self._sight = landscape, sight
        self._own = sight.member_of
        self._above = _reached(landscape.parents, self._own, sight)
        self._known: dict[NetworkId, bool] = {}

    def of(self, network: NetworkId | None) -> Near:
        if network is None:
            return Near.WIDER
        if network in self._own:
            return Near.OWN
        return Near.ECOSYSTEM if network in self._above or self._is_below(network) else Near.WIDER

    def _is_below(self, network: NetworkId) -> bool:
        """Whether it is below one of theirs, or below what is above theirs: looked for from below."""
        if network not in self._known:
            climbed = {network, *_reached(self._landscape.parents, [network], self._sight)}
            parents = {parent for one in climbed for parent in self._landscape.parents(one)}
            is_below = not parents.isdisjoint(self._own | self._above)
            self._known[network] = is_below and network in self._sight.finds
        return self._known[network]


def _reached(
    step: Callable[[NetworkId], Iterable[NetworkId]], starts: Iterable[NetworkId], sight: Sight
) -> frozenset[NetworkId]:
    """All that is reached from these by way of what they may see, and no more."""
    reached: set[NetworkId] = set()
    queue = list(starts)
    while queue:
        fresh = [n for n in step(queue.pop()) if n in sight.finds and n not in reached]
        reached.update(fresh)
        queue += fresh
    return frozenset(reached)
