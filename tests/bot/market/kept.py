"""Offers, wants and asks in memory, as `bot.market.ports.Market` has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.reply import Document
from spaces.access import Standing
from spaces.identifiers import NetworkId, UserId
from spaces.market import Ask, Posting, State, entry_of, has_left

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class MarketKept:
    work: FakeWork
    postings: dict[int, Posting] = field(default_factory=dict)
    asks: dict[int, Ask] = field(default_factory=dict)
    together: list[tuple[UserId, UserId, Document]] = field(default_factory=list)

    async def free_number(self) -> int:
        return self.work.ids.listing_number()

    async def keep(self, posting: Posting) -> None:
        self.postings[posting.number] = posting
        is_open = posting.state is State.OPEN
        gone = [] if is_open else [(posting.kind, str(posting.number))]
        await self.work.directory.put([entry_of(posting)] if is_open else [], gone)

    async def numbered(self, numbers: Collection[int]) -> Sequence[Posting]:
        return [one for one in self.postings.values() if one.number in numbers]

    async def of(self, owner: UserId) -> Sequence[Posting]:
        return [one for one in self.postings.values() if one.owner == owner]

    async def to_remind_of(self, now: float) -> Sequence[Posting]:
        due = (one for one in self.postings.values() if one.remind_at is not None and one.remind_at <= now)
        return [one for one in due if one.stands(now)]

    async def left(self, owner: UserId | None = None) -> Sequence[Posting]:
        found = [
            one for one in self.postings.values() if one.state is State.OPEN and owner in (None, one.owner)
        ]
        return [one for one in found if has_left(self.work.landscape, self._standing(one.owner), one.network)]

    def _standing(self, user: UserId) -> Standing:
        there = (place for (place, who), how in self.work.memberships.items() if (who, how) == (user, "join"))
        return Standing(user, joined=frozenset(there))

    async def keep_ask(self, ask: Ask) -> None:
        self.asks[ask.number] = ask

    async def ask_numbered(self, number: int) -> Ask | None:
        return self.asks.get(number)

    async def asks_by(self, asker: UserId) -> Sequence[Ask]:
        return [one for one in self.asks.values() if one.asker == asker]

    async def asks_about(self, postings: Collection[int]) -> Sequence[Ask]:
        return [one for one in self.asks.values() if one.posting in postings]

    async def bring_together(self, ask: Ask, posting: Posting, about: Document) -> None:
        self.together.append((posting.owner, ask.asker, about))

    async def note(self, what: str, network: NetworkId) -> None:
        audit, spoke = self.work.audit, self.work.audit.who
        audit.who = "hedgerow"
        audit.keep(self.work.landscape, what, network, (), None)
        audit.who = spoke
