"""What making a room anew needs from outside."""

from __future__ import annotations

from typing import Protocol

from spaces.identifiers import PlaceId, UserId


class Upgrades(Protocol):
    """Part of a unit of work."""

    @property
    def usual_version(self) -> str:
        """The room version of new rooms."""

    async def version_of(self, place: PlaceId) -> str | None:
        """The version of the place's room; None while it has none, or it is not closed as it should be."""

    async def is_under_way(self, place: PlaceId) -> bool:
        """Whether another room is just taking the place of its room."""

    async def may_renew(self, place: PlaceId) -> bool:
        """Whether the bot has the power for it in the place's room."""

    async def renew(self, place: PlaceId, version: str, by: UserId) -> None:
        """Make the room anew: the new one takes the place of the old one, whose people are invited."""
