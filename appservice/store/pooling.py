"""Whether a pooler stands between us and PostgreSQL that gives each transaction any session it likes.

A lock that a session holds would then be held by whoever comes next: two processes could act at once.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from spaces.errors import Unavailable

_LOOKS = 3
_PID = text("SELECT pg_backend_pid()")
_POOLED = (
    "Between Hedgerow and PostgreSQL stands a pooler that gives each transaction another session "
    "(PgBouncer with pool_mode = transaction or statement). The lock that keeps two processes from acting "
    "at once needs a session of its own. Let `database` name PostgreSQL itself, or a pooler with "
    "pool_mode = session."
)


async def check_sessions(engine: AsyncEngine) -> None:
    """Raises `Unavailable` where sessions are shared.

    While one connection is in a transaction, another that is not has to stay with its own session: a pooler
    gives the first one the session that the second has just used.
    """
    async with engine.connect() as one, engine.connect() as other:
        await one.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(_LOOKS):
            mine = await _session_of(one)
            async with other.begin():
                if mine in (await _session_of(other), -1) or await _session_of(one) != mine:
                    raise Unavailable(_POOLED)


async def _session_of(connection: AsyncConnection) -> int:
    """The session of this statement; -1 where the pooler has lost the statement that was prepared for it."""
    try:
        return int((await connection.execute(_PID)).scalar_one())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _LOST_STATEMENT:
            return -1
        raise


_LOST_STATEMENT = ("26000", "42P05")  # it is not there, or there already
