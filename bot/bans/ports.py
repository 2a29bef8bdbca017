"""What the commands that ban people need from outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from spaces.identifiers import PlaceId, UserId


class Present(Protocol):
    """Who is where."""

    @property
    def protected(self) -> Collection[UserId]:
        """The bot and the admins, whom nobody bans."""

    async def fitting(self, rule: str) -> Sequence[tuple[PlaceId, UserId]]:
        """Everyone whom the rule means, with each place that they are in or invited to."""
