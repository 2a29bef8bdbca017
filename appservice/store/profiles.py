"""What people say about themselves, in tables; and whose entries in the directory are to be looked at.

What may change who finds somebody marks them in the same commit, before the end of which they are
brought to what they should be (`appservice.profiles.follow_people`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, bindparam, delete, select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.profiles import NOBODY, Audience, Field, Profile

p, s, c = tables.profiles.c, tables.profile_shown.c, tables.profile_checks.c
_m, _r = tables.memberships.c, tables.rooms.c
_CHUNK = 500
_THERE = ("join", "invite")
_EVERYONE = ""
_MAY_BE = "somebody may be marked"  # of a connection to the database: since it was asked last

# Once for each unit of work, so built once.
_MARKED = select(c.user)
_THOSE_IN = select(p.user).where(
    p.user.in_(
        select(_m.user).join(tables.rooms, _r.room_id == _m.room_id).where(_r.place == bindparam("place"))
    )
)
_NAMES = (
    select(_r.place, _m.display_name)
    .join(tables.rooms, _r.room_id == _m.room_id)
    .where(_m.user == bindparam("user"), _m.membership.in_(_THERE), _m.display_name.is_not(None))
)


async def profile_of(connection: Connection, user: UserId) -> Profile:
    """What they have written; of who has written nothing, an empty one."""
    row = (await connection.execute(select(tables.profiles).where(p.user == user))).one_or_none()
    if row is None:
        return Profile(user)
    texts = {one: text for one in Field if (text := row._mapping[one.value])}
    shown: dict[Field, Audience] = {}
    for seen in await connection.execute(select(s.field, s.network).where(s.user == user)):
        one = Field(seen.field)
        shown[one] = _wider(shown.get(one, NOBODY), seen.network)
    return Profile(user, texts, shown)


def _wider(audience: Audience, network: str) -> Audience:
    if network == _EVERYONE:
        return Audience(True, audience.networks)
    return Audience(audience.everyone, audience.networks | {NetworkId(network)})


async def keep(connection: Connection, profile: Profile) -> None:
    """Keep it instead of what there was. What follows for the directory is marked."""
    await connection.execute(delete(tables.profile_shown).where(s.user == profile.user))
    if not profile.texts:
        await connection.execute(delete(tables.profiles).where(p.user == profile.user))
    else:
        row = {one.value: profile.texts.get(one, "") for one in Field}
        await upsert(connection, tables.profiles, [{"user": profile.user, **row}])
        await upsert(connection, tables.profile_shown, list(_shown_in(profile)))
    await _mark(connection, [profile.user])


def _shown_in(profile: Profile) -> Iterable[dict[str, str]]:
    for one in profile.fields:
        audience = profile.audience(one)
        for network in [*([_EVERYONE] if audience.everyone else []), *sorted(audience.networks)]:
            yield {"user": profile.user, "field": one.value, "network": network}


async def networks_shown_to(connection: Connection) -> frozenset[NetworkId]:
    """All to whose members anybody shows anything."""
    query = select(s.network).where(s.network != _EVERYONE).distinct()
    return frozenset(NetworkId(network) for network in (await connection.execute(query)).scalars())


async def names_of(connection: Connection, user: UserId) -> list[tuple[PlaceId, str]]:
    """What they are called in the rooms of places."""
    rows = await connection.execute(_NAMES, {"user": user})
    return [(place_id(row.place), row.display_name) for row in rows]


# -- who is to be looked at ---------------------------------------------------------------------------


async def mark(connection: Connection, users: Collection[UserId]) -> None:
    """Those of them who have a profile."""
    each = sorted(users)
    for start in range(0, len(each), _CHUNK):
        await _mark_found(connection, select(p.user).where(p.user.in_(each[start : start + _CHUNK])))


async def mark_those_in(connection: Connection, place: PlaceId) -> None:
    """Who is in the place's room, which becomes another."""
    await _mark(connection, (await connection.execute(_THOSE_IN, {"place": place})).scalars().all())


async def mark_shown_to(connection: Connection, networks: Collection[NetworkId] | None) -> None:
    """Who shows something to members of these networks; with None, whoever shows anything to anybody."""
    query = select(s.user).distinct()
    await _mark_found(connection, query if networks is None else query.where(s.network.in_(sorted(networks))))


async def _mark_found(connection: Connection, query: Select[Any]) -> None:
    await _mark(connection, (await connection.execute(query)).scalars().all())


async def _mark(connection: Connection, users: Iterable[str]) -> None:
    if marked := [{"user": user} for user in users]:
        connection.info[_MAY_BE] = True
        await upsert(connection, tables.profile_checks, marked, replace=False)


async def take_marked(connection: Connection) -> list[UserId]:
    """Those who are marked, and are so no more."""
    if not connection.info.get(_MAY_BE, True):
        return []
    marked = [UserId(user) for user in (await connection.execute(_MARKED)).scalars()]
    if marked:
        await connection.execute(delete(tables.profile_checks))
    else:  # those who were found are there again, if what takes them away is undone
        connection.info[_MAY_BE] = False
    return marked
