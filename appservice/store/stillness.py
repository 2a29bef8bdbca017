"""Nobody acts on a database while it is held: what is moved or replaced must stand still.

The same locks as those of the process that acts. It is no holder of a lease, so that nobody who stands by
takes it for one that has fallen silent.
"""

from __future__ import annotations

import fcntl
import os

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from appservice.store.database import Database, connect
from appservice.store.locks import lock_file
from spaces.errors import Unavailable

_ACTING = 4_873_512_002  # that of the process that acts
_NAME = {"server_settings": {"application_name": "hedgerow-keeping"}}


class Stillness:
    """Held for a while. Taking it never waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._engine: AsyncEngine | None = None
        self._session: AsyncConnection | None = None

    async def take(self) -> bool:
        """Whether nobody acts from now on. Raises `Unavailable`, `OSError`, `StoreError`."""
        return await (self._take_session() if self._database.path is None else self._take_file())

    async def _take_file(self) -> bool:
        if self._database.path is None:
            return False
        path = lock_file(self._database.path)
        try:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self.release()
            return False
        except OSError as error:
            await self.release()
            raise Unavailable(
                f"{path} cannot be locked ({error.strerror}). The folder must be there, and this user must "
                "be allowed to write to it."
            ) from error
        return True

    async def _take_session(self) -> bool:
        arguments = {"async_creator_fn": connect, **_NAME}
        self._engine = create_async_engine(
            self._database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments
        )
        self._session = await self._engine.connect()
        taken = await self._session.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _ACTING})
        if not taken.scalar():
            await self.release()
            return False
        return True

    async def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
        if self._session is not None:
            await self._session.close()
        if self._engine is not None:
            await self._engine.dispose()
        self._file = self._session = self._engine = None
