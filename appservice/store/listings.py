"""Organisations and services in tables; each change is in the index in the same commit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select

from appservice.store import directory, tables
from appservice.store.database import Connection, upsert
from spaces.directory import ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Contact, Listing, entry_of

c = tables.listings.c


async def keep(connection: Connection, listings: Iterable[Listing]) -> None:
    """Keep them as they are now, new or not."""
    kept = list(listings)
    await upsert(connection, tables.listings, [_row(listing) for listing in kept])
    await directory.put(connection, [entry_of(listing) for listing in kept])


async def forget(connection: Connection, listings: Iterable[Listing]) -> None:
    gone = list(listings)
    await connection.execute(delete(tables.listings).where(c.number.in_([one.number for one in gone])))
    await directory.put(connection, (), [(one.kind, str(one.number)) for one in gone])


async def numbered(connection: Connection, numbers: Collection[int]) -> list[Listing]:
    """Those of these numbers that there are."""
    query = select(tables.listings).where(c.number.in_(sorted(numbers)))
    return [_listing(row) for row in await connection.execute(query)]


async def of(connection: Connection, networks: Collection[NetworkId]) -> list[Listing]:
    """All of these networks, by kind (organisations first) and name."""
    query = select(tables.listings).where(c.network.in_(sorted(networks))).order_by(c.kind, c.name, c.number)
    return [_listing(row) for row in await connection.execute(query)]


async def from_source(connection: Connection, network: NetworkId, source: str) -> list[Listing]:
    """All of this network that were imported from there."""
    query = select(tables.listings).where(c.network == network, c.source == source)
    return [_listing(row) for row in await connection.execute(query)]


def _row(listing: Listing) -> dict[str, Any]:
    values = asdict(listing)
    contact = values.pop("contact")
    return {**values, **contact, "stewards": json.dumps(listing.stewards)}


def _listing(row: Any) -> Listing:
    values = dict(row._mapping)
    contact = Contact(values.pop("phone"), values.pop("email"), values.pop("web"))
    values["kind"], values["contact_for"] = ListingKind(values["kind"]), Seen(values["contact_for"])
    values["network"] = NetworkId(values["network"])
    values["stewards"] = tuple(UserId(user) for user in json.loads(values["stewards"]))
    return Listing(contact=contact, **values)
