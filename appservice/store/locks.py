"""One process acts at a time: a lock that the kernel, or the database server, frees with it.

On SQLite a `flock` on a file beside the database, on PostgreSQL a lease (`lease.py`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from appservice.store.database import Database
from appservice.store.lease import Lease
from spaces.errors import Unavailable


def lock_file(database: Path) -> Path:
    """The file beside SQLite's that is locked."""
    return database.with_name(f"{database.name}.lock")


class ActingLock:
    """Held by the process that delivers. Taking it never waits.

    `now` gives seconds that only grow. `lost` is called when another process has it, which can be on
    PostgreSQL alone.
    """

    def __init__(
        self, database: Database, now: Callable[[], float], lost: Callable[[], None] = lambda: None
    ) -> None:
        self._lock: _FileLock | Lease
        if database.path is not None:
            self._lock = _FileLock(lock_file(database.path))
        else:
            self._lock = Lease(database, now, lost)

    async def take(self) -> bool:
        """Whether this process acts from now on. Raises `Unavailable` where SQLite's lock cannot be had."""
        return await self._lock.take()

    def is_fresh(self) -> bool:
        """Whether nobody else can act yet, as far as can be known without asking: calls may be made."""
        return self._lock.is_fresh

    def is_answered(self) -> bool:
        """Whether the database has answered of late: PostgreSQL is asked all the time."""
        return self._lock.is_answered

    async def holds(self) -> bool:
        """Whether it is still ours."""
        return await self._lock.holds()

    async def release(self) -> None:
        """Let it go, if it is held."""
        await self._lock.release()


class _FileLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def is_fresh(self) -> bool:
        return self._file is not None

    @property
    def is_answered(self) -> bool:
        return True

    async def take(self) -> bool:
        try:
            self._file = _locked(self._path)
        except BlockingIOError:
            return False
        except OSError as error:
            raise Unavailable(
                f"{self._path} cannot be locked ({error.strerror}), and without it two processes might act. "
                "It must be a file, and belong with its folder to the user that Hedgerow runs as."
            ) from error
        return True

    async def holds(self) -> bool:
        return self._file is not None

    async def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(path: Path) -> int:
    """The file, open and locked. Raises `BlockingIOError` while another process has it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
