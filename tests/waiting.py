"""Whether a service has anything left to do."""

from __future__ import annotations

from sqlalchemy import text

from appservice.app import Hedgerow

_ANYTHING = text(
    "SELECT EXISTS (SELECT 1 FROM transactions) OR EXISTS (SELECT 1 FROM events WHERE status = 'waiting') "
    "OR EXISTS (SELECT 1 FROM outbox WHERE status = 'waiting')"
)


async def nothing_waits(service: Hedgerow) -> bool:
    """Neither what came in nor what is to be done. Asked again and again: by one statement, on its own."""
    database = service.foundation.database
    async with database.reading(apart=True, brief=True) as connection:
        if not database.is_sqlite:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
        return not (await connection.execute(_ANYTHING)).scalar_one()
