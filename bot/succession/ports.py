"""What the commands of succession need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from bot.reply import Document
from spaces.identifiers import NetworkId, UserId


class Nominations(Protocol):
    """Who has spoken for whom, in networks that nobody looks after."""

    async def voices(self, network: NetworkId) -> Mapping[UserId, Collection[UserId]]:
        """Each nominee, with those who have spoken for them."""

    async def is_silent(self, network: NetworkId) -> bool:
        """Whether its members were told that those who look after it have not been heard of for long."""

    async def unattended_since(self, network: NetworkId) -> float | None:
        """When it lost its last coordinator, or its members were told of the silence; None: not known."""

    async def came_at(self, network: NetworkId, user: UserId) -> float | None:
        """When `user` came into the network, in seconds since 1970; None: not known, and long ago."""

    async def speak(self, network: NetworkId, nominee: UserId, by: UserId) -> None:
        """Keep `by`'s word for `nominee`; said twice it counts once."""

    async def announce(self, network: NetworkId, message: Document, *, said: str) -> None:
        """Say it in the network's `welcome`, or in another room where its members are; once per `said`."""
