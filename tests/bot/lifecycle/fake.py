"""What archiving, restoring and releasing need, in memory: rooms are there at once and have no state."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.reply import Document
from spaces.identifiers import PlaceId
from spaces.lifecycle import RoomKept, Snapshot, without
from spaces.network import Status
from spaces.reconcile import FoundRoom


class FakeLifecycle:
    """Implements `bot.lifecycle.ports.Lifecycle` over a `FakeWork`."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def rooms(self, places: Collection[PlaceId]) -> Mapping[PlaceId, FoundRoom]:
        made = (p for p in places if self._work.landscape.status_of(p) is not Status.PROPOSED)
        return {place: FoundRoom("12") for place in made}

    async def unmade(self, places: Collection[PlaceId]) -> tuple[PlaceId, ...]:
        return ()

    async def keep(self, place: PlaceId, kept: Snapshot) -> None:
        self._work.snapshots[place] = kept

    async def kept(self, place: PlaceId) -> Snapshot | None:
        found: Snapshot | None = self._work.snapshots.get(place)
        return found

    async def drop(self, place: PlaceId) -> None:
        self._work.snapshots.pop(place, None)

    async def bring_back_levels(self, kept: Mapping[PlaceId, RoomKept]) -> None: ...

    async def bring_back_aliases(self, kept: Mapping[PlaceId, RoomKept]) -> None: ...

    async def announce(self, place: PlaceId, message: Document, *, said: str) -> None:
        self._work.announced.append((place, message))

    async def hand_over(self, places: Collection[PlaceId]) -> None:
        self._work.landscape = without(self._work.landscape, next(iter(places)))
