"""A71 and A76: who still acts on a database that a backup has replaced writes nothing into what came back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from appservice.keeping import Restoring, back_up
from appservice.store import lease
from appservice.store import migrate as migrating
from appservice.store.database import Database
from appservice.store.fence import Fenced
from appservice.store.lease import Lease
from config.sections import Settings
from tests.databases import driven
from tests.hedgerow import settings_for
from tests.registration import Registration

_NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def settings(migrated_postgres: str) -> Settings:
    return settings_for("http://127.0.0.1:1", Registration(), migrated_postgres)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def restore(settings: Settings, file: Path) -> None:
    restoring = Restoring(settings, file)
    await restoring.begin()
    await restoring.restore(_NOW)
    await restoring.end()


async def cut_off(process: Database, by: Database) -> None:
    """Its sessions end, and it does not know yet."""
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
    async with by.reading(apart=True) as connection:
        await connection.execute(text(ending), {"name": process.name})


async def lose(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))


async def test_a76_who_acted_since_the_backup_and_lives_is_refused_after_it_was_brought_back(
    settings: Settings, migrated_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over what has gone on, and into nothing."""
    monkeypatch.setattr(lease, "_BEAT_SECONDS", 60.0)
    monkeypatch.setattr(Lease, "_ended", lambda self, driver: None)
    for is_lost in (False, True):
        saved = tmp_path / f"saved{is_lost}"
        await back_up(settings, saved, _NOW)
        async with opened(driven(migrated_postgres)) as old, opened(driven(migrated_postgres)) as new:
            acting = Lease(old, time.monotonic, lambda: None)
            assert await acting.take()
            await cut_off(old, new)
            if is_lost:
                await lose(new)
            await restore(settings, saved)
            following = Lease(new, time.monotonic, lambda: None)
            assert await following.take()  # the first since the backup, as the other was
            with pytest.raises(Fenced):
                async with old.writing():
                    pass
            await following.release()
            await acting.release()


async def test_a_backup_from_before_there_were_epochs_comes_back(
    settings: Settings, migrated_postgres: str, tmp_path: Path
) -> None:
    async with opened(driven(migrated_postgres)) as database:
        await migrating.downgrade(database, "0030")
        await back_up(settings, tmp_path / "saved", _NOW)
        await migrating.migrate(database)
        await database.engine.dispose()
        await restore(settings, tmp_path / "saved")
        async with database.reading() as connection:
            assert await migrating.revision_of(connection) == "0030"
