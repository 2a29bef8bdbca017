"""A source of digests for tests: in each of the reader's networks something has happened today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appservice.work import UnitOfWork
from bot.digests.items import Item, Period, Reader, Section, Source
from bot.reply import PlaceLink


class Gazette:
    def __init__(self, work: UnitOfWork) -> None:
        self._networks = work.landscape.networks

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        found = (self._networks[network] for network in sorted(reader.networks))
        return [Item(Section.PLACES, one.id, (PlaceLink(one.name, one.id),)) for one in found]


def sources_of(work: UnitOfWork) -> Iterator[Source]:
    yield Gazette(work)
