"""Who makes databases and drops them: over one connection for all of them, in a thread and a loop of its own.

Each test has a loop of its own, and a connection, which belongs to one loop, costs ten milliseconds.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import cache
from threading import Thread
from typing import Any

import asyncpg

_clerks = list["Clerk"]()


class Clerk:
    """Executes statements at one PostgreSQL server, one after the other."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        self._connection: Any = self._apart(asyncpg.connect(f"{url}/postgres")).result()
        _clerks.append(self)

    async def execute(self, statement: str) -> None:
        await asyncio.wrap_future(self._apart(self._executed(statement)))

    def end(self) -> None:
        self._apart(self._connection.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _executed(self, statement: str) -> None:
        async with self._turn:
            await self._connection.execute(statement)

    def _apart(self, doing: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(doing, self._loop)


@cache
def clerk_at(url: str) -> Clerk:
    """The one of this process at the server of that URL."""
    return Clerk(url)


def send_home() -> None:
    """End those of this process."""
    for clerk in _clerks:
        clerk.end()
    _clerks.clear()
    clerk_at.cache_clear()
