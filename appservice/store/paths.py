"""Ways in and out in tables: who was invited by name, who has no path left; wishes and offers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, exists, select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.paths.ports import Departure, Offer, Wish
from spaces.actions import Invite
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId

_GONE = ("leave", "ban")
_CHUNK = 50
_MOST_DUE = 1000

# -- invited by name --------------------------------------------------------------------------------


async def admit(connection: Connection, place: PlaceId, user: UserId) -> None:
    await upsert(connection, tables.admissions, [{"place": place, "user": user}], replace=False)


async def admitted_to(connection: Connection, place: PlaceId) -> frozenset[UserId]:
    t = tables.admissions.c
    rows = await connection.execute(select(t.user).where(t.place == place))
    return frozenset(UserId(user) for user in rows.scalars())


async def admissions_of(connection: Connection, user: UserId) -> frozenset[PlaceId]:
    t = tables.admissions.c
    rows = await connection.execute(select(t.place).where(t.user == user))
    return frozenset(place_id(place) for place in rows.scalars())


async def drop_admission(connection: Connection, place: PlaceId, user: UserId) -> None:
    t = tables.admissions
    await connection.execute(delete(t).where(t.c.place == place, t.c.user == user))


async def is_being_invited(connection: Connection, place: PlaceId, user: UserId) -> bool:
    """Whether an invitation of the bot's waits in the outbox."""
    t = tables.outbox.c
    waits = (t.key == Invite(place, user).key, t.status == "waiting", t.action.contains('"Invite"'))
    return bool((await connection.execute(select(exists().where(*waits)))).scalar())


# -- who has no path left ---------------------------------------------------------------------------


async def departures(
    connection: Connection, *, place: PlaceId | None = None, user: UserId | None = None
) -> list[Departure]:
    """Those of that place, or of that person."""
    t = tables.departures
    which = t.c.place == place if place is not None else t.c.user == user
    rows = (await connection.execute(select(t).where(which).order_by(t.c.place, t.c.user))).all()
    return [_departure(row) for row in rows]


async def due(connection: Connection, now: float) -> list[Departure]:
    """Whose time has come, the longest first."""
    t = tables.departures
    query = select(t).where(t.c.due_at <= now).order_by(t.c.due_at, t.c.place, t.c.user)
    return [_departure(row) for row in (await connection.execute(query.limit(_MOST_DUE))).all()]


def _departure(row: Any) -> Departure:
    return Departure(place_id(row.place), UserId(row.user), row.told_at, row.due_at)


async def save_departure(connection: Connection, one: Departure) -> None:
    row = {"place": one.place, "user": one.user, "told_at": one.told_at, "due_at": one.due_at}
    await upsert(connection, tables.departures, [row])


async def drop_departure(connection: Connection, place: PlaceId, user: UserId) -> None:
    t = tables.departures
    await connection.execute(delete(t).where(t.c.place == place, t.c.user == user))


# -- what is to be looked at again ------------------------------------------------------------------


async def mark(connection: Connection, subjects: Collection[PlaceId | UserId], *, after: float = 0.0) -> None:
    """Have the paths of these places and people looked at, at the earliest at that time."""
    rows = [{"subject": subject, "after": after} for subject in sorted(subjects)]
    await upsert(connection, tables.recounts, rows)


async def marked(connection: Connection, now: float) -> list[PlaceId | UserId]:
    """Some of those to be looked at, by now."""
    t = tables.recounts.c
    query = select(t.subject).where(t.after <= now).order_by(t.after, t.subject).limit(_CHUNK)
    subjects = (await connection.execute(query)).scalars()
    return [UserId(found) if found.startswith("@") else place_id(found) for found in subjects]


async def unmark(connection: Connection, subject: PlaceId | UserId) -> None:
    t = tables.recounts
    await connection.execute(delete(t).where(t.c.subject == subject))


# -- what somebody wants to join --------------------------------------------------------------------


async def wishes(connection: Connection, user: UserId) -> list[Wish]:
    t = tables.wishes
    rows = (await connection.execute(select(t).where(t.c.user == user).order_by(t.c.place))).all()
    return [Wish(place_id(row.place), place_id(row.via), row.with_groups) for row in rows]


async def save_wish(connection: Connection, user: UserId, wish: Wish) -> None:
    row = {"user": user, "place": wish.place, "via": wish.via, "with_groups": wish.with_groups}
    await upsert(connection, tables.wishes, [row])


async def drop_wish(connection: Connection, user: UserId, place: PlaceId) -> None:
    t = tables.wishes
    await connection.execute(delete(t).where(t.c.user == user, t.c.place == place))


# -- what is offered --------------------------------------------------------------------------------


async def offer(connection: Connection, user: UserId) -> tuple[Offer | None, bool]:
    """What is offered to them, if anything, and whether they have said stop."""
    t = tables.offers
    row = (await connection.execute(select(t).where(t.c.user == user))).one_or_none()
    if row is None:
        return None, False
    if row.network is None:
        return None, row.stopped
    groups = tuple(GroupId(group) for group in json.loads(row.groups))
    return Offer(NetworkId(row.network), groups, row.offered_at), row.stopped


async def save_offer(connection: Connection, user: UserId, one: Offer | None, *, stopped: bool) -> None:
    row: Mapping[str, Any] = {
        "user": user,
        "network": one.network if one else None,
        "groups": json.dumps(one.groups if one else []),
        "offered_at": one.offered_at if one else 0.0,
        "stopped": stopped,
    }
    await upsert(connection, tables.offers, [row])


async def has_gone(connection: Connection, place: PlaceId, user: UserId) -> bool:
    """Whether they have left the place's room, or declined to come."""
    m, r = tables.memberships.c, tables.rooms.c
    query = select(m.membership).where(m.user == user, m.room_id == r.room_id, r.place == place)
    return (await connection.execute(query)).scalar() in _GONE


async def is_direct_with(connection: Connection, user: UserId) -> bool:
    t = tables.conversations.c
    return bool((await connection.execute(select(exists().where(t.person == user)))).scalar())
