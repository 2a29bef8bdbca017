"""What is remembered for encryption: encrypted rooms, messages deciphered before, and complaints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import BindParameter, bindparam, delete, func, insert, or_, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import EventId, RoomId, UserId

_LARGEST = 2**31 - 1
_LEAST_MESSAGES = 10
_LEAST_MILLISECONDS = 3_600_000
_d = tables.deciphered.c
_e = tables.encrypted_rooms.c
_ROOM: BindParameter[str] = bindparam("room")
_ROTATION_OF = select(tables.encrypted_rooms).where(_e.room_id == _ROOM)
_IS_TALK = select(tables.conversations.c.room_id).where(tables.conversations.c.room_id == _ROOM).exists()
_IS_PLACE = select(tables.rooms.c.place).where(tables.rooms.c.room_id == _ROOM).exists()
_IS_UNSEEN = select(_IS_TALK & ~_IS_PLACE)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How long one key serves a room, in messages and seconds; None where the room does not say."""

    messages: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Of the content of an m.room.encryption event. What is no positive number says nothing.

        Ten messages and an hour at least: whoever wants less would have a new key shared all the time.
        """
        messages, milliseconds = (
            min(max(value, least), _LARGEST) if type(value) is int and value > 0 else None
            for value, least in (
                (content.get("rotation_period_msgs"), _LEAST_MESSAGES),
                (content.get("rotation_period_ms"), _LEAST_MILLISECONDS),
            )
        )
        return cls(messages, None if milliseconds is None else milliseconds / 1000)


# -- encrypted rooms --------------------------------------------------------------------------------


async def note_room(connection: Connection, room: RoomId, rotation: Rotation) -> None:
    """The room is encrypted. There is no way back from that."""
    row = {"room_id": room, "most_messages": rotation.messages, "most_seconds": rotation.seconds}
    await upsert(connection, tables.encrypted_rooms, [row])


async def rotation_of(connection: Connection, room: RoomId) -> Rotation | None:
    """How often the room's key changes; None for a room that is not known to be encrypted."""
    row = (await connection.execute(_ROTATION_OF, {"room": room})).one_or_none()
    return None if row is None else Rotation(row.most_messages, row.most_seconds)


async def is_unseen(connection: Connection, room: RoomId) -> bool:
    """Whether it is a conversation's room and no place's, whose state is read back."""
    return bool((await connection.execute(_IS_UNSEEN, {"room": room})).scalar())


async def not_known_as_encrypted(connection: Connection) -> list[RoomId]:
    """The rooms of conversations of which it is not known that they are encrypted."""
    known = select(tables.encrypted_rooms.c.room_id)
    column = tables.conversations.c.room_id
    rows = await connection.execute(select(column).where(column.not_in(known)))
    return [RoomId(row.room_id) for row in rows]


async def is_ours(connection: Connection, room: RoomId) -> bool:
    """Whether the room is one of ours, or of a conversation."""
    for column in (tables.rooms.c.room_id, tables.conversations.c.room_id):
        if (await connection.execute(select(column).where(column == room))).first() is not None:
            return True
    return False


# -- messages deciphered before ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the ratchet of a session. Somebody else's device may have one of the same id."""

    session: str
    sender_key: str
    index: int


async def is_replayed(
    connection: Connection, place: Place, event: EventId, *, forgotten_before: float
) -> bool:
    """Whether that place was taken by another event.

    Of what is older than `forgotten_before` only the last message of a session is remembered:
    anything from before it has to be taken for a repetition.
    """
    passed = (_d.message_index > place.index) & (_d.at < forgotten_before)
    query = select(_d.event_id, _d.message_index).where(
        _d.session == place.session,
        _d.sender_key == place.sender_key,
        or_(_d.message_index == place.index, passed),
    )
    rows = (await connection.execute(query)).all()
    same = [row.event_id for row in rows if row.message_index == place.index]
    return same[0] != event if same else bool(rows)


async def note_deciphered(connection: Connection, place: Place, event: EventId, now: float) -> None:
    row = {
        "session": place.session,
        "sender_key": place.sender_key,
        "message_index": place.index,
        "event_id": event,
        "at": now,
    }
    await upsert(connection, tables.deciphered, [row], replace=False)


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was deciphered before that time, but for the last message of each session."""
    last = (
        select(_d.session, _d.sender_key, func.max(_d.message_index).label("message_index"))
        .group_by(_d.session, _d.sender_key)
        .subquery()
    )
    is_last = (
        select(last.c.session)
        .where(
            last.c.session == _d.session,
            last.c.sender_key == _d.sender_key,
            last.c.message_index == _d.message_index,
        )
        .exists()
    )
    await connection.execute(delete(tables.deciphered).where(_d.at < before, ~is_last))


# -- complaints -------------------------------------------------------------------------------------


async def last_complaint(connection: Connection, person: UserId) -> float | None:
    """When `person` was last told that their message cannot be read."""
    query = select(tables.complaints.c.at).where(tables.complaints.c.person == person)
    found: float | None = (await connection.execute(query)).scalar()
    return found


async def note_complaint(connection: Connection, person: UserId, now: float) -> None:
    await connection.execute(delete(tables.complaints).where(tables.complaints.c.person == person))
    await connection.execute(insert(tables.complaints).values(person=person, at=now))
