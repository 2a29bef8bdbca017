"""Events in memory, as `bot.calendar.ports.Calendar` has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.reply import Document
from spaces.access import Standing
from spaces.identifiers import NetworkId, UserId
from spaces.occasions import Occasion, Yes, by_date, coming, news_of
from spaces.zones import zone_in

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class CalendarKept:
    work: FakeWork
    occasions: dict[int, Occasion] = field(default_factory=dict)
    answers: dict[int, list[Yes]] = field(default_factory=dict)
    posted: list[tuple[int, Document]] = field(default_factory=list)
    addresses: dict[UserId, int] = field(default_factory=dict)
    served: str = ""

    def zone_of(self, network: NetworkId) -> str:
        return zone_in(self.work.landscape, network) or "Europe/London"

    async def free_number(self) -> int:
        return self.work.ids.listing_number()

    async def keep(self, occasion: Occasion) -> None:
        self.occasions[occasion.number] = occasion

    async def numbered(self, number: int) -> Occasion | None:
        return self.occasions.get(number)

    async def ahead(self, networks: Collection[NetworkId], now: float) -> Sequence[Occasion]:
        there = (one for one in self.occasions.values() if one.network in networks)
        return by_date(one for one in there if one.stands and one.over_at > now)

    async def to_remind_of(self, now: float) -> Sequence[Occasion]:
        due = (one for one in self.occasions.values() if one.remind_at is not None and one.remind_at <= now)
        return [one for one in due if one.is_ahead(now)]

    async def coming(self, occasion: Occasion) -> Sequence[UserId]:
        answers = self.answers.get(occasion.number, [])
        standings = {one.person: self._standing(one.person) for one in answers}
        return coming(self.work.landscape, occasion.network, answers, standings)

    def _standing(self, user: UserId) -> Standing:
        there = (place for (place, who), how in self.work.memberships.items() if (who, how) == (user, "join"))
        return Standing(user, joined=frozenset(there))

    async def say_yes(self, occasion: Occasion, user: UserId) -> None:
        self.answers.setdefault(occasion.number, []).append(Yes(user))

    async def say_no(self, occasion: Occasion, user: UserId) -> None:
        kept = self.answers.get(occasion.number, [])
        self.answers[occasion.number] = [one for one in kept if one.person != user]

    async def post(self, occasion: Occasion, message: Document) -> bool:
        if news_of(self.work.landscape, occasion.network) is None:
            return False
        self.posted.append((occasion.number, message))
        return True

    async def address(self, user: UserId, *, new: bool) -> str | None:
        if not self.served:
            return None
        if new or user not in self.addresses:
            self.addresses[user] = self.addresses.get(user, 0) + 1
        return f"{self.served}/calendar/{user.localpart}{self.addresses[user]}.ics"

    def address_of(self, network: NetworkId) -> str | None:
        return (
            f"{self.served}/calendar/{self.work.landscape.networks[network].slug}.ics"
            if self.served
            else None
        )
