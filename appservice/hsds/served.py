"""What everyone may see of the directory, read from the store for the API and for files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from appservice.hsds.records import Records
from appservice.store import directory, listings, shared_listings
from appservice.store.database import Connection, Database
from appservice.store.landscape import LandscapeStore
from appservice.store.shared_listings import Chosen
from bot.audience import ONLOOKER
from bot.directory.ports import Match, Term
from bot.directory.words import STOP_WORDS, stem, words_of
from spaces.access import Sight, Sights, Standing, networks_found
from spaces.directory import ListingKind
from spaces.hsds import Record
from spaces.identifiers import NetworkId
from spaces.listings import Listing
from spaces.open_referral import is_uuid, moment, number_of

_MOST_FOUND = 1_000
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """Which listings: `skip` and `most` of those of a kind, and only some of them, where more is said.

    `search`: all of these words are in it. `since`: it was last said to hold at that time or later, in
    seconds since 1970. `organisation`: the id of the one whose services they are.
    """

    kind: ListingKind
    skip: int = 0
    most: int = 50
    search: str = ""
    since: float | None = None
    organisation: str = ""


class EveryonesDirectory:
    """Implements `appservice.hsds.api.Directory`; `server` is the homeserver's name."""

    def __init__(self, database: Database, server: str) -> None:
        self._database = database
        self._server = server
        self._landscapes = LandscapeStore()

    async def page(self, asked: Asked) -> tuple[list[Record], int]:
        """The records in brief, and how many there are on all pages."""
        async with self._reading() as shelf:
            chosen = await shelf.chosen(asked)
            total = await shared_listings.how_many(shelf.connection, chosen)
            found = await shared_listings.page(shelf.connection, chosen, skip=asked.skip, most=asked.most)
            records = await shelf.records(found)
            return [_marked(listing, records.brief(listing)) for listing in found], total

    async def one(self, kind: ListingKind, its_id: str) -> Record | None:
        """With all that is in it; None: nobody may know of it, or there is none."""
        async with self._reading() as shelf:
            listing = await shelf.under_id(kind, its_id)
            return None if listing is None else _marked(listing, await shelf.whole(listing))

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Shelf]:
        async with self._database.reading() as connection:
            landscape = await self._landscapes.load(connection)
            sight = Sights(landscape).of(Standing(ONLOOKER))
            yield Shelf(connection, self._server, sight, networks_found(landscape, sight))


@dataclass(frozen=True)
class Shelf:
    """The listings of all `networks` that `sight` finds."""

    connection: Connection
    server: str
    sight: Sight
    networks: frozenset[NetworkId]

    async def chosen(self, asked: Asked) -> Chosen:
        chosen = Chosen(asked.kind, self.networks, since=asked.since)
        if asked.organisation:
            organisation = await self.under_id(ListingKind.ORGANISATION, asked.organisation)
            chosen = replace(chosen, by=0 if organisation is None else organisation.number)
        return replace(chosen, numbers=await self._with(asked)) if asked.search else chosen

    async def _with(self, asked: Asked) -> frozenset[int]:
        """The numbers of what has these words, by the index of the directory."""
        words = words_of(asked.search)
        telling = [word for word in words if word not in STOP_WORDS] or words
        terms = tuple(Term(tuple(dict.fromkeys((stem(word), word)))) for word in telling[:_MOST_WORDS])
        if not terms:
            return frozenset()
        match = Match(terms, kinds=frozenset({asked.kind}))
        found = await directory.candidates(self.connection, match, self.sight, _MOST_FOUND, 0.0)
        return frozenset(int(one.entry.key) for one in found)

    async def under_id(self, kind: ListingKind, its_id: str) -> Listing | None:
        if not is_uuid(its_id):
            return None
        chosen = Chosen(kind, self.networks)
        if (number := number_of(self.server, its_id)) is not None:
            mine = replace(chosen, numbers=frozenset({number}))
            found = await shared_listings.page(self.connection, mine, skip=0, most=1)
            return next((one for one in found if not is_uuid(one.source_id)), None)
        return await shared_listings.under_id(self.connection, chosen, its_id)

    async def records(self, shown: Iterable[Listing]) -> Records:
        return await records_for(self.connection, self.server, shown, self.networks, self.sight)

    async def whole(self, listing: Listing) -> Record:
        record = (await self.records([listing])).whole(listing)
        if listing.kind is ListingKind.ORGANISATION:
            chosen = Chosen(ListingKind.SERVICE, self.networks, by=listing.number)
            services = await shared_listings.page(self.connection, chosen, skip=0, most=_MOST_FOUND)
            alone = Records(self.server, {}, self.sight)
            told = [_marked(one, alone.whole(one)) for one in services]
            record |= {"services": told} if told else {}
        return record


def _marked(listing: Listing, record: Record) -> Record:
    """With a word about it where nobody has said for long that it still holds, unless its source has one."""
    if not listing.stale or record.get("alert"):
        return record
    return {**record, "alert": f"Not confirmed since {moment(listing.confirmed_at)[:10]}."}


async def records_for(
    connection: Connection,
    server: str,
    shown: Iterable[Listing],
    networks: Collection[NetworkId],
    sight: Sight | None,
) -> Records:
    """How these go out to who sees what belongs to these networks."""
    numbers = {one.by for one in shown if one.by is not None}
    found = [one for start in _parts(sorted(numbers)) for one in await listings.numbered(connection, start)]
    return Records(server, {one.number: one for one in found if one.network in networks}, sight)


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + 1_000] for start in range(0, len(numbers), 1_000))
