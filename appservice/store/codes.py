"""Codes by their digests, and the wrong ones that people have said."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from appservice.store import tables
from appservice.store.database import Connection
from spaces.codes import Code, Role
from spaces.identifiers import GroupId, NetworkId, UserId

_SHELF = 4
_NOBODYS = "0" * 64
c = tables.codes.c
t = tables.code_tries.c
_TAKE = (
    update(tables.codes)
    .where(
        c.number == bindparam("which"),
        c.revoked_at.is_(None),
        c.expires_at > bindparam("now"),
        or_(c.uses_left.is_(None), c.uses_left > 0),
    )
    .values(uses_left=c.uses_left - 1, used=c.used + 1)
)


async def keep(connection: Connection, code: Code, digest: str, now: float) -> None:
    values = {
        "number": code.number,
        "shelf": digest[:_SHELF],
        "digest": digest,
        "network": code.network,
        "maker": code.maker,
        "role": code.role,
        "groups": json.dumps(code.groups),
        "uses_left": code.uses_left,
        "used": code.used,
        "made_at": now,
        "expires_at": code.expires_at,
    }
    await connection.execute(insert(tables.codes).values(values))


async def find(connection: Connection, digest: str) -> Code | None:
    """The code of that digest, which is compared in constant time among those on its shelf."""
    rows = (await connection.execute(select(tables.codes).where(c.shelf == digest[:_SHELF]))).all()
    matches = [hmac.compare_digest(row.digest, digest) for row in rows]
    hmac.compare_digest(_NOBODYS, digest)
    return next((_code(row) for row, is_it in zip(rows, matches, strict=True) if is_it), None)


async def numbered(connection: Connection, number: int) -> Code | None:
    row = (await connection.execute(select(tables.codes).where(c.number == number))).one_or_none()
    return None if row is None else _code(row)


async def of(connection: Connection, networks: Collection[NetworkId]) -> list[Code]:
    """All codes for these networks, the oldest first."""
    query = select(tables.codes).where(c.network.in_(sorted(networks))).order_by(c.made_at, c.number)
    return [_code(row) for row in (await connection.execute(query)).all()]


async def take(connection: Connection, number: int, now: float) -> bool:
    """Take one use; whether there was one. Of several who ask at once as many get it as there are uses."""
    taken = await connection.execute(_TAKE, {"which": number, "now": now})
    return bool(taken.rowcount)


async def revoke(connection: Connection, number: int, now: float) -> None:
    revoked = update(tables.codes).where(c.number == number, c.revoked_at.is_(None))
    await connection.execute(revoked.values(revoked_at=now))


async def forget(connection: Connection, *, before: float) -> None:
    """Forget codes that ended before that time."""
    ended = or_(c.expires_at < before, c.revoked_at < before)
    await connection.execute(delete(tables.codes).where(ended))


def _code(row: Any) -> Code:
    return Code(
        number=row.number,
        network=NetworkId(row.network),
        maker=UserId(row.maker),
        expires_at=row.expires_at,
        groups=tuple(GroupId(group) for group in json.loads(row.groups)),
        role=Role(row.role) if row.role else None,
        uses_left=row.uses_left,
        used=row.used,
        revoked=row.revoked_at is not None,
    )


# -- wrong tries ------------------------------------------------------------------------------------


async def wrong_tries(connection: Connection, person: UserId, since: float) -> Sequence[float]:
    query = select(t.at).where(t.person == person, t.at > since).order_by(t.at)
    return (await connection.execute(query)).scalars().all()


async def note_wrong(connection: Connection, person: UserId, now: float, *, since: float) -> None:
    """They said a wrong code. What anybody said before `since` is forgotten."""
    await connection.execute(delete(tables.code_tries).where(t.at <= since))
    await connection.execute(insert(tables.code_tries).values({"person": person, "at": now}))
