"""How near a network is to somebody: one of theirs, of the same ecosystem, or further away."""

from __future__ import annotations

from enum import IntEnum

from spaces.access import Sight
from spaces.hierarchy import ancestors, descendants
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape


class Near(IntEnum):
    OWN = 0
    ECOSYSTEM = 1
    WIDER = 2


class Nearness:
    """How near each network is to who has this sight; what they may not see joins nothing."""

    def __init__(self, landscape: Landscape, sight: Sight) -> None:
        self._own = sight.member_of
        above = {a for network in self._own for a in ancestors(landscape, network)} & sight.finds
        self._around = above.union(*(descendants(landscape, NetworkId(network)) for network in above))

    def of(self, network: NetworkId | None) -> Near:
        if network in self._own:
            return Near.OWN
        return Near.ECOSYSTEM if network in self._around else Near.WIDER
