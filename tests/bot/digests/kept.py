"""Digests in memory, as `bot.digests.ports.Digests` has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.digests.items import Source
from spaces.editions import Subscription
from spaces.identifiers import NetworkId, UserId
from spaces.zones import DEFAULT, zone_in

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class DigestsKept:
    work: FakeWork
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    off: set[tuple[UserId, NetworkId]] = field(default_factory=set)
    zones: dict[UserId, str] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    async def zone_of(self, user: UserId) -> str:
        landscape, joined = self.work.landscape, (await self.work.standing_of(user)).joined
        theirs = {zone_in(landscape, landscape.network_at(place)) for place in joined} - {""}
        return self.zones.get(user) or (theirs.pop() if len(theirs) == 1 else DEFAULT)

    async def set_zone(self, user: UserId, zone: str) -> None:
        self.zones[user] = zone

    def zone_in(self, network: NetworkId) -> str:
        return zone_in(self.work.landscape, network) or DEFAULT

    async def subscription(self, whose: str) -> Subscription | None:
        return self.subscriptions.get(whose)

    async def keep(self, subscription: Subscription) -> None:
        self.subscriptions[subscription.whose] = subscription

    async def turned_off(self, user: UserId) -> frozenset[NetworkId]:
        return frozenset(network for who, network in self.off if who == user)

    async def turn(self, user: UserId, network: NetworkId, *, on: bool) -> None:
        (self.off.discard if on else self.off.add)((user, network))
