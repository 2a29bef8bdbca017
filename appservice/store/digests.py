"""Who gets a digest when, the editions that were made, and time zones, in tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from appservice.store import journal, rooms, tables
from appservice.store.database import Connection, upsert
from appservice.store.landscape import REVISION as LANDSCAPE
from spaces.editions import Cadence, Schedule, Subscription, Weekday
from spaces.identifiers import EventId, NetworkId, UserId

s = tables.digest_subscriptions.c
e = tables.digest_editions.c
w = tables.digests_without.c
z = tables.timezones.c
o = tables.outbox.c
_KEPT_SECONDS = 40 * 86_400


@dataclass(frozen=True, slots=True)
class Edition:
    """What was made for `whose` of the time from `begins` to `due`; `shown` are keys of its first page.

    `rights` stands for what the reader might see then.
    """

    whose: str
    due: int
    begins: float
    shown: tuple[str, ...] = ()
    rights: str = ""


async def subscription(connection: Connection, whose: str) -> Subscription | None:
    found = (await connection.execute(select(tables.digest_subscriptions).where(s.whose == whose))).first()
    return None if found is None else _subscription(found)


async def keep(connection: Connection, one: Subscription) -> None:
    row = {"whose": one.whose, **asdict(one.schedule), "next_at": one.next_at, "last_at": one.last_at}
    await upsert(connection, tables.digest_subscriptions, [row])


async def due(connection: Connection, now: float, most: int, *, after: str = "") -> list[Subscription]:
    """Those for whom one is due, at most so many, in the order of their ids, from behind `after` on."""
    query = select(tables.digest_subscriptions).where(s.next_at <= now, s.whose > after)
    return [_subscription(row) for row in await connection.execute(query.order_by(s.whose).limit(most))]


def _subscription(row: Any) -> Subscription:
    schedule = Schedule(Cadence(row.cadence), row.minute, Weekday(row.weekday))
    return Subscription(row.whose, schedule, row.next_at, row.last_at)


# -- editions -----------------------------------------------------------------------------------------


async def made(connection: Connection, edition: Edition) -> None:
    """Keep that it was made; those of long ago are forgotten. A second one of the same time is an error."""
    old = delete(tables.digest_editions).where(e.whose == edition.whose, e.due < edition.due - _KEPT_SECONDS)
    await connection.execute(old)
    row = {**asdict(edition), "shown": json.dumps(edition.shown)}
    await connection.execute(insert(tables.digest_editions).values(row))


async def edition(connection: Connection, whose: str, due: int) -> Edition | None:
    return await _edition(connection, select(tables.digest_editions).where(e.whose == whose, e.due == due))


async def last_edition(connection: Connection, whose: str) -> Edition | None:
    query = select(tables.digest_editions).where(e.whose == whose).order_by(e.due.desc()).limit(1)
    return await _edition(connection, query)


async def forget_edition(connection: Connection, one: Edition) -> None:
    gone = delete(tables.digest_editions).where(e.whose == one.whose, e.due == one.due)
    await connection.execute(gone)


async def _edition(connection: Connection, query: Any) -> Edition | None:
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return Edition(row.whose, row.due, row.begins, tuple(json.loads(row.shown)), row.rights)


async def shows(connection: Connection, edition: Edition) -> None:
    """It was made anew, before it was sent."""
    row = {**asdict(edition), "shown": json.dumps(edition.shown)}
    await upsert(connection, tables.digest_editions, [row])


async def rights(connection: Connection, whose: str) -> str:
    """Other than it was if a network, a group or a ban was changed since, or what the person is in."""
    revision = await journal.mark(connection, LANDSCAPE)
    there = await rooms.places_of(connection, UserId(whose)) if whose.startswith("@") else []
    inside = sorted(place for place, how in there if how == "join" and not place.is_direct)
    return hashlib.sha256(json.dumps([revision, inside]).encode()).hexdigest()[:32]


async def unsent(connection: Connection, before: float) -> list[str]:
    """The keys under which editions wait in the outbox since before that time."""
    waits = select(o.key).where(o.status == "waiting", o.created_at < before, o.key.contains(":digest:"))
    return [str(key) for key in (await connection.execute(waits.order_by(o.seq))).scalars()]


async def drop(connection: Connection, key: str) -> bool:
    """It is not to be sent as it is; whether it still waited."""
    gone = delete(tables.outbox).where(o.key == key, o.status == "waiting").returning(o.seq)
    return (await connection.execute(gone)).first() is not None


async def last_said(connection: Connection, rooms: Collection[str]) -> str | None:
    """The key of what the bot has said last in that room, which has these names."""
    query = select(o.key).where(o.room.in_(rooms), o.status == "done").order_by(o.seq.desc()).limit(1)
    key = (await connection.execute(query)).scalar()
    return None if key is None else str(key)


async def key_of(connection: Connection, event: EventId) -> str | None:
    """The key of what the bot has said by that event."""
    key = (await connection.execute(select(o.key).where(o.event_id == event))).scalar()
    return None if key is None else str(key)


# -- choices ------------------------------------------------------------------------------------------


async def turned_off(connection: Connection, person: UserId) -> frozenset[NetworkId]:
    rows = await connection.execute(select(w.network).where(w.person == person))
    return frozenset(NetworkId(network) for network in rows.scalars())


async def turn(connection: Connection, person: UserId, network: NetworkId, *, on: bool) -> None:
    if on:
        gone = delete(tables.digests_without).where(w.person == person, w.network == network)
        await connection.execute(gone)
    else:
        await upsert(connection, tables.digests_without, [{"person": person, "network": network}])


async def zone(connection: Connection, person: UserId) -> str:
    """The name of the time zone that they chose, empty if none."""
    return str((await connection.execute(select(z.zone).where(z.person == person))).scalar() or "")


async def set_zone(connection: Connection, person: UserId, name: str) -> None:
    await upsert(connection, tables.timezones, [{"person": person, "zone": name}])


async def forget_person(connection: Connection, user: UserId) -> None:
    """Forget all that is kept here of that person."""
    kept: Sequence[Any] = (
        delete(tables.digest_subscriptions).where(s.whose == user),
        delete(tables.digest_editions).where(e.whose == user),
        delete(tables.digests_without).where(w.person == user),
        delete(tables.timezones).where(z.person == user),
    )
    for statement in kept:
        await connection.execute(statement)
