"""Display names as they stand in the rooms of our networks, for those who are in these rooms.

Only who is in a room or invited has a name and a skeleton there (`rooms.save_memberships`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select

from appservice.store import tables
from appservice.store.database import Connection
from spaces.identifiers import RoomId, UserId

m = tables.memberships.c


async def names_of(
    connection: Connection, people: Collection[UserId], to: UserId | RoomId
) -> dict[UserId, tuple[str, str]]:
    """Name and skeleton of those of `people` whom the reader `to`, or everyone in the room `to`, meets.

    Where somebody has several names, the one that stands in most rooms.
    """
    query = select(m.user, m.display_name, m.skeleton)
    query = query.where(m.user.in_(people), m.display_name.is_not(None), _seen(to))
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in await connection.execute(query):
        found[row.user][row.display_name, row.skeleton] += 1
    return {UserId(user): min(names, key=lambda n: (-names[n], n)) for user, names in found.items()}


async def taken(
    connection: Connection, skeletons: Collection[str], to: UserId | RoomId
) -> dict[str, set[UserId]]:
    """Who is taken for these, among all whom the reader, or everyone in the room, meets."""
    query = select(m.skeleton, m.user).where(m.skeleton.in_(skeletons), _seen(to))
    found: dict[str, set[UserId]] = defaultdict(set)
    for row in await connection.execute(query):
        found[row.skeleton].add(UserId(row.user))
    return found


def _seen(to: UserId | RoomId) -> ColumnElement[Any]:
    if isinstance(to, RoomId):
        return m.room_id == to
    theirs = tables.memberships.alias().c
    return m.room_id.in_(select(theirs.room_id).where(theirs.user == to, theirs.membership == "join"))
