"""Organisations and services in tables; each change is in the index in the same commit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import and_, bindparam, delete, select, update

from appservice.store import indexing, tables
from appservice.store.database import Connection, upsert
from spaces.directory import ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.listings import Contact, Listing, entry_of

c = tables.listings.c
q = tables.listing_questions.c
_AT_ONCE = 500


async def keep(connection: Connection, listings: Iterable[Listing]) -> None:
    """Keep them as they are now, new or not."""
    kept = list(listings)
    for start in range(0, len(kept), _AT_ONCE):
        some = kept[start : start + _AT_ONCE]
        await upsert(connection, tables.listings, [_row(listing) for listing in some])
        await indexing.put(connection, [entry_of(listing) for listing in some])


async def forget(connection: Connection, listings: Iterable[Listing]) -> None:
    """Forget them; services of theirs that stay are nobody's."""
    gone = list(listings)
    numbers = [one.number for one in gone]
    await connection.execute(delete(tables.listings).where(c.number.in_(numbers)))
    await connection.execute(delete(tables.listing_questions).where(q.listing.in_(numbers)))
    await connection.execute(update(tables.listings).where(c.by.in_(numbers)).values(by=None))
    await indexing.put(connection, (), [(one.kind, str(one.number)) for one in gone])


async def forget_places(connection: Connection, places: Collection[PlaceId]) -> None:
    """Services elsewhere are nobody's once what they are of is forgotten with these places."""
    gone = select(c.number).where(c.network.in_(sorted(places)))
    await connection.execute(update(tables.listings).where(c.by.in_(gone)).values(by=None))


async def forget_person(connection: Connection, user: UserId) -> None:
    """They are the steward of nothing any more, and were asked nothing."""
    theirs = await stewarded_by(connection, user)
    left = [replace(one, stewards=tuple(s for s in one.stewards if s != user)) for one in theirs]
    await upsert(connection, tables.listings, [_row(one) for one in left])
    await connection.execute(delete(tables.listing_questions).where(q.person == user))


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


async def services_of(connection: Connection, organisation: int) -> list[Listing]:
    """By name."""
    query = select(tables.listings).where(c.by == organisation).order_by(c.name, c.number)
    return [_listing(row) for row in await connection.execute(query)]


async def stewarded_by(connection: Connection, user: UserId) -> list[Listing]:
    """By kind (organisations first) and name."""
    named = c.stewards.contains(json.dumps(user), autoescape=True)
    query = select(tables.listings).where(named).order_by(c.kind, c.name, c.number)
    return [_listing(row) for row in await connection.execute(query)]


# -- whether they still hold ----------------------------------------------------------------------------


async def unasked(connection: Connection, *, before: float) -> list[Listing]:
    """What nobody has confirmed since then, nor was asked about."""
    waits = and_(c.confirmed_at <= before, c.asked_at.is_(None), c.stale.is_(False))
    return [_listing(row) for row in await connection.execute(select(tables.listings).where(waits))]


async def unanswered(connection: Connection, *, before: float) -> list[Listing]:
    """What was asked about before that and neither confirmed nor marked stale since."""
    silent = and_(c.asked_at <= before, c.stale.is_(False))
    return [_listing(row) for row in await connection.execute(select(tables.listings).where(silent))]


async def note_asked(
    connection: Connection,
    listings: Collection[Listing],
    asked: Mapping[UserId, Collection[Listing]],
    at: float,
) -> None:
    """These are asked about at that time: each of these people about those; the index tells nothing of it."""
    if listings:
        marking = update(tables.listings).where(c.number == bindparam("which")).values(asked_at=at)
        await connection.execute(marking, [{"which": listing.number} for listing in listings])
    rows = [
        {"listing": one.number, "person": user, "network": one.network, "asked_at": at}
        for user, theirs in asked.items()
        for one in theirs
    ]
    await upsert(connection, tables.listing_questions, rows)


async def asked_of(connection: Connection, user: UserId) -> list[Listing]:
    """All that they were asked about, and that nobody has confirmed since; the latest question first."""
    is_theirs = and_(q.listing == c.number, q.asked_at == c.asked_at, q.person == user)
    query = select(tables.listings).join(tables.listing_questions, is_theirs)
    found = await connection.execute(query.order_by(c.asked_at.desc(), c.number))
    return [_listing(row) for row in found]


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
