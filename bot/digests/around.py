"""What is near a reader: one of the networks whose news they get, or one of the same ecosystem."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.digests.items import Reader
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.nearness import Near, Nearness

MOST = 50
"""So many new places, and so many offers and wants, stand in one edition at most; `find` shows all."""

Nearby = Callable[[Iterable[NetworkId]], Near]


def nearby(landscape: Landscape, reader: Reader) -> Nearby:
    """How near the nearest of several networks is to the reader; what they may not find is not near.

    What they have turned off is theirs as little as if they were no member, and brings nothing near.
    """
    sight, nearness = reader.sight, reader.nearness
    if turned_off := sight.member_of - reader.networks:
        nearness = Nearness(landscape, replace(sight, member_of=sight.member_of - turned_off))

    def of(networks: Iterable[NetworkId]) -> Near:
        kept = [network for network in networks if network not in turned_off]
        if any(network in reader.networks for network in kept):
            return Near.OWN
        return min(map(nearness.of, kept), default=Near.WIDER)

    return of
