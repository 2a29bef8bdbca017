"""Who was invited or asked, lists of people with what came of each, and what was shown to somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from appservice.codec import place_id, sentence_from_json, sentence_to_json
from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.invitations.ports import Listed
from spaces.identifiers import PlaceId, UserId
from spaces.invitations import Invitation, Outcome, Result
from spaces.sentences import Sentence

_CHUNK = 500
i = tables.invitations.c
o = tables.invitation_outcomes.c
s = tables.invitations_shown.c


@dataclass(frozen=True, slots=True)
class Batch:
    """A list: who asked for it, and what has come of each entry so far, in its order."""

    by: UserId
    outcomes: tuple[Outcome, ...]


async def known(
    connection: Connection, place: PlaceId, users: Collection[UserId]
) -> dict[UserId, Invitation]:
    found: dict[UserId, Invitation] = {}
    for chunk in _chunks(sorted(users)):
        query = select(tables.invitations).where(i.place == place, i.user.in_(chunk))
        rows = (_invitation(row) for row in await connection.execute(query))
        found |= {one.user: one for one in rows}
    return found


async def of_user(connection: Connection, user: UserId) -> list[Invitation]:
    """All that is remembered of somebody, oldest first."""
    query = select(tables.invitations).where(i.user == user).order_by(i.at, i.place)
    return [_invitation(row) for row in await connection.execute(query)]


async def remember(connection: Connection, invitations: Iterable[Invitation], *, batch: str) -> None:
    rows = [
        {
            "place": one.place,
            "user": one.user,
            "state": one.state.value,
            "by": one.by,
            "at": one.at,
            "batch": batch,
        }
        for one in invitations
    ]
    for start in range(0, len(rows), _CHUNK):
        await upsert(connection, tables.invitations, rows[start : start + _CHUNK])


async def came_to(
    connection: Connection,
    place: PlaceId,
    user: UserId,
    state: Result,
    *,
    now: float,
    reason: Sentence | None = None,
) -> None:
    """What was remembered of them there comes to `state`, and so does what waits for it on lists."""
    where = (i.place == place, i.user == user)
    values = {"state": state.value, "at": now}
    await connection.execute(update(tables.invitations).where(*where).values(values))
    waiting = (o.place == place, o.user == user, o.result == Result.WAITING.value)
    came = {"result": state.value, "reason": sentence_to_json(reason) if reason else None}
    await connection.execute(update(tables.invitation_outcomes).where(*waiting).values(came))


async def batch_of(connection: Connection, place: PlaceId, user: UserId) -> str | None:
    """The list that they were on last, for that place."""
    query = select(i.batch).where(i.place == place, i.user == user)
    found: str | None = (await connection.execute(query)).scalar()
    return found


async def met(connection: Connection, users: Collection[UserId]) -> set[UserId]:
    """Those of them who are or were in a room that the bot is in: there are such users."""
    m, c = tables.memberships.c, tables.conversations.c
    found: set[UserId] = set()
    for chunk in _chunks(sorted(users)):
        there = select(m.user).where(m.user.in_(chunk), m.membership.in_(("join", "leave", "knock")))
        direct = select(c.person).where(c.person.in_(chunk))
        for query in (there, direct):
            found.update(UserId(user) for user in (await connection.execute(query)).scalars() if user)
    return found


# -- lists ------------------------------------------------------------------------------------------


async def keep(
    connection: Connection, batch: str, by: UserId, outcomes: Sequence[Outcome], *, now: float
) -> None:
    rows = [
        {
            "batch": batch,
            "number": number,
            "place": one.place,
            "typed": one.typed,
            "user": one.user,
            "by": by,
            "result": one.result.value,
            "reason": sentence_to_json(one.reason) if one.reason else None,
            "since": one.since,
            "at": now,
        }
        for number, one in enumerate(outcomes)
    ]
    if rows:
        await connection.execute(insert(tables.invitation_outcomes), rows)


async def outcomes(connection: Connection, batch: str) -> Batch | None:
    """The list of that name, if there is one."""
    query = select(tables.invitation_outcomes).where(o.batch == batch).order_by(o.number)
    rows = (await connection.execute(query)).all()
    return Batch(UserId(rows[0].by), tuple(_outcome(row) for row in rows)) if rows else None


async def outcomes_for(connection: Connection, batch: str, user: UserId) -> list[Outcome]:
    """What came of one person of a list, in each place."""
    query = select(tables.invitation_outcomes).where(o.batch == batch, o.user == user).order_by(o.number)
    return [_outcome(row) for row in await connection.execute(query)]


async def forget(connection: Connection, *, before: float) -> None:
    """Forget lists that are older; what is remembered of people stays."""
    await connection.execute(delete(tables.invitation_outcomes).where(o.at < before))


# -- what was shown ---------------------------------------------------------------------------------


async def keep_shown(connection: Connection, user: UserId, listed: Sequence[Listed]) -> None:
    await connection.execute(delete(tables.invitations_shown).where(s.user == user))
    rows = [
        {"user": user, "number": number, "place": one.place, "is_question": one.is_question}
        for number, one in enumerate(listed, 1)
    ]
    if rows:
        await connection.execute(insert(tables.invitations_shown), rows)


async def shown(connection: Connection, user: UserId) -> tuple[Listed, ...]:
    query = select(s.place, s.is_question).where(s.user == user).order_by(s.number)
    return tuple(Listed(place_id(row.place), row.is_question) for row in await connection.execute(query))


def _invitation(row: Any) -> Invitation:
    return Invitation(place_id(row.place), UserId(row.user), Result(row.state), row.at, UserId(row.by))


def _outcome(row: Any) -> Outcome:
    return Outcome(
        place_id(row.place),
        row.typed,
        UserId(row.user) if row.user else None,
        Result(row.result),
        sentence_from_json(row.reason) if row.reason else None,
        row.since,
    )


def _chunks(items: Sequence[UserId]) -> Iterable[Sequence[UserId]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
