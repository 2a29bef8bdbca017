"""Organisations and services in tables; each change is in the index in the same commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select

from appservice.store import directory, tables
from appservice.store.database import Connection, upsert
from spaces.directory import ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Contact, Listing, entry_of

c = tables.listings.c
_NUMBERED = (c.number,)
"""Whatever has a number of those that `free_numbers` gives."""
_FEWEST_DIGITS, _DRAWS = 5, 20


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


async def free_numbers(connection: Connection, draw: Callable[[int], int], how_many: int = 1) -> list[int]:
    """Numbers that nothing has yet, each other than the others. `draw` gives one of so many digits.

    Where nearly all of these are taken they get a digit more.
    """
    found: dict[int, None] = {}
    digits, in_vain = _FEWEST_DIGITS, 0
    while len(found) < how_many:
        drawn = {draw(digits) for _ in range(how_many - len(found))} - found.keys()
        fresh = drawn - await _taken(connection, drawn)
        found |= dict.fromkeys(sorted(fresh))
        in_vain = 0 if fresh else in_vain + 1
        if in_vain == _DRAWS:
            digits, in_vain = digits + 1, 0
    return list(found)


async def _taken(connection: Connection, numbers: Collection[int]) -> set[int]:
    taken: set[int] = set()
    for number in _NUMBERED:
        some = await connection.execute(select(number).where(number.in_(sorted(numbers))))
        taken.update(some.scalars())
    return taken


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
