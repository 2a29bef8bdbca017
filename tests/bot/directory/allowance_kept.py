"""What one person may look up, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from spaces.identifiers import UserId


@dataclass
class AllowanceKept:
    """Implements `bot.directory.ports.Allowance`; the finds are those of one minute."""

    finds_per_minute: int = 30
    people_per_day: int = 200
    finds: Counter[UserId] = field(default_factory=Counter)
    shown: dict[tuple[UserId, str], float] = field(default_factory=dict)

    def take_find(self, person: UserId, now: float) -> bool:
        self.finds[person] += 1
        return self.finds[person] <= self.finds_per_minute

    async def people_shown(self, person: UserId, since: float) -> Mapping[str, float]:
        return {shown: at for (who, shown), at in self.shown.items() if who == person and at > since}

    async def note_shown(self, person: UserId, people: Collection[str], now: float) -> None:
        self.shown |= {(person, shown): now for shown in people}
