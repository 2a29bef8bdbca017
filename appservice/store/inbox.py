"""What the homeserver pushed: transactions as they came, and their events."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, bindparam, case, delete, func, insert, literal, select, update

from appservice.store import tables
from appservice.store.database import Connection
from spaces.identifiers import EventId, UserId

t = tables.events.c
_CHUNK = 500

# What is executed for each event is built once.
_KEEP_TRANSACTION = insert(tables.transactions)
_SHORT_BYTES = 8_192
_MANY = 50
_T = tables.transactions.c
_IS_TAKEN = (func.length(_T.body) <= _SHORT_BYTES) | (_T.id == select(func.min(_T.id)).scalar_subquery())
_NEXT_TRANSACTIONS = (
    select(_T.id, case((_IS_TAKEN, _T.body)).label("body"), _T.received_at).order_by(_T.id).limit(_MANY)
)
_DROP_TRANSACTION = delete(tables.transactions).where(tables.transactions.c.id == bindparam("which"))
_ID, _AT = bindparam("event_id", type_=t.event_id.type), bindparam("received_at", type_=t.received_at.type)
_IN_THE_WAY = select(t.seq).where((t.status == "waiting") | (t.event_id == _ID))
_NOTE_ALONE = insert(tables.events).from_select(
    ["event_id", "received_at", "status"], select(_ID, _AT, literal("handled")).where(~_IN_THE_WAY.exists())
)
_NEXT_EVENTS = (
    select(t.seq, t.body, t.received_at)
    .where(t.status == "waiting")
    .order_by(t.seq)
    .limit(bindparam("most", type_=Integer))
)
_HANDLED = update(tables.events).values(status="handled", body=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """One transaction as it came."""

    id: int
    body: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event that waits to be handled."""

    seq: int
    event: Mapping[str, Any]
    received_at: float


async def keep_transaction(connection: Connection, body: bytes, now: float) -> None:
    await connection.execute(_KEEP_TRANSACTION, {"body": body, "received_at": now})


async def next_transactions(connection: Connection) -> list[Kept]:
    """The oldest transactions that have not been split into events: one, or several that are short."""
    rows = await connection.execute(_NEXT_TRANSACTIONS)
    return [Kept(*row) for row in itertools.takewhile(lambda row: row.body is not None, rows)]


async def drop_transactions(connection: Connection, kept: Iterable[Kept]) -> None:
    await connection.execute(_DROP_TRANSACTION, [{"which": one.id} for one in kept])


async def keep_events(
    connection: Connection, events: Iterable[Mapping[str, Any]], now: float
) -> list[Mapping[str, Any]]:
    """As `keep_all`, of events that came `now`."""
    return await keep_all(connection, ((event, now) for event in events))


async def keep_all(
    connection: Connection, arrived: Iterable[tuple[Mapping[str, Any], float]]
) -> list[Mapping[str, Any]]:
    """Keep events not seen before, each with the time at which it came, to be handled; returns those.

    One that comes again before it is handled replaces what was kept: it may have been redacted since.
    """
    by_id = {event["event_id"]: (event, at) for event, at in arrived}
    seen = await _statuses(connection, list(by_id))
    for event_id, status in seen.items():
        if status != "handled":
            values = {"body": _written(by_id[event_id][0])["body"]}
            await connection.execute(update(tables.events).where(t.event_id == event_id).values(values))
    new = {event_id: came for event_id, came in by_id.items() if event_id not in seen}
    rows = [{"event_id": id_, "received_at": at, **_written(event)} for id_, (event, at) in new.items()]
    if rows:
        await connection.execute(insert(tables.events), rows)
    return [event for event, _ in new.values()]


async def note_alone(connection: Connection, event_id: str, now: float) -> bool:
    """Note an event as handled, if it is new and no other waits; whether it is so."""
    noted = await connection.execute(_NOTE_ALONE, {"event_id": event_id, "received_at": now})
    return int(noted.rowcount) == 1


def _written(event: Mapping[str, Any]) -> dict[str, str | None]:
    try:
        return {"status": "waiting", "body": json.dumps(event), "reason": None}
    except RecursionError:
        return {"status": "set aside", "body": None, "reason": "It is nested too deep."}


async def _statuses(connection: Connection, event_ids: list[str]) -> dict[str, str]:
    statuses: dict[str, str] = {}
    for start in range(0, len(event_ids), _CHUNK):
        query = select(t.event_id, t.status).where(t.event_id.in_(event_ids[start : start + _CHUNK]))
        statuses |= {row.event_id: row.status for row in await connection.execute(query)}
    return statuses


async def were_handled(connection: Connection, event_ids: list[str]) -> set[str]:
    """Those of these events that came and were dealt with."""
    seen = await _statuses(connection, event_ids)
    return {event_id for event_id, status in seen.items() if status == "handled"}


async def next_events(connection: Connection, most: int) -> list[Arrived]:
    """The oldest events that wait, `most` at most. One that cannot be read any more comes empty."""
    rows = await connection.execute(_NEXT_EVENTS, {"most": most})
    return [Arrived(row.seq, _read(row.body), row.received_at) for row in rows]


def _read(body: str | None) -> Mapping[str, Any]:
    try:
        event = json.loads(body or "")
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


async def handled(connection: Connection, *seqs: int) -> None:
    """Done with them, at most some hundred: only their ids stay."""
    await connection.execute(_HANDLED.where(t.seq.in_(seqs)))


async def forget_event(connection: Connection, seq: int) -> None:
    """As if it had never come: it will be read again."""
    await connection.execute(delete(tables.events).where(t.seq == seq))


async def hear_again(
    connection: Connection, event: EventId, room: str, sender: UserId, content: Mapping[str, Any]
) -> None:
    """Let an event that was handled be heard once more, as a message in the clear with this content."""
    message = {"event_id": event, "type": "m.room.message", "room_id": room, "sender": sender}
    again = update(tables.events).where(t.event_id == event)
    await connection.execute(again.values(**_written({**message, "content": content})))


async def set_aside(connection: Connection, seq: int, reason: str) -> None:
    """It cannot be handled: kept with its reason, out of the way."""
    values = {"status": "set aside", "reason": reason}
    await connection.execute(update(tables.events).where(t.seq == seq).values(values))


async def seal(connection: Connection, seq: int) -> None:
    """Its key is not here: out of the way until it is tried again."""
    await connection.execute(update(tables.events).where(t.seq == seq).values(status="sealed"))


async def unseal(connection: Connection, seq: int | None = None) -> int:
    """Let what is sealed, or one of it, be tried again; returns how many."""
    which = t.status == "sealed" if seq is None else (t.status == "sealed") & (t.seq == seq)
    result = await connection.execute(update(tables.events).where(which).values(status="waiting"))
    return int(result.rowcount)


async def sealed(connection: Connection) -> list[Arrived]:
    """What is sealed, oldest first, a hundred at most."""
    query = select(t.seq, t.body, t.received_at).where(t.status == "sealed").order_by(t.seq).limit(100)
    rows = await connection.execute(query)
    return [Arrived(row.seq, _read(row.body), row.received_at) for row in rows]


async def replay(connection: Connection) -> int:
    """Let what was set aside be tried again; returns how many."""
    again = update(tables.events).where(t.status == "set aside", t.body.is_not(None))
    result = await connection.execute(again.values(status="waiting", reason=None))
    return int(result.rowcount)


async def counts(connection: Connection) -> dict[str, int]:
    """How many events there are by status, and how many transactions wait."""
    query = select(t.status, func.count()).group_by(t.status)
    found = {row[0]: int(row[1]) for row in (await connection.execute(query)).all()}
    waiting = select(func.count()).select_from(tables.transactions)
    return {**found, "transactions": int((await connection.execute(waiting)).scalar_one())}


async def forget(connection: Connection, *, before: float) -> None:
    """Forget the ids of what was handled before that time."""
    old = delete(tables.events).where(t.status == "handled", t.received_at < before)
    await connection.execute(old)
