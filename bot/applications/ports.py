"""Where applications are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from spaces.applications import Application
from spaces.identifiers import PlaceId, UserId


class Applications(Protocol):
    """All applications, as they stand with what this unit of work has changed."""

    async def file(self, application: Application) -> Application:
        """Keep a new one; the same with its number."""

    async def change(self, before: Application, after: Application) -> bool:
        """Put `after` in place of `before`; False, and nothing is done, if somebody else was faster."""

    async def of_number(self, number: int) -> Application | None: ...

    async def newest(self, person: UserId, place: PlaceId) -> Application | None:
        """Their newest one there, however it ended."""

    async def live_of(self, person: UserId) -> Sequence[Application]:
        """What they have begun to ask for or wait for, oldest first."""

    async def is_asking(self, person: UserId) -> bool:
        """Whether questions were put to them that they have not all answered."""

    async def live(self) -> Sequence[Application]:
        """Every one that is being asked or waits, oldest first."""

    async def open_at(self, places: Collection[PlaceId]) -> Sequence[Application]:
        """What waits for a yes or no at these, oldest first."""

    async def count_since(self, place: PlaceId, since: float) -> int:
        """How many there have been at `place` since that time."""
