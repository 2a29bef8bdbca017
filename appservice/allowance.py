"""How much of the directory one person may look up: finds are counted in memory, people in the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from appservice.budget import Budget
from appservice.store import allowance
from appservice.store.database import Connection
from bot.directory.limits import DAY_SECONDS
from spaces.identifiers import UserId

_MINUTE_SECONDS = 60.0
_PEOPLE_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator decides."""

    finds_per_minute: int = 30
    people_per_day: int = 200


class FindsCounted:
    """What was looked for within the last minute, by all."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.budget = Budget(limits.finds_per_minute, _MINUTE_SECONDS, keys=_PEOPLE_KEPT)


class Allowance:
    """Implements `bot.directory.ports.Allowance` within one unit of work."""

    def __init__(self, connection: Connection, counted: FindsCounted) -> None:
        self._connection = connection
        self._counted = counted

    @property
    def finds_per_minute(self) -> int:
        return self._counted.limits.finds_per_minute

    @property
    def people_per_day(self) -> int:
        return self._counted.limits.people_per_day

    def take_find(self, person: UserId, now: float) -> bool:
        return self._counted.budget.take(person, now)

    async def people_shown(self, person: UserId, since: float) -> Mapping[str, float]:
        return await allowance.shown_to(self._connection, person, since)

    async def note_shown(self, person: UserId, people: Collection[str], now: float) -> None:
        """What is more than a day old is forgotten."""
        await allowance.forget(self._connection, before=now - DAY_SECONDS)
        await allowance.note(self._connection, person, people, now)
