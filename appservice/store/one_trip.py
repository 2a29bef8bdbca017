"""aiosqlite with at most one trip to its thread for each statement.

SQLAlchemy's adapter asks for a cursor, executes, fetches all rows and closes the cursor, and aiosqlite
goes to its thread and back for each of the four. On a small database the trips take a hundred times
as long as the statement. Here a cursor is made and closed where it is, the rows come along, and what
was never begun is not rolled back. Where statements are `brief`, only those go to the thread that have to
wait for the disk or for another process: the commit, and beginning to write where another process does.
Who executes many of them gives way to the others now and then.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import Any

import aiosqlite

_MAY_WAIT = "BEGIN IMMEDIATE"
_TURN_SECONDS = 0.005
_PRIMARY = 0xFF  # of an extended result code: SQLITE_BUSY_RECOVERY is SQLITE_BUSY, too


class Cursor(aiosqlite.Cursor):
    """Its rows have been fetched when `execute` returns."""

    _rows: Sequence[Any] = ()
    _conn: Connection

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Cursor:
        if self._conn.brief and sql == _MAY_WAIT and self._conn.begins_at_once():
            self._rows = ()
        elif self._conn.brief and sql != _MAY_WAIT:
            await self._conn.give_way()
            self._rows = self._executed(sql, parameters or ())
        else:
            self._rows = await self._conn.there(self._executed, sql, parameters or ())
        return self

    def _executed(self, sql: str, parameters: Any) -> list[Any]:
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall()

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Cursor:
        if self._conn.brief:
            await self._conn.give_way()
            self._cursor.executemany(sql, parameters)
        else:
            await self._conn.there(self._cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        return self._rows

    async def close(self) -> None:
        self._cursor.close()


class Connection(aiosqlite.Connection):
    """For SQLAlchemy alone: what a cursor streams is not there."""

    brief = False
    """Whether each statement takes so little time that it is executed where it is asked for."""
    _turn_ends = 0.0
    """Of all connections: whichever gives way, the others have had their turn."""

    async def give_way(self) -> None:
        """Let others go on, if this one had its turn of some milliseconds."""
        if monotonic() > self._turn_ends:
            await asyncio.sleep(0)
            Connection._turn_ends = monotonic() + _TURN_SECONDS

    def begins_at_once(self) -> bool:
        """Begin to write, unless another process does; whether it has begun."""
        [[patience]] = self._conn.execute("PRAGMA busy_timeout").fetchall()
        self._conn.execute("PRAGMA busy_timeout = 0")
        try:
            self._conn.execute(_MAY_WAIT)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout = {patience}")
        return True

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self, self._conn.cursor())

    async def there(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` gives, in the connection's thread."""
        return await self._execute(function, *arguments)  # type: ignore[no-untyped-call]

    async def rollback(self) -> None:
        if self.in_transaction:
            await super().rollback()


async def connect(*arguments: Any, **options: Any) -> Connection:
    """What SQLAlchemy calls in place of `aiosqlite.connect` (its `async_creator_fn`)."""
    options["check_same_thread"] = False
    connection = Connection(partial(sqlite3.connect, *arguments, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy has it: nothing waits for it if the process has to end
    await connection
    return connection
