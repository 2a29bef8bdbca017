"""What takes place, who has said that they come, and the addresses of people's calendars, in tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId
from spaces.occasions import KEPT_SECONDS, Occasion, State, Yes

o = tables.occasions.c
a = tables.occasion_answers.c
c = tables.calendar_addresses.c
_CHUNK = 500
_UNKNOWN_SECONDS = 86_400.0
_over_at = func.coalesce(o.ends_at, o.starts_at)


async def keep(connection: Connection, occasion: Occasion) -> None:
    await upsert(connection, tables.occasions, [asdict(occasion)])


async def numbered(connection: Connection, number: int) -> Occasion | None:
    found = await _occasions(connection, select(tables.occasions).where(o.number == number))
    return next(iter(found), None)


async def ahead(connection: Connection, networks: Collection[NetworkId], now: float) -> list[Occasion]:
    """What stands in these networks and is not over, by date."""
    is_ahead = and_(o.state == State.STANDS.value, _over_at > now)
    return await _in_networks(connection, networks, is_ahead)


async def shown_in_calendars(
    connection: Connection, networks: Collection[NetworkId], now: float
) -> list[Occasion]:
    """What is ahead in these networks or not long over, with what is cancelled, by date."""
    return await _in_networks(connection, networks, _over_at >= now - KEPT_SECONDS)


async def _in_networks(connection: Connection, networks: Collection[NetworkId], which: Any) -> list[Occasion]:
    ordered, found = sorted(networks), list[Occasion]()
    for start in range(0, len(ordered), _CHUNK):
        some = o.network.in_(ordered[start : start + _CHUNK])
        found += await _occasions(connection, select(tables.occasions).where(some, which))
    return sorted(found, key=lambda one: (one.starts_at, one.number))


async def beginning(
    connection: Connection, after: float, before: float, made: tuple[float, float]
) -> list[Occasion]:
    """What stands and begins after that time: before the second one, or made between these two."""
    is_new = and_(o.made_at >= made[0], o.made_at < made[1])
    near = or_(o.starts_at < before, is_new)
    query = select(tables.occasions).where(o.state == State.STANDS.value, o.starts_at > after, near)
    return await _occasions(connection, query.order_by(o.starts_at, o.number))


async def to_remind_of(connection: Connection, now: float) -> list[Occasion]:
    """What has not begun, and of which those who come are to be reminded by now."""
    due = and_(o.state == State.STANDS.value, o.remind_at <= now, o.starts_at > now)
    return await _occasions(connection, select(tables.occasions).where(due).order_by(o.number))


async def said_by(connection: Connection, room: RoomId, event: EventId) -> Occasion | None:
    """What the message `event` in that very room tells of."""
    query = select(tables.occasions).where(o.room == room, o.event == event)
    return next(iter(await _occasions(connection, query)), None)


async def awaits_its_message(connection: Connection, network: NetworkId) -> bool:
    """Whether something stands there whose message has no known event yet."""
    query = select(o.number).where(o.network == network, o.event.is_(None), o.state == State.STANDS.value)
    return (await connection.execute(query.limit(1))).first() is not None


async def _occasions(connection: Connection, query: Any) -> list[Occasion]:
    return [_occasion(row) for row in await connection.execute(query)]


def _occasion(row: Any) -> Occasion:
    values = dict(row._mapping)
    values["network"], values["owner"] = NetworkId(values["network"]), UserId(values["owner"])
    values["state"] = State(values["state"])
    values["room"] = RoomId(values["room"]) if values["room"] else None
    values["event"] = EventId(values["event"]) if values["event"] else None
    return Occasion(**values)


# -- who comes ----------------------------------------------------------------------------------------


async def note_yes(
    connection: Connection,
    room: str,
    event: str,
    person: UserId,
    now: float,
    *,
    target: str = "",
    occasion: int | None,
    again: bool = False,
) -> None:
    """One yes. What is there already, taken back or not, stays as it is, unless it can be said `again`."""
    row = {
        "room": room,
        "event": event,
        "target": target,
        "occasion": occasion,
        "person": person,
        "at": now,
        "taken_back": False,
    }
    await upsert(connection, tables.occasion_answers, [row], replace=again)


async def take_back(connection: Connection, room: RoomId, event: EventId) -> None:
    """That reaction counts no more."""
    it = and_(a.room == room, a.event == event)
    await connection.execute(update(tables.occasion_answers).where(it).values(taken_back=True))


async def who_reacted(connection: Connection, room: RoomId, event: EventId) -> UserId | None:
    """Whose yes that reaction is."""
    found = (await connection.execute(select(a.person).where(a.room == room, a.event == event))).scalar()
    return UserId(found) if found else None


async def take_back_all(connection: Connection, number: int, person: UserId) -> None:
    theirs = and_(a.occasion == number, a.person == person)
    await connection.execute(update(tables.occasion_answers).where(theirs).values(taken_back=True))


async def found_out(connection: Connection, number: int, room: RoomId, event: EventId) -> None:
    """That is its message: what was put on it before we knew is put on it, too."""
    its = update(tables.occasions).where(o.number == number)
    await connection.execute(its.values(room=room, event=event))
    on_it = and_(a.room == room, a.target == event, a.occasion.is_(None))
    await connection.execute(update(tables.occasion_answers).where(on_it).values(occasion=number))


async def answers(connection: Connection, number: int) -> list[Yes]:
    """All of it that there was, the first first."""
    query = select(a.person, a.taken_back).where(a.occasion == number).order_by(a.at, a.event)
    return [Yes(UserId(row.person), row.taken_back) for row in await connection.execute(query)]


async def joined_by_who_answered(connection: Connection, number: int) -> dict[UserId, frozenset[PlaceId]]:
    """The places in whose rooms those are who have said yes."""
    m, r = tables.memberships.c, tables.rooms.c
    whose = select(a.person).where(a.occasion == number, a.taken_back.is_(False))
    query = select(m.user, r.place).join(tables.rooms, r.room_id == m.room_id)
    found: dict[UserId, set[PlaceId]] = {}
    for row in await connection.execute(query.where(m.membership == "join", m.user.in_(whose))):
        found.setdefault(UserId(row.user), set()).add(place_id(row.place))
    return {user: frozenset(places) for user, places in found.items()}


# -- addresses ----------------------------------------------------------------------------------------


async def sealed_of(connection: Connection, user: UserId) -> tuple[str, str] | None:
    """The digest of the address that they have, and the address, sealed."""
    row = (await connection.execute(select(c.digest, c.sealed).where(c.user == user))).one_or_none()
    return None if row is None else (row.digest, row.sealed)


async def keep_address(connection: Connection, user: UserId, digest: str, sealed: str, now: float) -> None:
    """From now on that is theirs, and none that they had before."""
    row = {"user": user, "digest": digest, "sealed": sealed, "made_at": now}
    await upsert(connection, tables.calendar_addresses, [row])


async def whose(connection: Connection, digest: str) -> UserId | None:
    found = (await connection.execute(select(c.user).where(c.digest == digest))).scalar()
    return UserId(found) if found else None


# -- forgetting ---------------------------------------------------------------------------------------


async def forget(connection: Connection, *, now: float) -> None:
    """Forget what is long over, and who came."""
    await connection.execute(delete(tables.occasions).where(_over_at < now - KEPT_SECONDS))
    gone = and_(a.occasion.is_not(None), a.occasion.not_in(select(o.number)))
    unknown = and_(a.occasion.is_(None), a.at < now - _UNKNOWN_SECONDS)
    await connection.execute(delete(tables.occasion_answers).where(or_(gone, unknown)))


async def forget_person(connection: Connection, user: UserId) -> None:
    """Forget whether they come, their address, and that it was they who noted something."""
    await connection.execute(delete(tables.occasion_answers).where(a.person == user))
    await connection.execute(delete(tables.calendar_addresses).where(c.user == user))
    await connection.execute(update(tables.occasions).where(o.owner == user).values(owner=""))
