"""Nominations in memory (`bot.succession.ports`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.reply import Document
from spaces.identifiers import NetworkId, UserId
from tests.bot.log_kept import NOON

_NOW = NOON - 43_200.0


@dataclass
class Nominated:
    spoken: dict[tuple[NetworkId, UserId], list[UserId]] = field(default_factory=dict)
    announced: list[tuple[NetworkId, Document]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    silent: set[NetworkId] = field(default_factory=set)
    were_there: dict[NetworkId, frozenset[UserId]] = field(default_factory=dict)
    """Who was in each network when nobody looked after it any more."""

    async def voices(self, network: NetworkId) -> Mapping[UserId, Collection[UserId]]:
        return {nominee: by for (where, nominee), by in self.spoken.items() if where == network}

    async def is_silent(self, network: NetworkId) -> bool:
        return network in self.silent

    async def unattended_since(self, network: NetworkId) -> float | None:
        return _NOW - 1.0 if network in self.were_there else None

    async def came_at(self, network: NetworkId, user: UserId) -> float | None:
        return None if user in self.were_there.get(network, {user}) else _NOW

    async def speak(self, network: NetworkId, nominee: UserId, by: UserId) -> None:
        voices = self.spoken.setdefault((network, nominee), [])
        if by not in voices:
            voices.append(by)

    async def announce(self, network: NetworkId, message: Document, *, said: str) -> None:
        if said not in self.said:
            self.said.add(said)
            self.announced.append((network, message))
