"""Connections to SQLite or PostgreSQL.

There is one writer at a time: on SQLite by `BEGIN IMMEDIATE` and a lock of our own that lets what
arrives from the homeserver go first, on PostgreSQL by a row lock on the landscape's revision.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import asyncpg
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Executable, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from appservice.store import one_trip
from appservice.store.fence import Fence
from appservice.watching import UNWATCHED, Watch

Connection = AsyncConnection
StoreError = SQLAlchemyError

# to wait for a lock comes first: the others may need one
_PRAGMAS = {
    "busy_timeout": 5000,
    "cache_size": -700,  # KiB for each connection; the operating system has the pages, too
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
}

_BOTH = (False, True)

# How to look best depends on the words: a plan for any words may take ten times as long. What the directory
# reads is mostly in memory, where a page out of order costs little more than the next one.
_PLANNING = {"plan_cache_mode": "force_custom_plan", "jit": "off", "random_page_cost": "1.1"}


# To open a connection takes longer than most of what is done with it: those that are mostly needed are kept,
# which takes some memory, and as few of them used as will do.
_KEPT = {"poolclass": AsyncAdaptedQueuePool, "pool_size": 8, "max_overflow": 7, "pool_use_lifo": True}


class Database:
    """One database. `url` is SQLAlchemy's, with the asynchronous driver in it."""

    def __init__(self, url: str, watch: Watch = UNWATCHED) -> None:
        self._watch = watch
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.name = f"hedgerow {secrets.token_hex(8)}"
        """By which PostgreSQL knows the sessions of this process."""
        self.fence: Fence | None = None
        """What lets only the process that acts write, once this one does."""
        settings = {**_PLANNING, "application_name": self.name}
        arguments = {"server_settings": settings, "async_creator_fn": connect}
        how: dict[str, Any] = {"pool_pre_ping": True, "connect_args": arguments}
        if self.is_sqlite:
            how = {"connect_args": {"async_creator_fn": one_trip.connect}}
        self.engine = create_async_engine(self.url, hide_parameters=True, **_KEPT, **how)
        self._brief = self.engine.execution_options(brief=True)
        self._readers = {(apart, brief): self._reader(apart, brief) for apart in _BOTH for brief in _BOTH}
        event.listen(self.engine.sync_engine, "handle_error", self._failed)
        self._writing = _Turnstile()
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _set_pragmas)
            event.listen(self.engine.sync_engine, "begin", _begin_at_once)

    def _failed(self, failure: ExceptionContext) -> None:
        """Have it counted. A row that is there already is no failure of the database."""
        if not isinstance(failure.sqlalchemy_exception, IntegrityError):
            self._watch.database_failed(busy=_is_busy(failure.original_exception))

    @property
    def path(self) -> Path | None:
        """SQLite's file itself, not a symbolic link to it: what stands beside it stands there once."""
        file = Path(self.url.database or "")
        if not self.is_sqlite:
            return None
        return file.resolve() if file.is_symlink() else file

    def make_file(self) -> None:
        """Make SQLite's file, if it is missing, readable by this user only. Raises `OSError`."""
        if self.path is not None:
            self.path.touch(mode=0o600)  # what SQLite puts beside it takes its mode

    @asynccontextmanager
    async def writing(
        self, *, urgent: bool = False, fenced: bool = True, brief: bool = False
    ) -> AsyncIterator[Connection]:
        """One transaction that writes; committed at the end, rolled back on any exception.

        Raises `Fenced` where another process acts by now. Without `fenced` that is not asked: for what any
        process may write, and for who asks with a statement of their own. `brief`: as in `reading`.
        """
        engine = self._brief if brief else self.engine
        async with self._writing.turn(urgent=urgent), engine.begin() as connection:
            if fenced and self.fence is not None:
                await self.fence.check(connection)
            yield connection

    @asynccontextmanager
    async def reading(self, *, apart: bool = False, brief: bool = False) -> AsyncIterator[Connection]:
        """Statements that only read and all see one moment; `apart` each sees its own, which costs less.

        `brief`: each takes far less than a millisecond, but for few; nothing else is done meanwhile.
        """
        async with self._readers[apart, brief].connect() as connection:
            yield connection

    def _reader(self, apart: bool, brief: bool) -> AsyncEngine:
        options: dict[str, Any] = {"reading": "apart" if apart else "together", "brief": brief}
        if not (apart or self.is_sqlite):
            options["isolation_level"] = "REPEATABLE READ"
        return self.engine.execution_options(**options)

    @asynccontextmanager
    async def alone(self, *, urgent: bool = False) -> AsyncIterator[Connection]:
        """Statements each of which is a transaction, while nobody else of this process writes."""
        how = {"reading": "apart"} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        async with self._writing.turn(urgent=urgent), self.engine.connect() as connection:
            await connection.execution_options(**how)
            yield connection

    async def answers(self) -> bool:
        """Whether the database can be read."""
        try:
            async with self.reading() as connection:
                await connection.execute(text("SELECT 1"))
        except (StoreError, OSError):
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()


class _Turnstile:
    """A lock whose urgent takers go before all others, who keep their order."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._others = asyncio.Lock()
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    @asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        self._urgent += urgent
        if urgent:
            self._calm.clear()
        try:
            await self._acquire(urgent=urgent)
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._urgent -= urgent
            if not self._urgent:
                self._calm.set()

    async def _acquire(self, *, urgent: bool) -> None:
        """Of those who are not urgent one waits here, and steps back while somebody urgent does."""
        if urgent:
            await self._lock.acquire()
            return
        async with self._others:
            while True:
                await self._calm.wait()
                await self._lock.acquire()
                if self._calm.is_set():
                    return
                self._lock.release()


def _is_busy(error: BaseException) -> bool:
    """Whether others were in the way: SQLITE_BUSY or SQLITE_LOCKED; PostgreSQL's classes 40 and 55P03."""
    name = str(getattr(error, "sqlite_errorname", ""))
    state = str(getattr(error, "sqlstate", "") or "")
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state.startswith(("40", "55P03"))


async def connect(*arguments: Any, **options: Any) -> Any:
    """A connection to PostgreSQL. SQLAlchemy lets through as it is what keeps asyncpg from connecting."""
    try:
        return await asyncpg.connect(*arguments, **options)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NotLetIn(f"PostgreSQL does not let us in ({type(error).__name__})") from error


class NotLetIn(ConnectionError):
    """PostgreSQL is there, and refuses the connection; which of its errors it is."""


def is_passing(error: Exception) -> bool:
    """Whether it is no fault of what was asked: the same, asked again, may well be done."""
    if isinstance(error, OSError) or getattr(error, "connection_invalidated", False):
        return True
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""
    return str(state).startswith(_PASSING)


# connection lost; rolled back for another's sake; no more room; ended by an operator or a shutdown; locked
_PASSING = ("08", "40", "53", "57P", "55P03", "SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR")


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions itself (`_begin_at_once`)
    cursor = connection.cursor()
    for name, value in _PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {value}")
        cursor.execute(f"PRAGMA {name}")
        found = cursor.fetchone()[0]
        if found != value:
            raise RuntimeError(f"SQLite would not set {name} to {value} (it is {found})")
    cursor.close()


def _begin_at_once(connection: SyncConnection) -> None:
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    driver.brief = options.get("brief", False)
    reading = options.get("reading")
    if reading != "apart":
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


async def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True
) -> None:
    """Insert `rows`; where the primary key is there already, replace the rest or leave it."""
    if not rows:
        return
    others = tuple(column.name for column in table.columns if column.name in rows[0] and replace)
    statement = _upserting(connection.dialect.name, table, others)
    await connection.execute(statement, [dict(row) for row in rows])


@cache
def _upserting(dialect: str, table: Table, replaced: tuple[str, ...]) -> Executable:
    """Built once for each table and set of columns."""
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement, keys = insert(table), [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in replaced if name not in keys}
    if others:
        return cast(Executable, statement.on_conflict_do_update(index_elements=keys, set_=others))
    return cast(Executable, statement.on_conflict_do_nothing())
