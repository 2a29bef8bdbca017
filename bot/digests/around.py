"""What is near a reader: one of the networks whose news they get, or one of the same ecosystem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.digests.items import Reader
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.nearness import Near, Nearness

MOST = 20
"""So many new places, and so many offers and wants, stand in one edition at most; `find` shows all."""


class Nearby:
    """How near networks are to a reader; what they may not find is not near.

    What they have turned off is theirs as little as if they were no member, and brings nothing near.
    """

    def __init__(self, landscape: Landscape, reader: Reader) -> None:
        self._news_of = reader.networks
        self._turned_off = reader.sight.member_of - reader.networks
        self._nearness = reader.nearness
        if self._turned_off:
            theirs = replace(reader.sight, member_of=reader.sight.member_of & reader.networks)
            self._nearness = Nearness(landscape, theirs)

    def of(self, network: NetworkId) -> Near:
        if network in self._news_of:
            return Near.OWN
        return Near.WIDER if network in self._turned_off else self._nearness.of(network)

    def nearest(self, networks: Iterable[NetworkId]) -> Near:
        """How near the nearest of these is."""
        return min(map(self.of, networks), default=Near.WIDER)
