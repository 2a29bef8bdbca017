"""Listings read for others than people: pages of what everyone may see, and one by its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from appservice.store import tables
from appservice.store.database import Connection
from appservice.store.listings import _listing
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId
from spaces.listings import Listing

t = tables.listings
c = t.c


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which listings: of one kind, in these networks; and of these only some, where more is said.

    `numbers`: one of these. `by`: services of this organisation. `since`: last said to hold at that time or
    later, in seconds since 1970.
    """

    kind: ListingKind
    networks: frozenset[NetworkId]
    numbers: frozenset[int] | None = None
    by: int | None = None
    since: float | None = None


async def how_many(connection: Connection, chosen: Chosen) -> int:
    found = await connection.execute(select(func.count()).select_from(t).where(*_clauses(chosen)))
    return int(found.scalar_one())


async def page(connection: Connection, chosen: Chosen, *, skip: int, most: int) -> list[Listing]:
    """In the order of their numbers, which does not change, what is stale at the end."""
    query = select(t).where(*_clauses(chosen)).order_by(c.stale, c.number).offset(skip).limit(most)
    return [_listing(row) for row in await connection.execute(query)]


def _clauses(chosen: Chosen) -> list[ColumnElement[bool]]:
    clauses = [c.kind == chosen.kind.value, _in(c, chosen), or_(c.source_id == "", ~_stands_before(chosen))]
    if chosen.numbers is not None:
        clauses.append(c.number.in_(sorted(chosen.numbers)))
    if chosen.by is not None:
        clauses.append(c.by == chosen.by)
    if chosen.since is not None:
        clauses.append(c.confirmed_at >= chosen.since)
    return clauses


def _in(columns: Any, chosen: Chosen) -> ColumnElement[bool]:
    clause: ColumnElement[bool] = columns.network.in_(sorted(chosen.networks))
    return clause


def _stands_before(chosen: Chosen) -> ColumnElement[bool]:
    """Whether another of them was imported under the same id, as when two networks take one feed."""
    o = t.alias("other").c
    same = and_(o.source == c.source, o.source_id == c.source_id, o.kind == c.kind)
    return exists().where(same, o.number < c.number, _in(o, chosen))


async def under_id(connection: Connection, chosen: Chosen, its_id: str) -> Listing | None:
    """The one that was imported under this id. Each source is looked at by the index."""
    found: list[Listing] = []
    source: str | None = ""
    while (source := await _next_source(connection, source or "")) is not None:
        query = select(t).where(c.source == source, c.source_id == its_id, *_clauses(chosen))
        found += [_listing(row) for row in await connection.execute(query)]
    return min(found, key=lambda listing: listing.number, default=None)


async def _next_source(connection: Connection, after: str) -> str | None:
    found: str | None = (
        await connection.execute(select(func.min(c.source)).where(c.source > after))
    ).scalar()
    return found
