"""Rooms of places, conversations, and who is in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import bindparam, delete, select, update

from appservice.codec import found_from_json, found_to_json, place_id
from appservice.store import activity, paths, profiles, tables
from appservice.store.database import Connection, upsert
from spaces.display_names import name_skeleton
from spaces.identifiers import GroupId, PlaceId, RoomId, UserId
from spaces.reconcile import FoundRoom

log = structlog.get_logger(__name__)

_CHUNK = 500
_THERE = ("join", "invite")
# What is executed for each message, or for each room, is built once.
_ROOM_OF = select(tables.rooms.c.room_id).where(tables.rooms.c.place == bindparam("place"))
_PLACE_OF = select(tables.rooms.c.place).where(tables.rooms.c.room_id == bindparam("room"))
_CONVERSATION = select(tables.conversations).where(tables.conversations.c.room_id == bindparam("room"))
_MEMBERS = select(tables.memberships.c.user, tables.memberships.c.membership).where(
    tables.memberships.c.room_id == bindparam("room")
)
_MEMBERS_AS_KEPT = select(
    *(tables.memberships.c[name] for name in ("user", "membership", "display_name", "skeleton", "since"))
).where(tables.memberships.c.room_id == bindparam("room"))
_MEMBERS_AMONG = select(*(tables.memberships.c[name] for name in ("room_id", "user", "membership"))).where(
    tables.memberships.c.room_id.in_(bindparam("room_ids", expanding=True)),
    tables.memberships.c.user.in_(bindparam("users", expanding=True)),
)
_EXPECTED = select(tables.rooms.c.place, tables.rooms.c.room_id, tables.rooms.c.expected).where(
    tables.rooms.c.place.in_(bindparam("places", expanding=True))
)
_KNOWN = select(tables.rooms.c.place).where(tables.rooms.c.place.in_(bindparam("places", expanding=True)))
_IS_READY = select(tables.rooms.c.ready).where(tables.rooms.c.place == bindparam("place"))
_OF_PLACE = update(tables.rooms).where(tables.rooms.c.place == bindparam("of_place"))
_EXPECT = _OF_PLACE.values(expected=bindparam("will_be"))
_MADE = _OF_PLACE.values(room_id=bindparam("made"))
_SET_READY = _OF_PLACE.values(ready=bindparam("is_ready"))
_PLACES_OF = (
    select(tables.rooms.c.place, tables.memberships.c.membership)
    .join(tables.rooms, tables.rooms.c.room_id == tables.memberships.c.room_id)
    .where(tables.memberships.c.user == bindparam("user"))
)
_UNKNOWN_VERSION = "1"  # one whose levels name the bot, so that it never takes its own from itself


@dataclass(frozen=True, slots=True)
class RoomRow:
    """Where a place's room is: `room_id` is None until it is made, `ready` once it is read back closed."""

    place: PlaceId
    room_id: RoomId | None
    ready: bool


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A room that is no place's: `person` is whose direct room it is, None where several are in it."""

    room_id: RoomId
    person: UserId | None
    place: PlaceId | None


async def all_rooms(connection: Connection) -> list[RoomRow]:
    t = tables.rooms.c
    rows = await connection.execute(select(t.place, t.room_id, t.ready))
    return [RoomRow(place_id(r.place), RoomId(r.room_id) if r.room_id else None, r.ready) for r in rows]


async def room_of(connection: Connection, place: PlaceId) -> RoomId | None:
    found = (await connection.execute(_ROOM_OF, {"place": place})).scalar()
    return RoomId(found) if found else None


async def place_of(connection: Connection, room: RoomId) -> PlaceId | None:
    found = (await connection.execute(_PLACE_OF, {"room": room})).scalar()
    return place_id(found) if found else None


async def groups_in(connection: Connection, room_ids: Iterable[str]) -> dict[str, GroupId]:
    """Of these rooms, at most some hundred, those of groups: whose each is."""
    t = tables.rooms.c
    found = await connection.execute(select(t.room_id, t.place).where(t.room_id.in_(sorted(set(room_ids)))))
    places = ((row.room_id, place_id(row.place)) for row in found)
    return {room: GroupId(place) for room, place in places if place.is_group}


async def expected(
    connection: Connection, places: Collection[PlaceId], people: Collection[UserId]
) -> dict[PlaceId, FoundRoom]:
    """The rooms of `places` as they will be, with the memberships of `people`."""
    found: dict[PlaceId, FoundRoom] = {}
    for chunk in _chunks(sorted(places)):
        rows = (await connection.execute(_EXPECTED, {"places": chunk})).all()
        members = await _members_of(connection, [r.room_id for r in rows if r.room_id], people)
        for row in rows:
            here = members.get(row.room_id, {})
            found[place_id(row.place)] = _expected(row.place, row.expected, here)
    return found


def _expected(place: str, kept: str, members: Mapping[UserId, str]) -> FoundRoom:
    """What cannot be read is as if nothing were there: all of it is put again, and read back."""
    try:
        return found_from_json(kept, members)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.error("row_set_aside", table="rooms", place=place, reason=type(error).__name__)
        return FoundRoom(_UNKNOWN_VERSION, members=members)


async def _members_of(
    connection: Connection, room_ids: Collection[str], people: Collection[UserId]
) -> dict[str, dict[UserId, str]]:
    members: dict[str, dict[UserId, str]] = {}
    if not room_ids or not people:
        return members
    among = {"room_ids": list(room_ids), "users": list(people)}
    for row in await connection.execute(_MEMBERS_AMONG, among):
        members.setdefault(row.room_id, {})[UserId(row.user)] = row.membership
    return members


async def save_expected(connection: Connection, found: Mapping[PlaceId, FoundRoom]) -> None:
    """Keep what each room will be; a place seen for the first time gets its row."""
    known: set[str] = set()
    for chunk in _chunks(sorted(found)):
        known.update((await connection.execute(_KNOWN, {"places": chunk})).scalars())
    fresh = [
        {"place": place, "room_id": None, "ready": False, "expected": found_to_json(room)}
        for place, room in found.items()
        if place not in known
    ]
    await upsert(connection, tables.rooms, fresh)
    for place in known:
        will_be = found_to_json(found[place_id(place)])
        await connection.execute(_EXPECT, {"of_place": place, "will_be": will_be})


async def set_room(connection: Connection, place: PlaceId, room: RoomId) -> None:
    await profiles.mark_those_in(connection, place)
    await activity.forget_room(connection, place)
    await connection.execute(_MADE, {"of_place": place, "made": room})


async def is_ready(connection: Connection, place: PlaceId) -> bool:
    """Whether the place's room was closed as it should be when it was last read."""
    return bool((await connection.execute(_IS_READY, {"place": place})).scalar())


async def set_ready(connection: Connection, place: PlaceId, ready: bool) -> None:
    await connection.execute(_SET_READY, {"of_place": place, "is_ready": ready})


async def drop_unmade(connection: Connection, places: Collection[PlaceId]) -> None:
    """Forget that these places will have rooms; they are made when they are next looked at."""
    t = tables.rooms
    await connection.execute(delete(t).where(t.c.place.in_(list(places)), t.c.room_id.is_(None)))


# -- conversations ----------------------------------------------------------------------------------


async def conversation(connection: Connection, room: RoomId) -> ConversationRow | None:
    row = (await connection.execute(_CONVERSATION, {"room": room})).one_or_none()
    return None if row is None else _conversation(row.room_id, row.person, row.place)


async def direct_room(connection: Connection, person: UserId) -> RoomId | None:
    """The direct room of that person, of several one that the bot made, else always the same."""
    t = tables.conversations.c
    query = select(t.room_id).where(t.person == person).order_by(t.place.is_(None), t.room_id)
    found = (await connection.execute(query.limit(1))).scalar()
    return RoomId(found) if found else None


async def save_conversation(connection: Connection, row: ConversationRow) -> None:
    """Keep it. Where several are, nothing is awaited any more of what was asked in private."""
    values = {"room_id": row.room_id, "person": row.person, "place": row.place}
    await upsert(connection, tables.conversations, [values])
    if row.person is None:
        await _stop_waiting(connection, row.room_id)


async def drop_conversation(connection: Connection, room: RoomId) -> None:
    await _stop_waiting(connection, room)
    await connection.execute(delete(tables.conversations).where(tables.conversations.c.room_id == room))


async def _stop_waiting(connection: Connection, room: RoomId) -> None:
    private = (tables.awaited.c.room_id == room, tables.awaited.c.is_direct.is_(True))
    await connection.execute(delete(tables.awaited).where(*private))


def _conversation(room: str, person: str | None, place: str | None) -> ConversationRow:
    return ConversationRow(
        RoomId(room), UserId(person) if person else None, place_id(place) if place else None
    )


# -- memberships ------------------------------------------------------------------------------------


async def save_memberships(
    connection: Connection,
    room: RoomId,
    members: Mapping[UserId, str],
    names: Mapping[UserId, str | None] | None = None,
    *,
    now: float,
) -> None:
    """Keep the memberships of a room that differ from what is kept, with the names as they stand there.

    Who has joined is there since `now`, unless they were before.
    """
    rows = (await connection.execute(_MEMBERS_AS_KEPT, {"room": room})).all()
    kept = {row.user: (row.membership, row.display_name, row.skeleton is not None) for row in rows}
    joined = {row.user: row.since for row in rows if row.membership == "join"}
    changed = []
    for user, membership in members.items():
        is_there = membership in _THERE
        name = (names or {}).get(user) if is_there else None
        if kept.get(user) != (membership, name, is_there):
            looks = name_skeleton(name, user) if is_there else None
            since = joined.get(user, now) if membership == "join" else None
            row = {"membership": membership, "display_name": name, "skeleton": looks, "since": since}
            changed.append({"room_id": room, "user": user, **row})
    await upsert(connection, tables.memberships, changed)
    come_or_gone = {UserId(r["user"]) for r in changed if kept.get(r["user"], (None,))[0] != r["membership"]}
    await paths.mark(connection, come_or_gone)
    await profiles.mark(connection, {UserId(row["user"]) for row in changed})


async def membership(connection: Connection, room: RoomId, user: UserId) -> str | None:
    t = tables.memberships.c
    query = select(t.membership).where(t.room_id == room, t.user == user)
    found: str | None = (await connection.execute(query)).scalar()
    return found


async def members(connection: Connection, room: RoomId) -> dict[UserId, str]:
    rows = await connection.execute(_MEMBERS, {"room": room})
    return {UserId(row.user): row.membership for row in rows}


async def places_of(connection: Connection, user: UserId) -> list[tuple[PlaceId, str]]:
    """The places in whose rooms `user` has a membership, with it."""
    rows = await connection.execute(_PLACES_OF, {"user": user})
    return [(place_id(row.place), row.membership) for row in rows]


def _chunks(items: list[PlaceId]) -> Iterable[list[PlaceId]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
