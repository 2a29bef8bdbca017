"""Forgetting one person, in whichever table they are named; and the file itself without what was deleted.

What names a person goes with its row, or names nobody any more, as `PERSONAL` says; whatever else names
them loses the name. What several tables tell together is forgotten by the file that keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, and_, delete, func, or_, select, text, update

from appservice.store import (
    activity,
    announcements,
    arrivals,
    calendar,
    digests,
    journal,
    listings,
    market,
    profiles,
    stories,
    tables,
)
from appservice.store.database import Connection, Database, upsert
from appservice.store.holding import is_text, naming_in, read_json, rule_of, searched
from spaces.forgetting import naming, without_names
from spaces.identifiers import DirectId, RoomId, UserId
from spaces.profiles import Profile

e = tables.erasures.c
_MARK = "to be compacted"
_THE_LOG = "the log"  # and nothing else
_PATIENCE_MS = 200
_BY_THEMSELVES = (digests, activity, stories, announcements, calendar, arrivals, listings, market)
_IN_THEIR_ROOM = (
    tables.rooms,
    tables.memberships,
    tables.encrypted_rooms,
    tables.awaited,
    tables.conversations,
    tables.undertakings,
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody who asked to be forgotten. `begun`: what has to be done in Matrix for it is on its way."""

    user: UserId
    stub: str
    asked_at: float
    begun: bool
    stays: bool


async def erasures(connection: Connection) -> list[Erasure]:
    rows = await connection.execute(select(tables.erasures).order_by(e.asked_at, e.user))
    return [Erasure(UserId(row.user), row.stub, row.asked_at, row.begun, row.stays) for row in rows]


async def keep(connection: Connection, one: Erasure) -> None:
    row = {"stub": one.stub, "asked_at": one.asked_at, "begun": one.begun, "stays": one.stays}
    await upsert(connection, tables.erasures, [{"user": one.user, **row}])


# -- at once --------------------------------------------------------------------------------------------


async def erase_what_is_shown(connection: Connection, user: UserId) -> None:
    """Whatever others may find, and what the features keep: it is gone with this commit."""
    await profiles.keep(connection, Profile(user))
    for store in _BY_THEMSELVES:
        await store.forget_person(connection, user)


# -- in the end -----------------------------------------------------------------------------------------


async def direct_rooms(connection: Connection, user: UserId) -> list[RoomId]:
    """The rooms in which just they and the bot are."""
    c = tables.conversations.c
    found = await connection.execute(select(c.room_id).where(c.person == user).order_by(c.room_id))
    return [RoomId(room) for room in found.scalars()]


async def is_waited_for(connection: Connection, user: UserId) -> bool:
    """Whether anything that is still to be done in Matrix is for them, or names them."""
    o, u = tables.outbox.c, tables.undertakings.c
    here = [*await direct_rooms(connection, user)]
    query = select(o.room, o.key, o.action).where(o.status == "waiting")
    rows = await connection.execute(query.where(or_(o.room.in_(here), naming_in(o.action, user))))
    named = naming(user)
    if any(row.room in here or named.search(row.key) or named.search(row.action) for row in rows):
        return True
    waits = select(u.id).where(u.person == user, u.status != "done").limit(1)
    return (await connection.execute(waits)).first() is not None


async def erase(connection: Connection, one: Erasure, devices: Collection[str] = ()) -> None:
    """Every table but the landscape's, which the unit of work changes; rows that nobody can read as well.

    `devices` are the keys by which their devices were known.
    """
    d = tables.deciphered.c
    await connection.execute(delete(tables.deciphered).where(d.sender_key.in_(list(devices))))
    for room in [*await direct_rooms(connection, one.user), *await _rooms_with_another(connection, one.user)]:
        await _erase_room(connection, room, one.stub)
    await _erase_traffic(connection, one.user)
    await _erase_log(connection, one)
    for table in tables.metadata.sorted_tables:
        if not rule_of(table).spared and not (one.stays and table is tables.memberships):
            await _erase_from(connection, table, one.user, one.stub)
    if one.stays:
        await _leave_membership(connection, one.user)
    await connection.execute(delete(tables.erasures).where(e.user == one.user))
    await journal.set_mark(connection, _MARK, "yes")


async def _rooms_with_another(connection: Connection, user: UserId) -> list[RoomId]:
    """The rooms into which the bot has brought them and somebody else: they bear what it was about."""
    r, named = tables.rooms.c, naming(user)
    query = select(r.room_id, r.expected).where(
        r.place.startswith(DirectId.prefix), naming_in(r.expected, user)
    )
    rows = await connection.execute(query)
    return [RoomId(row.room_id) for row in rows if row.room_id and named.search(row.expected)]


async def _erase_room(connection: Connection, room: RoomId, stub: str) -> None:
    """Their direct room, and the place that the bot made it as, whose name is made of theirs."""
    r, o, a = tables.rooms.c, tables.outbox.c, tables.audit.c
    place = (await connection.execute(select(r.place).where(r.room_id == room))).scalar()
    named = [room, *([place] if place else [])]
    await connection.execute(delete(tables.outbox).where(o.room.in_(named)))
    await connection.execute(update(tables.audit).where(a.about.in_(named)).values(about=stub))
    for table in _IN_THEIR_ROOM:
        await connection.execute(delete(table).where(table.c.room_id == room))


async def _erase_traffic(connection: Connection, user: UserId) -> None:
    """What came in and could not be handled keeps its id alone; what was said is not remembered."""
    t, o, named = tables.events.c, tables.outbox.c, naming(user)
    events = await connection.execute(select(t.seq, t.body).where(naming_in(t.body, user)))
    gone = [row.seq for row in events if named.search(row.body)]
    for seq in gone:
        blank = {"body": None, "reason": None, "status": "handled"}
        await connection.execute(update(tables.events).where(t.seq == seq).values(blank))
    columns = (o.key, o.room, o.action, o.reason)
    query = select(o.seq, *columns).where(or_(*(naming_in(column, user) for column in columns)))
    told = f"Say:tell:{user}:"
    for row in (await connection.execute(query)).all():
        texts = (row.key, row.room, row.action, row.reason or "")
        if row.key.startswith(told) or any(named.search(text_) for text_ in texts):
            await connection.execute(delete(tables.outbox).where(o.seq == row.seq))


async def _erase_log(connection: Connection, one: Erasure) -> None:
    """What was done and when stays, with a stub for who did it or to whom; it can be undone no more."""
    a = tables.audit.c
    await connection.execute(update(tables.audit).where(a.who == one.user).values(who=one.stub))
    columns = (a.who, a.what, a.about, a.before, a.after, a.difference)
    query = select(a.id, *columns).where(or_(*(naming_in(column, one.user) for column in columns)))
    named = naming(one.user)
    for row in (await connection.execute(query)).all():
        hits = {c.name: said for c in columns if (said := row._mapping[c.name]) and named.search(said)}
        values: dict[str, Any] = {name: named.sub(one.stub, said) for name, said in hits.items()}
        if "difference" in hits:
            values["difference"] = _difference(hits["difference"], one)
        if values:
            await connection.execute(update(tables.audit).where(a.id == row.id).values(values))


def _difference(kept: str, one: Erasure) -> str | None:
    """Without each change that is about them; nobody is named by whom another was asked for."""
    named, changes = naming(one.user), read_json(kept)
    if not isinstance(changes, list):
        return None
    left = [change for change in changes if not named.search(json.dumps(_about(change)))]
    return json.dumps(without_names(left, one.user, one.stub)) if left else None


def _about(change: Any) -> Any:
    """A change without who asked for it: what is left tells whom it is about."""
    if isinstance(change, dict):
        return {key: value for key, value in change.items() if key != "by"}
    return [_about(part) for part in change] if isinstance(change, list) else change


async def _erase_from(connection: Connection, table: Table, user: UserId, stub: str) -> None:
    rule = rule_of(table)
    for name in rule.goes:
        await connection.execute(delete(table).where(table.c[name] == user))
    for name in rule.signed:
        nobody = None if table.c[name].nullable else stub
        await connection.execute(update(table).where(table.c[name] == user).values({name: nobody}))
    columns = searched(table)
    if not columns:
        return
    query = select(table).where(or_(*(naming_in(column, user) for column in columns)))
    for row in (await connection.execute(query)).all():
        await _clean(connection, table, row._asdict(), user, stub)


async def _clean(
    connection: Connection, table: Table, row: Mapping[str, Any], user: UserId, stub: str
) -> None:
    """A row in which they are named somewhere: it goes if that makes it what it is, else the name does."""
    named, keys = naming(user), {column.name for column in table.primary_key}
    hits = [column for column in searched(table) if row[column.name] and named.search(row[column.name])]
    here = and_(*(table.c[name] == row[name] for name in keys))
    if any(column.name in keys or column.unique for column in hits):
        await connection.execute(delete(table).where(here))
    elif hits:
        drops = rule_of(table).drops
        values = {c.name: _cleaned(c, row[c.name], user, stub, drops) for c in hits}
        await connection.execute(update(table).where(here).values(values))


def _cleaned(column: Column[Any], kept: str, user: UserId, stub: str, drops: bool) -> str | None:
    if kept[:1] in ("[", "{") and (value := read_json(kept)) != kept:
        return json.dumps(without_names(value, user, stub, drops=drops))
    return None if column.nullable and kept == user else naming(user).sub(stub, kept)


async def _leave_membership(connection: Connection, user: UserId) -> None:
    """That they are there, and nothing else, as Matrix itself shows it."""
    m = tables.memberships.c
    gone = delete(tables.memberships).where(m.user == user, m.membership.not_in(["join", "invite", "ban"]))
    await connection.execute(gone)
    bare = {"display_name": None, "skeleton": None, "since": None}
    await connection.execute(update(tables.memberships).where(m.user == user).values(bare))


async def are_named(connection: Connection, user: UserId) -> Collection[str]:
    """The tables in which they are still named, but for the words of others."""
    return [
        table.name for table in tables.metadata.sorted_tables if await _is_named_in(connection, table, user)
    ]


async def _is_named_in(connection: Connection, table: Table, user: UserId) -> bool:
    named, words = naming(user), rule_of(table).words
    columns = [column for column in table.columns if is_text(column) and column.name not in words]
    if not columns:
        return False
    query = select(*columns).where(or_(*(naming_in(column, user) for column in columns)))
    rows = (await connection.execute(query)).all()
    return any(said and named.search(said) for row in rows for said in row)


# -- the file -------------------------------------------------------------------------------------------


async def is_to_compact(connection: Connection) -> bool:
    """Whether what was deleted may still stand in the file."""
    return await journal.mark(connection, _MARK) is not None


async def compact(database: Database) -> bool:
    """Write SQLite's file anew, without what was deleted from it; whether nothing of it is left.

    A reader keeps the log of earlier pages: then the log alone is tried again. PostgreSQL does so by itself.
    """
    if database.is_sqlite:
        async with database.reading() as connection:
            is_anew = await journal.mark(connection, _MARK) == _THE_LOG
        if not is_anew:
            await _write_anew(database)
        if not await _log_emptied(database):
            return False
    async with database.writing() as connection:
        await journal.clear_mark(connection, _MARK)
    return True


async def _write_anew(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO directory_words(directory_words) VALUES ('optimize')"))
    async with database.alone() as connection:
        await connection.execute(text("VACUUM"))
        await journal.set_mark(connection, _MARK, _THE_LOG)


async def _log_emptied(database: Database) -> bool:
    """Nothing is written meanwhile, so it waits for no reader who takes long."""
    async with database.alone() as connection:
        [patience] = (await connection.execute(text("PRAGMA busy_timeout"))).one()
        await connection.execute(text(f"PRAGMA busy_timeout = {_PATIENCE_MS}"))
        try:
            [is_busy, *_] = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
        finally:
            await connection.execute(text(f"PRAGMA busy_timeout = {patience}"))
    return not is_busy


async def how_many(connection: Connection) -> int:
    """How many wait to be forgotten."""
    return int((await connection.execute(select(func.count()).select_from(tables.erasures))).scalar_one())
