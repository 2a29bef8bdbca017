"""What the commands of digests need from outside; `appservice/digests.py` provides it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bot.digests.items import Source
from spaces.editions import Subscription
from spaces.identifiers import NetworkId, UserId


class Digests(Protocol):
    """Who gets a digest when, and by which clock, as one unit of work sees and changes it."""

    @property
    def sources(self) -> Iterable[Source]:
        """What editions are made of, in the order in which they are asked."""

    async def zone_of(self, user: UserId) -> str:
        """The name of their time zone: their own, else that of their networks if they agree, else the
        server's."""

    async def set_zone(self, user: UserId, zone: str) -> None: ...

    def zone_in(self, network: NetworkId) -> str:
        """The name of a network's time zone: its own, else that of the nearest above, else the server's."""

    async def subscription(self, whose: UserId | NetworkId) -> Subscription | None:
        """The person's, or that of the network; None where there never was one."""

    async def keep(self, subscription: Subscription) -> None: ...

    async def turned_off(self, user: UserId) -> frozenset[NetworkId]:
        """The networks whose news they do not want."""

    async def turn(self, user: UserId, network: NetworkId, *, on: bool) -> None: ...
