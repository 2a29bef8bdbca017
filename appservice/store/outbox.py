"""Actions that wait, and the undertakings they belong to."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Executable, bindparam, delete, func, insert, select, update

from appservice.codec import action_from_json, action_to_json, sentence_from_json, sentence_to_json
from appservice.lanes import Entry
from appservice.store import tables
from appservice.store.database import Connection
from spaces.actions import Action, ReadBack, Say, SetState
from spaces.identifiers import EventId, PlaceId, RoomId, UserId
from spaces.sentences import Sentence

log = structlog.get_logger(__name__)

_ANSWER = "Say:answer:"
_CHUNK = 500
t = tables.outbox.c

# What is executed for each answer is built once.
_WITH_KEYS = select(t.key).where(t.key.in_(bindparam("keys", expanding=True)))
_WAITING_WITH_KEYS = _WITH_KEYS.where(t.status == "waiting")
_PUT = insert(tables.outbox)
_WAITING = (
    select(t.seq, t.action, t.undertaking, t.attempts)
    .where(t.status == "waiting", t.seq > bindparam("after"))
    .order_by(t.seq)
)
_STILL_WAITS = select(t.created_at).where(t.seq == bindparam("which"), t.status == "waiting")
_WAITING_IN = (
    select(t.action)
    .where(t.status == "waiting", t.seq != bindparam("but"), t.room == bindparam("in_room"))
    .order_by(t.seq)
)
_DEPTH = select(func.count()).select_from(tables.outbox).where(t.status == "waiting")
_DEPTH_OF = _DEPTH.where(t.undertaking == bindparam("of"))
_ANY_OF = select(t.seq).where(t.status == "waiting", t.undertaking == bindparam("of")).limit(1)
_DONE = delete(tables.outbox).where(t.seq == bindparam("which"))
_SAID = (
    update(tables.outbox)
    .where(t.seq == bindparam("which"))
    .values(status="done", event_id=bindparam("event"), action="")
)


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What somebody asked for, until it is done and they have been told.

    `relates` is the `m.relates_to` of the answer. `status`: `open`; `told`: progress was said; `done`.
    """

    id: int
    room: RoomId | None
    event: str
    relates: dict[str, Any] | None
    person: UserId | None
    reply: list[Any] | None
    meanwhile: list[Any] | None
    total: int
    created_at: float
    status: str
    language: str


async def put(
    connection: Connection, actions: Sequence[Action], *, undertaking: int | None, now: float
) -> list[Action]:
    """Put `actions` behind what waits; returns those that are new.

    One that waits with the same key is replaced. What has been said once is not said again, and routine that
    waits keeps its place.
    """
    latest = {action.key: action for action in actions}
    last = {key: action for key, action in latest.items() if not _is_overtaken(action, latest)}
    said = await _present(connection, [key for key, a in last.items() if isinstance(a, Say)])
    routine = [key for key, a in last.items() if _is_routine(a)]
    said |= await _present(connection, routine, _WAITING_WITH_KEYS)
    fresh = [action for action in last.values() if action.key not in said]
    for keys in _chunks([key for action in fresh if not isinstance(action, Say) for key in action.replaces]):
        await connection.execute(delete(tables.outbox).where(t.key.in_(keys), t.status == "waiting"))
    rows = [
        {
            "key": action.key,
            "room": action.room,
            "action": action_to_json(action),
            "undertaking": undertaking,
            "status": "waiting",
            "attempts": 0,
            "created_at": now,
        }
        for action in fresh
    ]
    if rows:
        await connection.execute(_PUT, rows)
    return fresh


def _is_overtaken(action: Action, latest: Mapping[str, Action]) -> bool:
    """Whether it is an early form of something that is taken away after all."""
    if not isinstance(action, SetState) or not action.early:
        return False
    whole = latest.get(action.whole)
    return isinstance(whole, SetState) and not whole.event.content


def _is_routine(action: Action) -> bool:
    return isinstance(action, ReadBack) and action.routine


async def _present(connection: Connection, keys: Collection[str], which: Executable = _WITH_KEYS) -> set[str]:
    present: set[str] = set()
    for chunk in _chunks(list(keys)):
        present.update((await connection.execute(which, {"keys": chunk})).scalars())
    return present


async def waiting(connection: Connection, *, after: int = 0) -> list[Entry]:
    """Waiting actions behind `after`, oldest first. One that cannot be read is set aside."""
    entries: list[Entry] = []
    for row in (await connection.execute(_WAITING, {"after": after})).all():
        try:
            entries.append(Entry(row.seq, action_from_json(row.action), row.undertaking, row.attempts))
        except ValueError:
            log.error("action_set_aside", action=row.seq)
    return entries


async def waiting_in(connection: Connection, room: PlaceId | RoomId, *, but: int) -> list[Action]:
    """Waiting actions of one room, but for one and for any that cannot be read."""
    found: list[Action] = []
    for text in (await connection.execute(_WAITING_IN, {"but": but, "in_room": room})).scalars():
        with suppress(ValueError):
            found.append(action_from_json(text))
    return found


async def waits_since(connection: Connection, seq: int) -> float | None:
    """When it was put in, in seconds since 1970; None where it waits no longer."""
    found: float | None = (await connection.execute(_STILL_WAITS, {"which": seq})).scalar()
    return found


async def delivered(connection: Connection, seq: int, *, event: EventId | None = None) -> None:
    """It is done. What was said is remembered, so that it is not said again; all else is forgotten."""
    if event is None:
        await connection.execute(_DONE, {"which": seq})
    else:
        await connection.execute(_SAID, {"which": seq, "event": event})


async def detach(connection: Connection, seqs: Collection[int]) -> None:
    """Nobody waits for these any more; they are done all the same, once they can be."""
    for seq in seqs:
        await connection.execute(update(tables.outbox).where(t.seq == seq).values(undertaking=None))


async def drop(connection: Connection, key: str) -> None:
    """What waits under that key is not to be done any more."""
    await connection.execute(delete(tables.outbox).where(t.key == key, t.status == "waiting"))


async def failed(connection: Connection, seq: int, reason: Sentence) -> None:
    """It is given up, and kept with its reason."""
    values = {"status": "failed", "reason": sentence_to_json(reason)}
    await connection.execute(update(tables.outbox).where(t.seq == seq).values(values))


async def tried(connection: Connection, seq: int, attempts: int) -> None:
    await connection.execute(update(tables.outbox).where(t.seq == seq).values(attempts=attempts))


async def event_of(connection: Connection, key: str) -> EventId | None:
    """The event that the `Say` of this key became."""
    found = (await connection.execute(select(t.event_id).where(t.key == key))).scalar()
    return EventId(found) if found else None


async def events_of(connection: Connection, key: str) -> list[EventId]:
    """The events that the `Say` of this key became, and those by which it was edited."""
    edits = t.key.startswith(f"{key}:", autoescape=True)
    query = select(t.event_id).where((t.key == key) | edits, t.event_id.is_not(None)).order_by(t.seq)
    return [EventId(event) for event in (await connection.execute(query)).scalars()]


async def is_remembered(connection: Connection, key: str) -> bool:
    """Whether the `Say` of this key waits or was said not so long ago that it is forgotten."""
    return bool(await _present(connection, [key]))


async def answered_by(connection: Connection, event: EventId) -> EventId | None:
    """The message to which the bot has said `event` in answer, if it has."""
    query = select(t.key).where(t.event_id == event, t.key.startswith(_ANSWER))
    key = (await connection.execute(query)).scalar()
    return EventId(key.removeprefix(_ANSWER)) if key else None


async def told_by(connection: Connection, event: EventId, person: UserId) -> str | None:
    """What `event` has told `person` (the `said` of `Work.tell`), if it was they who were told."""
    told = f"Say:tell:{person}:"
    query = select(t.key).where(t.event_id == event, t.key.startswith(told, autoescape=True))
    key = (await connection.execute(query)).scalar()
    return str(key).removeprefix(told) if key else None


async def depth(connection: Connection, undertaking: int | None = None) -> int:
    """How many actions wait, of all or of one undertaking."""
    if undertaking is None:
        return int((await connection.execute(_DEPTH)).scalar_one())
    return int((await connection.execute(_DEPTH_OF, {"of": undertaking})).scalar_one())


async def is_under_way(connection: Connection, undertaking: int) -> bool:
    """Whether anything of it waits."""
    return (await connection.execute(_ANY_OF, {"of": undertaking})).first() is not None


async def failures(connection: Connection, undertaking: int | None = None) -> list[Sentence]:
    """The reasons of what was given up, newest first, at most 20."""
    query = select(t.reason).where(t.status == "failed").order_by(t.seq.desc()).limit(20)
    if undertaking is not None:
        query = query.where(t.undertaking == undertaking)
    return [sentence_from_json(reason or "") for reason in (await connection.execute(query)).scalars()]


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was said or given up before that time."""
    old = tables.outbox.delete().where(t.status != "waiting", t.created_at < before)
    await connection.execute(old)
    u = tables.undertakings
    await connection.execute(delete(u).where(u.c.status == "done", u.c.created_at < before))


# -- undertakings -----------------------------------------------------------------------------------


async def begin(
    connection: Connection,
    *,
    room: RoomId | None,
    event: str,
    relates: dict[str, Any] | None,
    reply: list[Any] | None,
    meanwhile: list[Any] | None,
    total: int,
    now: float,
    person: UserId | None = None,
    language: str = "en",
) -> int:
    """Start an undertaking; its id."""
    values = {
        "room_id": room,
        "event_id": event,
        "relates": json.dumps(relates),
        "person": person,
        "reply": json.dumps(reply),
        "meanwhile": json.dumps(meanwhile),
        "total": total,
        "created_at": now,
        "status": "open",
        "language": language,
    }
    result = await connection.execute(insert(tables.undertakings).values(values))
    key = result.inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave the undertaking no id")
    return int(key[0])


async def undertaking(connection: Connection, id_: int) -> Undertaking | None:
    u = tables.undertakings
    row = (await connection.execute(select(u).where(u.c.id == id_))).one_or_none()
    return None if row is None else _undertaking(row)


async def unfinished(connection: Connection, event: str) -> int | None:
    """The newest undertaking of that name of which something waits."""
    u = tables.undertakings
    query = select(u.c.id).join(tables.outbox, t.undertaking == u.c.id)
    query = query.where(u.c.event_id == event, t.status == "waiting").order_by(u.c.id.desc()).limit(1)
    found: int | None = (await connection.execute(query)).scalar()
    return found


async def slow(connection: Connection, *, before: float) -> list[Undertaking]:
    """Undertakings that somebody has been waiting for since before that time."""
    u = tables.undertakings
    query = select(u).where(u.c.status != "done", u.c.room_id.is_not(None), u.c.created_at < before)
    return [_undertaking(row) for row in (await connection.execute(query)).all()]


async def set_status(connection: Connection, id_: int, status: str) -> None:
    u = tables.undertakings
    await connection.execute(update(u).where(u.c.id == id_).values(status=status))


async def set_reply(connection: Connection, id_: int, reply: list[Any]) -> None:
    """From now on that is what will be said when it is done."""
    u = tables.undertakings
    await connection.execute(update(u).where(u.c.id == id_).values(reply=json.dumps(reply)))


async def add_to_total(connection: Connection, id_: int, count: int) -> None:
    """So many more actions belong to it than it began with."""
    u = tables.undertakings
    await connection.execute(update(u).where(u.c.id == id_).values(total=u.c.total + count))


def _undertaking(row: Any) -> Undertaking:
    return Undertaking(
        id=row.id,
        room=RoomId(row.room_id) if row.room_id else None,
        event=row.event_id,
        relates=json.loads(row.relates),
        person=UserId(row.person) if row.person else None,
        reply=json.loads(row.reply),
        meanwhile=json.loads(row.meanwhile),
        total=row.total,
        created_at=row.created_at,
        status=row.status,
        language=row.language,
    )


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
