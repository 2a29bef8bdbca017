"""Who makes databases, drops them, and looks into them: in a thread and a loop of its own.

Each test has a loop of its own, and a connection, which belongs to one loop, costs ten milliseconds. And who
asks at once (`at_once`) keeps all else in its own loop from moving.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from threading import Thread
from typing import Any, TypeVar

import asyncpg

_T = TypeVar("_T")
_clerks = list["Clerk"]()


class Clerk:
    """Does one thing after the other at one PostgreSQL server, over one connection for each database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        self._connections: dict[str, Any] = {}
        _clerks.append(self)

    async def execute(self, statement: str) -> None:
        """At the database `postgres`."""
        await asyncio.wrap_future(self._apart(self._done("postgres", lambda at: at.execute(statement))))

    def at_once(self, database: str, doing: Callable[[Any], Awaitable[_T]]) -> _T:
        """What that gives with asyncpg's connection to `database`; until then nothing else happens here."""
        return self._apart(self._done(database, doing)).result()

    def leave(self, database: str) -> None:
        """Be connected with that one no longer."""
        self._apart(self._connections.pop(database).close()).result()

    def end(self) -> None:
        for connection in self._connections.values():
            self._apart(connection.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _done(self, database: str, doing: Callable[[Any], Awaitable[_T]]) -> _T:
        async with self._turn:
            if database not in self._connections:
                self._connections[database] = await asyncpg.connect(f"{self._url}/{database}")
            return await doing(self._connections[database])

    def _apart(self, doing: Coroutine[Any, Any, _T]) -> Future[_T]:
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
