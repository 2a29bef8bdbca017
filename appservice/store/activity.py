"""How much was said where, and since when all in a room may read its past. What was said is not kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select, tuple_, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.digests.items import Period
from spaces.identifiers import EventId, GroupId, PlaceId, RoomId, UserId

m = tables.messages.c
o = tables.open_histories.c
r = tables.rooms.c
t = tables.memberships.c
_CHUNK = 500
_COLUMNS = ("place", "event_id", "sender", "at", "said_at", "is_open")
_THEN = (m.at >= bindparam("start"), m.at < bindparam("end"))

# What is executed for each message, or for each reader, is built once.
_ID, _SENDER = bindparam("event_id", type_=m.event_id.type), bindparam("sender", type_=m.sender.type)
_AT, _SAID_AT = bindparam("at", type_=m.at.type), bindparam("said_at", type_=m.said_at.type)
_IS_OPEN = exists().where(o.place == r.place, o.since < _SAID_AT)
_IS_KEPT = exists().where(m.place == r.place, m.event_id == _ID)
_IN_A_GROUP = (r.room_id == bindparam("room"), r.place.startswith(GroupId.prefix), ~_IS_KEPT)
_NOTE = insert(tables.messages).from_select(
    _COLUMNS, select(r.place, _ID, _SENDER, _AT, _SAID_AT, _IS_OPEN).where(*_IN_A_GROUP)
)
_DROP = delete(tables.messages).where(
    m.place == select(r.place).where(r.room_id == bindparam("room")).scalar_subquery(),
    m.event_id == bindparam("event"),
)
_OF_PLACE = tuple(
    delete(table).where(table.c.place == bindparam("place"))
    for table in (tables.messages, tables.open_histories)
)
_OPEN_OF = (
    select(m.place, func.count().label("n"))
    .where(m.sender == bindparam("user"), *_THEN, m.is_open.is_(True))
    .group_by(m.place)
)
_CLOSED_FOR = (
    select(m.place, func.count().label("n"))
    .join(tables.rooms, r.place == m.place)
    .join(tables.memberships, t.room_id == r.room_id)
    .where(t.user == bindparam("user"), t.membership == "join", m.is_open.is_(False), *_THEN)
    .where(m.sender != bindparam("user"), or_(t.since.is_(None), m.said_at > t.since))  # as `may_read` has it
    .group_by(m.place)
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message: where, which, by whom, when it came, and when it says it was said (never later)."""

    room: RoomId
    event_id: EventId
    sender: UserId
    at: float
    said_at: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages: those that all in the room may read, and those that need a look at since when one
    is there.
    """

    open: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a message: its place, by whom, when it came, when it says it was said (never later),
    and whether all in the room might read it whenever they came.
    """

    place: PlaceId
    sender: UserId
    at: float
    said_at: float
    is_open: bool


# -- one message ----------------------------------------------------------------------------------------


async def note(connection: Connection, said: Sequence[Said]) -> None:
    """Keep what was said in rooms of groups and is not kept already."""
    if said:
        await connection.execute(_NOTE, [_row(one) for one in said])


def _row(one: Said) -> dict[str, Any]:
    times = {"at": one.at, "said_at": one.said_at}
    return {"room": one.room, "event_id": one.event_id, "sender": one.sender, **times}


async def drop(connection: Connection, room: RoomId, event: EventId) -> bool:
    """It was taken back in this very room; whether it was kept."""
    return bool((await connection.execute(_DROP, {"room": room, "event": event})).rowcount)


async def message(connection: Connection, place: PlaceId, event: EventId) -> Kept | None:
    """What is known of a message of the last weeks, asked for by its place as well as by its id."""
    query = select(tables.messages).where(m.place == place, m.event_id == event)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return Kept(place_id(row.place), UserId(row.sender), row.at, row.said_at, row.is_open)


# -- the history of a room --------------------------------------------------------------------------------


async def is_history_open(connection: Connection, place: PlaceId) -> bool:
    found = await connection.execute(select(o.place).where(o.place == place))
    return found.scalar() is not None


async def open_history(connection: Connection, place: PlaceId, now: float) -> None:
    """From now on what is said there is for all in the room, unless it was so before."""
    await upsert(connection, tables.open_histories, [{"place": place, "since": now}], replace=False)


async def close_history(connection: Connection, place: PlaceId, since: float) -> None:
    """No longer. What has come since that time is not for all, either."""
    await connection.execute(delete(tables.open_histories).where(o.place == place))
    late = update(tables.messages).where(m.place == place, m.is_open.is_(True), m.at >= since)
    await connection.execute(late.values(is_open=False))


# -- how many -------------------------------------------------------------------------------------------


async def tallies(
    connection: Connection, places: Collection[PlaceId], period: Period
) -> dict[PlaceId, Tally]:
    """How many there were in each of these places; those where nothing was said are not in it."""
    found: dict[PlaceId, Tally] = {}
    for chunk in _chunks(sorted(places)):
        query = select(m.place, m.is_open, func.count().label("n")).where(
            m.place.in_(chunk), m.is_open.in_([True, False]), m.at >= period.start, m.at < period.end
        )
        found |= _tallied((await connection.execute(query.group_by(m.place, m.is_open))).all())
    return found


async def open_of(connection: Connection, user: UserId, period: Period) -> dict[PlaceId, int]:
    """How many of those that all might read were theirs, by place."""
    rows = await connection.execute(_OPEN_OF, {"user": user, "start": period.start, "end": period.end})
    return {place_id(row.place): int(row.n) for row in rows}


async def closed_for(connection: Connection, user: UserId, period: Period) -> dict[PlaceId, int]:
    """How many that were not for all came to their eyes in the rooms in which they are, by others."""
    rows = await connection.execute(_CLOSED_FOR, {"user": user, "start": period.start, "end": period.end})
    return {place_id(row.place): int(row.n) for row in rows}


def _tallied(rows: Sequence[Any]) -> dict[PlaceId, Tally]:
    counts: dict[PlaceId, dict[bool, int]] = {}
    for row in rows:
        counts.setdefault(place_id(row.place), {})[bool(row.is_open)] = int(row.n)
    return {place: Tally(n.get(True, 0), n.get(False, 0)) for place, n in counts.items()}


# -- forgetting -----------------------------------------------------------------------------------------


async def forget(connection: Connection, *, before: float, most: int) -> int:
    """Forget the oldest of what came before that time, so many at most; how many it was."""
    oldest = select(m.place, m.event_id).where(m.at < before).order_by(m.at).limit(most)
    gone = delete(tables.messages).where(tuple_(m.place, m.event_id).in_(oldest))
    return int((await connection.execute(gone)).rowcount)


async def forget_room(connection: Connection, place: PlaceId) -> None:
    """The place has another room from now on, or none: who is in that one was not in this one."""
    for forgotten in _OF_PLACE:
        await connection.execute(forgotten, {"place": place})


async def forget_person(connection: Connection, user: UserId) -> None:
    """Forget what is kept of somebody: that they said something, and where."""
    await connection.execute(delete(tables.messages).where(m.sender == user))


def _chunks(places: list[PlaceId]) -> Iterable[list[PlaceId]]:
    return (places[start : start + _CHUNK] for start in range(0, len(places), _CHUNK))
