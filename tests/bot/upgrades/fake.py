"""What making rooms anew needs, in memory: every room is of version 12 until it is made anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spaces.identifiers import PlaceId, UserId

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class FakeUpgrades:
    """Implements `bot.upgrades.ports.Upgrades`."""

    work: FakeWork
    usual_version: str = "12"
    versions: dict[PlaceId, str | None] = field(default_factory=dict)
    under_way: set[PlaceId] = field(default_factory=set)
    not_ours: set[PlaceId] = field(default_factory=set)
    renewed: list[tuple[PlaceId, str, UserId]] = field(default_factory=list)

    async def version_of(self, place: PlaceId) -> str | None:
        return self.versions.get(place, "12")

    async def is_under_way(self, place: PlaceId) -> bool:
        return place in self.under_way

    async def may_renew(self, place: PlaceId) -> bool:
        return place not in self.not_ours

    async def renew(self, place: PlaceId, version: str, by: UserId) -> None:
        self.versions[place] = version
        self.renewed.append((place, version, by))
