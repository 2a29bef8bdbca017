"""Waiting for what comes of itself, and whether a service has anything left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import text

from appservice.app import Hedgerow
from appservice.store.database import Database

_ANYTHING = text(
    "SELECT EXISTS (SELECT 1 FROM transactions) OR EXISTS (SELECT 1 FROM events WHERE status = 'waiting') "
    "OR EXISTS (SELECT 1 FROM outbox WHERE status = 'waiting')"
)


async def until(is_so: Callable[[], bool], within: float = 60.0, every: float = 0.02) -> None:
    """Wait until `is_so`, looking `every` so many seconds, 0 being always. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            if is_so():
                return
            await asyncio.sleep(every)


async def nothing_waits(service: Hedgerow) -> bool:
    """Neither what came in nor what is to be done. Asked again and again: by one statement, on its own."""
    return await nothing_waits_in(service.foundation.database)


async def nothing_waits_in(database: Database) -> bool:
    """The same of a service in another process."""
    async with database.reading(apart=True, brief=True) as connection:
        if not database.is_sqlite:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
        return not (await connection.execute(_ANYTHING)).scalar_one()
