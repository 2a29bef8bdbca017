"""What people have chosen for themselves, and what the bot waits for from them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, delete, select

from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.ports import Awaited
from spaces.identifiers import EventId, RoomId, UserId

a = tables.awaited.c
_LANGUAGE = select(tables.people.c.language).where(tables.people.c.user == bindparam("user"))
_AWAITED = select(tables.awaited).where(a.person == bindparam("person"), a.room_id == bindparam("room"))


async def language(connection: Connection, user: UserId) -> str:
    """The language that they chose, empty if none."""
    return str((await connection.execute(_LANGUAGE, {"user": user})).scalar() or "")


async def set_language(connection: Connection, user: UserId, code: str) -> None:
    await upsert(connection, tables.people, [{"user": user, "language": code}])


async def awaited(connection: Connection, person: UserId, room: RoomId) -> dict[str, Awaited]:
    """What the bot waits for from them in that room, by kind."""
    rows = (await connection.execute(_AWAITED, {"person": person, "room": room})).all()
    return {row.kind: _awaited(row) for row in rows}


def _awaited(row: Any) -> Awaited:
    thread = EventId(row.thread) if row.thread else None
    event = EventId(row.event_id)
    return Awaited(row.kind, row.said, row.detail, event, row.asked_at, thread, row.is_direct)


async def wait_for(connection: Connection, person: UserId, room: RoomId, one: Awaited) -> None:
    """Wait for it, instead of what was awaited of that kind before."""
    values = asdict(one)
    values["event_id"] = values.pop("event")
    await upsert(connection, tables.awaited, [{"person": person, "room_id": room, **values}])


async def stop_waiting(connection: Connection, person: UserId, room: RoomId, kind: str) -> None:
    match = (a.person == person, a.room_id == room, a.kind == kind)
    await connection.execute(delete(tables.awaited).where(*match))


async def drop_question(connection: Connection, person: UserId, room: RoomId, event: EventId) -> None:
    """Wait no longer for what was asked because of that message of theirs: they have taken it back."""
    match = (a.person == person, a.room_id == room, a.event_id == event)
    await connection.execute(delete(tables.awaited).where(*match))


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was asked before that time."""
    await connection.execute(delete(tables.awaited).where(a.asked_at < before))
