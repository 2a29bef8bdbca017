"""Who is where, asked for by a rule such as `@*:bad.example`."""

from __future__ import annotations

from sqlalchemy import select

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection
from spaces.bans import fits
from spaces.identifiers import PlaceId, UserId

_PRESENT = ("join", "invite", "knock")
_ESCAPE = "\\"
m = tables.memberships.c
r = tables.rooms.c


async def present(connection: Connection, rule: str) -> list[tuple[PlaceId, UserId]]:
    """Everyone whom the rule means, with each place in whose room they are, or are invited to."""
    query = (
        select(r.place, m.user)
        .join(tables.rooms, r.room_id == m.room_id)
        .where(m.membership.in_(_PRESENT), m.user.ilike(_pattern(rule), escape=_ESCAPE))
    )
    rows = await connection.execute(query.order_by(r.place, m.user))
    found = [(place_id(row.place), UserId(row.user)) for row in rows if fits(rule, row.user)]
    return [(place, user) for place, user in found if not place.is_direct]


async def membership(connection: Connection, place: PlaceId, user: UserId) -> str | None:
    """Theirs in the room of `place`."""
    query = select(m.membership).join(tables.rooms, r.room_id == m.room_id)
    found: str | None = (await connection.execute(query.where(r.place == place, m.user == user))).scalar()
    return found


def _pattern(rule: str) -> str:
    """The rule for SQL's LIKE."""
    escaped = "".join(_ESCAPE + c if c in (_ESCAPE, "%", "_") else c for c in rule)
    return escaped.replace("*", "%").replace("?", "_")
