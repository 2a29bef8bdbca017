"""Who acts on PostgreSQL: a session's advisory lock, an epoch, and a sign of life every second.

    killed          its session ends with it, and with the session the lock: whoever stands by has it at once
    stopped, or     its session stays, and so does the lock; but it gives no sign of life, and after
    cut off         `LEASE_SECONDS` by the database's clock whoever stands by ends its sessions
    goes on later   its writes are refused (`Fence`), and it calls nobody (`is_fresh`)

The times of two machines are never compared: what is old is decided by the database's clock, and whether
one's own lease may have run out by one's own, which begins before the sign of life is sent.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from appservice.store.database import Database, StoreError
from appservice.store.fence import Fence
from appservice.store.migrate import migrate
from spaces.errors import Unavailable

log = structlog.get_logger(__name__)

LEASE_SECONDS = 6.0
_TRUSTED_SECONDS = 4.0  # less than the lease: calls end before anybody else's begin
_BEAT_SECONDS = 1.0
_ANSWER_SECONDS = 3.0
LOCK = 4_873_512_002  # beside the one in migrate.py
NOT_THERE = (StoreError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What is raised where PostgreSQL cannot be had."""

_NOW = "CAST(extract(epoch FROM clock_timestamp()) AS float)"
_HAS_EPOCHS = text("SELECT to_regclass('acting') IS NOT NULL")
_TRY = text("SELECT pg_try_advisory_lock(:lock)")
_BEGIN = text(f"UPDATE acting SET epoch = epoch + 1, seen_at = {_NOW} RETURNING epoch")
_BEAT = text(f"UPDATE acting SET seen_at = {_NOW} WHERE epoch = :epoch")
_SILENT = text(
    "SELECT s.application_name FROM acting, pg_locks l JOIN pg_stat_activity s ON s.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND s.datname = current_database() AND l.objsubid = 1 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (CAST(l.classid AS bigint) << 32 | CAST(l.objid AS bigint)) = :lock "
    f"AND s.application_name LIKE 'hedgerow %' AND acting.seen_at < {_NOW} - CAST(:lease AS float)"
)
_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name "
    "AND datname = current_database() AND pid <> pg_backend_pid()"
)
_END_ALL = text(_END)
_END_ONE = text(f"{_END} AND pid = :pid")


class Lease:
    """Held by the process that acts. `now` gives seconds that only grow; `lost` is called once it is over."""

    def __init__(self, database: Database, now: Callable[[], float], lost: Callable[[], None]) -> None:
        self._database = database
        self._now = now
        self._lost = lost
        settings = {"application_name": database.name, "synchronous_commit": "off"}
        self._engine = create_async_engine(
            database.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "server_settings": settings,
                "timeout": _ANSWER_SECONDS,
                "command_timeout": _ANSWER_SECONDS,
            },
        )
        self._session: AsyncConnection | None = None
        self._driver: Any = None
        self._pid = 0
        self._has_lock = False
        self._suspect: str | None = None
        self._epoch: int | None = None
        self._seen_at = self._answered_at = -math.inf
        self._beating: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def is_fresh(self) -> bool:
        """Whether nobody else can act yet."""
        return self._now() - self._seen_at < _TRUSTED_SECONDS

    @property
    def is_answered(self) -> bool:
        return self._now() - self._answered_at < _TRUSTED_SECONDS

    async def take(self) -> bool:
        """Whether this process acts from now on. A database that does not answer is no reason to."""
        try:
            return await self._try()
        except NOT_THERE as error:
            log.warning("lease_not_taken", reason=type(error).__name__)
            await self._drop()
            return False

    async def _try(self) -> bool:
        session = await self._open()
        is_ours = await self._locked(session)
        self._answered_at = self._now()
        has_epochs = bool((await session.execute(_HAS_EPOCHS)).scalar())
        if not is_ours:
            if has_epochs:
                await self._end_who_is_silent(session)
            return False
        if not has_epochs:
            await self._migrate()
        begun = self._now()
        epoch = int((await session.execute(_BEGIN)).scalar_one())
        self._epoch, self._seen_at = epoch, begun
        self._database.fence = Fence(epoch, self._end)
        self._beating = asyncio.create_task(self._beat_on(epoch))
        return True

    async def _migrate(self) -> None:
        """A database from before there were epochs: the lock alone keeps others from acting meanwhile."""
        try:
            await migrate(self._database)
        except StoreError as error:
            raise Unavailable(
                f"The database cannot be brought to this version's shape ({type(error).__name__}), and stays "
                "as it was. PostgreSQL's log says why; `hedgerow doctor` looks at what is often missing."
            ) from error

    async def _locked(self, session: AsyncConnection) -> bool:
        self._has_lock = bool((await session.execute(_TRY, {"lock": LOCK})).scalar())
        if self._has_lock:
            self._pid = self._driver.get_server_pid()
        return self._has_lock

    async def _end_who_is_silent(self, session: AsyncConnection) -> None:
        """End the sessions of whoever has the lock and is silent at two looks: one may have just begun."""
        asked = {"lock": LOCK, "lease": LEASE_SECONDS}
        silent: str | None = (await session.execute(_SILENT, asked)).scalar()
        if silent is not None and silent == self._suspect:
            log.warning("another_process_is_silent", seconds=LEASE_SECONDS)
            await session.execute(_END_ALL, {"name": silent})
        self._suspect = silent

    # -- the sign of life ------------------------------------------------------------------------

    async def _beat_on(self, epoch: int) -> None:
        while self._epoch == epoch:
            try:
                async with asyncio.timeout(_BEAT_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            try:
                await self._beat(epoch)
            except NOT_THERE as error:
                log.warning("lease_not_renewed", reason=type(error).__name__)
                await self._drop()
                await asyncio.sleep(_BEAT_SECONDS / 2)

    async def _beat(self, epoch: int) -> None:
        """Say that this process lives. A session that has ended is followed by another."""
        begun = self._now()
        if not self._has_lock:
            await self._drop()
        session = await self._open()
        if not self._has_lock:  # what had it may be cut off from us, and not know
            await session.execute(_END_ONE, {"name": self._database.name, "pid": self._pid})
            await self._locked(session)
        if (await session.execute(_BEAT, {"epoch": epoch})).rowcount == 0:
            self._end()
        elif self._has_lock:
            self._seen_at = begun
        self._answered_at = begun

    def _end(self) -> None:
        """Another process acts."""
        if self._epoch is not None:
            self._epoch, self._seen_at = None, -math.inf
            self._lost()

    # -- the session -----------------------------------------------------------------------------

    async def _open(self) -> AsyncConnection:
        """The session that holds the lock, or is to hold it."""
        if self._session is None:
            self._session = session = await self._engine.connect()
            self._driver = (await session.get_raw_connection()).driver_connection
            self._driver.add_termination_listener(self._ended)
        return self._session

    def _ended(self, driver: object) -> None:
        """The session has ended, and the lock with it: somebody else may have it already."""
        if driver is self._driver:
            self._has_lock, self._seen_at = False, -math.inf
            self._news.set()

    async def holds(self) -> bool:
        """Whether the lock is still ours: a session that has ended has lost it."""
        try:
            if self._session is not None:
                await self._session.execute(text("SELECT 1"))
        except NOT_THERE:
            await self._drop()
        return self._has_lock

    async def _drop(self) -> None:
        session, self._session, self._driver, self._has_lock = self._session, None, None, False
        if session is not None:
            await session.invalidate()
            await session.close()

    async def release(self) -> None:
        """Let the next one act. The fence stays: what is late does not get past who acts then."""
        self._epoch, self._seen_at = None, -math.inf
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait((self._beating,))
            self._beating = None
        await self._drop()
        await self._engine.dispose()
