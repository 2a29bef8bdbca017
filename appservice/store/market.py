"""Offers, wants and asks in tables; what is found of them is in the index in the same commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, delete, or_, select, update

from appservice.codec import place_id
from appservice.store import indexing, tables
from appservice.store.database import Connection, upsert
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.market import SHOWN_SECONDS, Ask, Posting, Said, State, Terms, entry_of

p = tables.postings.c
a = tables.posting_asks.c
_CHUNK = 500


async def keep(connection: Connection, posting: Posting) -> None:
    """Keep it as it is now. It is in the index as long as it is open; that it expires is the query's."""
    row = {**asdict(posting), "terms": posting.terms or ""}
    await upsert(connection, tables.postings, [row])
    is_open = posting.state is State.OPEN
    gone = [] if is_open else [(posting.kind, str(posting.number))]
    await indexing.put(connection, [entry_of(posting)] if is_open else [], gone)


async def numbered(connection: Connection, numbers: Collection[int]) -> list[Posting]:
    found: list[Posting] = []
    for chunk in _chunks(sorted(numbers)):
        found += await _postings(connection, select(tables.postings).where(p.number.in_(chunk)))
    return found


async def of(connection: Connection, owner: UserId) -> list[Posting]:
    query = select(tables.postings).where(p.owner == owner)
    return await _postings(connection, query.order_by(p.made_at, p.number))


async def to_remind_of(connection: Connection, now: float) -> list[Posting]:
    """What stands and whose owner is to be asked by now whether it still holds."""
    due = and_(p.state == State.OPEN.value, p.remind_at <= now, p.ends_at > now)
    return await _postings(connection, select(tables.postings).where(due).order_by(p.number))


async def standing(connection: Connection, now: float, owner: UserId | None = None) -> list[Posting]:
    """All that stands, or what of `owner` does."""
    query = select(tables.postings).where(p.state == State.OPEN.value, p.ends_at > now)
    if owner is not None:
        query = query.where(p.owner == owner)
    return await _postings(connection, query.order_by(p.number))


async def made_between(connection: Connection, start: float, end: float, now: float) -> list[Posting]:
    """What was made at `start` or later and before `end`, and stands, the newest first."""
    query = select(tables.postings).where(p.made_at >= start, p.made_at < end)
    query = query.where(p.state == State.OPEN.value, p.ends_at > now)
    return await _postings(connection, query.order_by(p.made_at.desc(), p.number))


async def ending_between(connection: Connection, now: float, until: float) -> list[Posting]:
    """What stands at `now` and no longer at `until`, the first to end first."""
    query = select(tables.postings).where(p.ends_at > now, p.ends_at <= until, p.state == State.OPEN.value)
    return await _postings(connection, query.order_by(p.ends_at, p.number))


async def standing_in(connection: Connection, network: NetworkId, now: float) -> list[Posting]:
    query = select(tables.postings).where(p.network == network, p.state == State.OPEN.value, p.ends_at > now)
    return await _postings(connection, query.order_by(p.number))


async def joined_by_owners(
    connection: Connection, owner: UserId | None = None
) -> dict[UserId, frozenset[PlaceId]]:
    """The places in whose rooms those are who have something open, or `owner` alone."""
    m, r = tables.memberships.c, tables.rooms.c
    whose = select(p.owner).where(p.state == State.OPEN.value)
    whose = whose if owner is None else whose.where(p.owner == owner)
    query = select(m.user, r.place).join(tables.rooms, r.room_id == m.room_id)
    found: dict[UserId, set[PlaceId]] = {}
    for row in await connection.execute(query.where(m.membership == "join", m.user.in_(whose))):
        found.setdefault(UserId(row.user), set()).add(place_id(row.place))
    return {user: frozenset(places) for user, places in found.items()}


async def forget(connection: Connection, *, now: float) -> None:
    """Forget text and owner of what has ended long ago; that there was one is all that stays.

    What was asked about it goes too.
    """
    before = now - SHOWN_SECONDS
    over = or_(p.ended_at < before, and_(p.state == State.OPEN.value, p.ends_at < before))
    rows = await connection.execute(select(tables.postings).where(over, p.owner != ""))
    gone = [_posting(row) for row in rows]
    for chunk in _chunks([posting.number for posting in gone]):
        blank = update(tables.postings).where(p.number.in_(chunk))
        await connection.execute(blank.values(owner="", text="", remind_at=None))
        ended = update(tables.postings).where(p.number.in_(chunk), p.state == State.OPEN.value)
        await connection.execute(ended.values(state=State.CLOSED.value, ended_at=p.ends_at))
    await indexing.put(connection, [], [(posting.kind, str(posting.number)) for posting in gone])
    there = select(p.number).where(p.owner != "")
    await connection.execute(delete(tables.posting_asks).where(a.posting.not_in(there)))


async def _postings(connection: Connection, query: Any) -> list[Posting]:
    return [_posting(row) for row in await connection.execute(query)]


def _posting(row: Any) -> Posting:
    values = dict(row._mapping)
    values["kind"], values["state"] = ListingKind(values["kind"]), State(values["state"])
    values["network"], values["owner"] = NetworkId(values["network"]), UserId(values["owner"])
    values["terms"] = Terms(values["terms"]) if values["terms"] else None
    return Posting(**values)


# -- asks ---------------------------------------------------------------------------------------------


async def keep_ask(connection: Connection, ask: Ask, room: PlaceId | None = None) -> None:
    """Keep it as it is now, with the place whose room the two are brought into, once there is one."""
    await upsert(connection, tables.posting_asks, [{**asdict(ask), "room": room or ""}])


async def ask_numbered(connection: Connection, number: int) -> Ask | None:
    found = await _asks(connection, select(tables.posting_asks).where(a.number == number))
    return next(iter(found), None)


async def asks_by(connection: Connection, asker: UserId) -> list[Ask]:
    query = select(tables.posting_asks).where(a.asker == asker)
    return await _asks(connection, query.order_by(a.asked_at, a.number))


async def asks_about(connection: Connection, postings: Collection[int]) -> list[Ask]:
    found: list[Ask] = []
    for chunk in _chunks(sorted(postings)):
        query = select(tables.posting_asks).where(a.posting.in_(chunk))
        found += await _asks(connection, query.order_by(a.asked_at, a.number))
    return found


async def ask_of_room(connection: Connection, room: PlaceId) -> Ask | None:
    """The ask whose two people are in the room of that place."""
    found = await _asks(connection, select(tables.posting_asks).where(a.room == room))
    return next(iter(found), None)


async def rooms_since(connection: Connection, before: float) -> list[PlaceId]:
    """The places of rooms of two in which the bot is, that were asked for before that time."""
    query = select(a.room).where(a.room != "", a.said_at < before).order_by(a.number)
    return [place_id(room) for room in (await connection.execute(query)).scalars()]


async def forget_room(connection: Connection, room: PlaceId) -> None:
    """The bot has left it to the two."""
    await connection.execute(update(tables.posting_asks).where(a.room == room).values(room=""))


async def _asks(connection: Connection, query: Any) -> list[Ask]:
    return [_ask(row) for row in await connection.execute(query)]


def _ask(row: Any) -> Ask:
    values = dict(row._mapping)
    del values["room"]
    values["asker"], values["said"] = UserId(values["asker"]), Said(values["said"])
    return Ask(**values)


def _chunks(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK))


async def forget_person(connection: Connection, user: UserId) -> None:
    """What they offered or wanted, what was asked about it, and what they asked about others' things."""
    theirs = await of(connection, user)
    await indexing.put(connection, [], [(posting.kind, str(posting.number)) for posting in theirs])
    for chunk in _chunks([posting.number for posting in theirs]):
        await connection.execute(delete(tables.posting_asks).where(a.posting.in_(chunk)))
        await connection.execute(delete(tables.postings).where(p.number.in_(chunk)))
    await connection.execute(delete(tables.posting_asks).where(a.asker == user))


async def rooms_of(connection: Connection, user: UserId) -> list[PlaceId]:
    """The places of the rooms in which the bot brings them together with somebody."""
    theirs = select(p.number).where(p.owner == user)
    query = select(a.room).where(a.room != "", or_(a.asker == user, a.posting.in_(theirs)))
    return [place_id(room) for room in (await connection.execute(query)).scalars()]
