"""Display names as they stand in the rooms of our networks, for those who are in these rooms.

Only who is in a room or invited has a name and a skeleton there (`rooms.save_memberships`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, select

from appservice.store import tables
from appservice.store.database import Connection
from spaces.identifiers import RoomId, UserId

m = tables.memberships.c
_theirs = tables.memberships.alias().c
_to: BindParameter[str] = bindparam("to")
_THEIR_ROOMS = select(_theirs.room_id).where(_theirs.user == _to, _theirs.membership == "join")
_SEEN: dict[bool, ColumnElement[Any]] = {True: m.room_id == _to, False: m.room_id.in_(_THEIR_ROOMS)}
_NAMED = m.user.in_(bindparam("people", expanding=True)), m.display_name.is_not(None)
_ALIKE = m.skeleton.in_(bindparam("skeletons", expanding=True))
# by whether a room is asked about, or a person
_NAMES = {room: select(m.user, m.display_name, m.skeleton).where(*_NAMED, _SEEN[room]) for room in _SEEN}
_TAKEN = {room: select(m.skeleton, m.user).where(_ALIKE, _SEEN[room]) for room in _SEEN}


async def names_of(
    connection: Connection, people: Collection[UserId], to: UserId | RoomId
) -> dict[UserId, tuple[str, str]]:
    """Name and skeleton of those of `people` whom the reader `to`, or everyone in the room `to`, meets.

    Where somebody has several names, the one that stands in most rooms.
    """
    query = _NAMES[isinstance(to, RoomId)]
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in await connection.execute(query, {"people": list(people), "to": to}):
        found[row.user][row.display_name, row.skeleton] += 1
    return {UserId(user): min(names, key=lambda n: (-names[n], n)) for user, names in found.items()}


async def taken(
    connection: Connection, skeletons: Collection[str], to: UserId | RoomId
) -> dict[str, set[UserId]]:
    """Who is taken for these, among all whom the reader, or everyone in the room, meets."""
    query = _TAKEN[isinstance(to, RoomId)]
    found: dict[str, set[UserId]] = defaultdict(set)
    for row in await connection.execute(query, {"skeletons": list(skeletons), "to": to}):
        found[row.skeleton].add(UserId(row.user))
    return found
