"""What digests tell of what is near: new networks and groups, offers and wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appservice.directory import entries_of
from appservice.store import arrivals, market
from bot.digests.items import Item, Period, Reader
from bot.digests.places import Fresh, new_places
from bot.digests.postings import ending_postings, last_call, new_postings
from spaces.identifiers import UserId
from spaces.market import Posting

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


class PlacesSource:
    """Networks and groups that came in the period. What came is looked up once for all readers of it."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._fresh: dict[Period, Sequence[Fresh]] = {}

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        if period not in self._fresh:
            self._fresh[period] = await self._came(period)
        return new_places(self._work.landscape, reader, self._fresh[period])

    async def _came(self, period: Period) -> Sequence[Fresh]:
        found = await arrivals.between(self._work.connection, period.start, period.end)
        landscape = self._work.landscape
        entries = {entry.place: entry for entry in entries_of(landscape, [one.place for one in found])}
        return [Fresh(entries[one.place], one.place, one.by) for one in found if one.place in entries]


class MarketSource:
    """Offers and wants that were made in the period, and those of the reader's own that are about to end.

    What was made, and what ends, is looked up once for all readers of the period.
    """

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._made: dict[Period, Sequence[Posting]] = {}
        self._ending: dict[Period, dict[UserId, list[Posting]]] = {}

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        if period not in self._made:
            await self._look(period)
        landscape = self._work.landscape
        fresh = new_postings(landscape, reader, self._made[period])
        if reader.user is None:
            return fresh
        ending = self._ending[period].get(reader.user, ())
        return [*ending_postings(landscape, reader.user, reader, ending, period), *fresh]

    async def _look(self, period: Period) -> None:
        connection, now = self._work.connection, self._work.now
        self._made[period] = await market.made_between(connection, period.start, period.end, now)
        theirs = self._ending.setdefault(period, {})
        for one in await market.ending_between(connection, now, now + last_call(period)):
            theirs.setdefault(one.owner, []).append(one)
