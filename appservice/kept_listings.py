"""Organisations and services for the conversation, within one unit of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from appservice.store import listings
from appservice.store.database import Connection
from appservice.store.numbers import free_numbers
from appservice.surroundings import RandomIds
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Listing


class KeptListings:
    """Implements `bot.listings.ports.Listings`."""

    def __init__(self, connection: Connection, ids: RandomIds) -> None:
        self._connection = connection
        self._ids = ids

    async def free_number(self) -> int:
        [number] = await free_numbers(self._connection, self._ids.listing_number)
        return number

    async def numbered(self, number: int) -> Listing | None:
        found = await listings.numbered(self._connection, [number])
        return found[0] if found else None

    async def those_numbered(self, numbers: Collection[int]) -> Sequence[Listing]:
        return await listings.numbered(self._connection, numbers)

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Listing]:
        return await listings.of(self._connection, networks)

    async def services_of(self, organisation: int) -> Sequence[Listing]:
        return await listings.services_of(self._connection, organisation)

    async def stewarded_by(self, user: UserId) -> Sequence[Listing]:
        return await listings.stewarded_by(self._connection, user)

    async def keep(self, kept: Iterable[Listing]) -> None:
        await listings.keep(self._connection, kept)

    async def forget(self, gone: Iterable[Listing]) -> None:
        await listings.forget(self._connection, gone)

    async def unasked(self, *, before: float) -> Sequence[Listing]:
        return await listings.unasked(self._connection, before=before)

    async def unanswered(self, *, before: float) -> Sequence[Listing]:
        return await listings.unanswered(self._connection, before=before)

    async def note_asked(
        self, about: Collection[Listing], asked: Mapping[UserId, Collection[Listing]], at: float
    ) -> None:
        await listings.note_asked(self._connection, about, asked, at)

    async def asked_of(self, user: UserId) -> Sequence[Listing]:
        return await listings.asked_of(self._connection, user)
