"""Organisations and services in memory, as `bot.listings.ports.Listings` has them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from spaces.identifiers import NetworkId, UserId
from spaces.listings import Listing, entry_of
from tests.bot.directory.fake import FakeDirectory


class ListingsKept:
    def __init__(self, index: FakeDirectory, number: Callable[[], int]) -> None:
        self._index = index
        self._number = number
        self.kept: dict[int, Listing] = {}
        self.questions: dict[tuple[int, UserId], float] = {}

    def _all(self) -> list[Listing]:
        return sorted(self.kept.values(), key=lambda one: (one.kind, one.name, one.number))

    async def free_number(self) -> int:
        return self._number()

    async def numbered(self, number: int) -> Listing | None:
        return self.kept.get(number)

    async def those_numbered(self, numbers: Collection[int]) -> Sequence[Listing]:
        return [self.kept[number] for number in numbers if number in self.kept]

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Listing]:
        return [one for one in self._all() if one.network in networks]

    async def services_of(self, organisation: int) -> Sequence[Listing]:
        return [one for one in self._all() if one.by == organisation]

    async def stewarded_by(self, user: UserId) -> Sequence[Listing]:
        return [one for one in self._all() if user in one.stewards]

    async def keep(self, listings: Iterable[Listing]) -> None:
        kept = list(listings)
        self.kept |= {one.number: one for one in kept}
        await self._index.put([entry_of(one) for one in kept])

    async def forget(self, listings: Iterable[Listing]) -> None:
        gone = {one.number: one for one in listings}
        left = [one for one in self.kept.values() if one.number not in gone]
        self.kept = {one.number: replace(one, by=None) if one.by in gone else one for one in left}
        await self._index.put((), [(one.kind, str(one.number)) for one in gone.values()])

    async def unasked(self, *, before: float) -> Sequence[Listing]:
        return [o for o in self._all() if o.confirmed_at <= before and o.asked_at is None and not o.stale]

    async def unanswered(self, *, before: float) -> Sequence[Listing]:
        return [o for o in self._all() if o.asked_at is not None and o.asked_at <= before and not o.stale]

    async def note_asked(
        self, listings: Collection[Listing], asked: Mapping[UserId, Collection[Listing]], at: float
    ) -> None:
        self.kept |= {one.number: replace(one, asked_at=at) for one in listings}
        self.questions |= {(one.number, user): at for user, theirs in asked.items() for one in theirs}

    async def asked_of(self, user: UserId) -> Sequence[Listing]:
        questions = ((self.kept.get(n), at) for (n, who), at in self.questions.items() if who == user)
        found = [(at, one) for one, at in questions if one is not None and one.asked_at == at]
        return [one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].number))]
