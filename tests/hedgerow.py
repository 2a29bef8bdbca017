"""Hedgerow as tests run it: with settings for a homeserver of theirs, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appservice.app import Hedgerow
from appservice.store.database import Database
from appservice.store.migrate import migrate
from config.sections import Settings
from tests.registration import Registration

ADMIN = "@admin:hs.test"


def settings_for(
    url: str, registration: Registration, database: Path | str, **more: Mapping[str, Any]
) -> Settings:
    """Settings for the homeserver at `url`; `database` is a file or a URL. `more` are sections.

    A file that is not there yet is made, of this version's shape: that a start makes and migrates it is
    for tests of starting and of migrations.
    """
    at = database if isinstance(database, str) else f"sqlite:///{laid_out(database)}"
    port = registration.port if registration.url else 29330
    return Settings.model_validate(
        {
            "homeserver": {
                "url": url,
                "domain": registration.server_name,
                "as_token": registration.as_token,
                "hs_token": registration.hs_token,
                "sender_localpart": registration.sender_localpart,
            },
            "listen": f"127.0.0.1:{port}",
            "database": at,
            "admins": [ADMIN],
            "encryption": {"enabled": False},
            **more,
        }
    )


def laid_out(file: Path) -> Path:
    """SQLite's file, which is made, of this version's shape, if it is not there yet."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_empty_database())
    return file


@cache
def _empty_database() -> bytes:
    """What a start makes of no file at all; in a thread, since those who ask may be in a loop."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as apart:
        file = Path(folder) / "empty.db"
        apart.submit(asyncio.run, migrated(f"sqlite+aiosqlite:///{file}")).result()
        return file.read_bytes()


async def migrated(url: str) -> None:
    """Bring an empty database to this version's shape; `url` is SQLAlchemy's."""
    database = Database(url)
    await migrate(database)
    await database.close()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Hedgerow]:
    """A service that has started; it is stopped in good order at the end."""
    service, stop = Hedgerow(settings), asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        started = asyncio.create_task(service.started.wait())
        await asyncio.wait((started, task), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield service
    finally:
        stop.set()
        await task


async def crash(task: asyncio.Task[Any]) -> None:
    """End `task` wherever it is, as a killed process would."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
