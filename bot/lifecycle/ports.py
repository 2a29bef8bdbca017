"""What archiving, restoring and releasing need from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from bot.reply import Document
from spaces.identifiers import PlaceId
from spaces.lifecycle import RoomKept, Snapshot
from spaces.reconcile import FoundRoom


class Lifecycle(Protocol):
    """Part of a unit of work."""

    async def rooms(self, places: Collection[PlaceId]) -> Mapping[PlaceId, FoundRoom]:
        """The rooms of `places` as they will be once all that waits is done."""

    async def unmade(self, places: Collection[PlaceId]) -> tuple[PlaceId, ...]:
        """Those whose rooms are still being made, or are not closed as they should be."""

    async def keep(self, place: PlaceId, kept: Snapshot) -> None:
        """Remember what held of `place` when it was archived."""

    async def kept(self, place: PlaceId) -> Snapshot | None: ...

    async def drop(self, place: PlaceId) -> None:
        """Forget what was remembered of it."""

    async def bring_back_levels(self, kept: Mapping[PlaceId, RoomKept]) -> None:
        """People have in these rooms what they had; to be called before the change that wakes them."""

    async def bring_back_aliases(self, kept: Mapping[PlaceId, RoomKept]) -> None:
        """Former aliases lead to these rooms again; to be called after the change that wakes them."""

    async def announce(self, place: PlaceId, message: Document, *, said: str) -> None:
        """Say something in the place's room, once per `said`, after what this work changes there."""

    async def hand_over(self, places: Collection[PlaceId]) -> None:
        """Give the rooms of `places`, which are released together, to their coordinators, and leave them."""
