"""One process acts at a time: a lock that the kernel, or the database server, frees with it.

On SQLite a `flock` on a file beside the database, on PostgreSQL a session's advisory lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice.store.database import Database, StoreError
from spaces.errors import Unavailable

_ACTING = 4_873_512_002  # beside the one in migrate.py


def lock_file(database: Path) -> Path:
    """The file beside SQLite's that is locked."""
    return database.with_name(f"{database.name}.lock")


class ActingLock:
    """Held by the process that delivers. Taking it never waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._session: AsyncConnection | None = None

    async def take(self) -> bool:
        """Whether this process acts from now on. Raises `Unavailable` where SQLite's lock cannot be had."""
        if self._database.path is not None:
            return self._take_file(self._database.path)
        return await self._take_session()

    def _take_file(self, database: Path) -> bool:
        path = lock_file(database)
        try:
            self._file = _locked(path)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Unavailable(
                f"{path} cannot be locked ({error.strerror}), and without it two processes might act. "
                "It must be a file, and belong with its folder to the user that Hedgerow runs as."
            ) from error
        return True

    async def _take_session(self) -> bool:
        session = await self._database.engine.connect()
        await session.execution_options(isolation_level="AUTOCOMMIT")
        taken = (await session.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _ACTING})).scalar()
        if not taken:
            await session.close()
            return False
        self._session = session
        return True

    async def holds(self) -> bool:
        """Whether it is still ours: a session that has ended has lost it."""
        if self._session is None:
            return self._file is not None
        try:
            await self._session.execute(text("SELECT 1"))
        except (StoreError, OSError):
            return False
        return True

    async def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            session, self._session = self._session, None
            await session.invalidate()
            await session.close()


def _locked(path: Path) -> int:
    """The file, open and locked. Raises `BlockingIOError` while another process has it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
