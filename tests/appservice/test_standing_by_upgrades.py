"""A76 and A73: whoever stands by does not change the tables under an older version that still acts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import text

from appservice.app import Hedgerow
from appservice.engine import Foundation
from appservice.store import alembic_chain, revisions
from appservice.store import migrate as migrating
from appservice.store.database import Database
from appservice.store.locks import ActingLock
from appservice.store.stillness import Stillness
from config.sections import Settings
from spaces.errors import Unavailable
from tests.appservice.test_standing_by import answers, asked, calm, elsewhere, standing_by, until_ready
from tests.databases import driven
from tests.fake import FakeHomeserver
from tests.hedgerow import running, settings_for
from tests.registration import Registration

_BEFORE_EPOCHS = "0030"
_LATER = "later"
_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("marks", sa.Column("later", sa.Text()))
"""


class Update:
    """Whoever looks at the database after `comes` is of a version with one migration more."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = folder, monkeypatch
        self.before = revisions.known_revisions()[0]

    def comes(self) -> None:
        (self._folder / "later.py").write_text(_MIGRATION.format(head=self.before))
        places = (*revisions.FOLDERS, self._folder)

        class WithOneMore(Config):
            def get_version_locations_list(self) -> list[str]:
                return [str(place) for place in places]

        self._monkeypatch.setattr(alembic_chain, "Config", WithOneMore)
        self._monkeypatch.setattr(revisions, "FOLDERS", places)
        revisions.known_revisions.cache_clear()
        assert revisions.known_revisions()[:2] == (_LATER, self.before)


@pytest.fixture
def update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Update]:
    folder = tmp_path / "versions"
    folder.mkdir()
    yield Update(folder, monkeypatch)
    revisions.known_revisions.cache_clear()


@pytest.fixture
def settings(fake: FakeHomeserver, migrated_postgres: str) -> Settings:
    return settings_for(fake.base_url, fake.registration, migrated_postgres)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def revision(database: Database) -> str | None:
    async with database.reading() as connection:
        return await revisions.revision_of(connection)


async def test_a76_a_newer_version_waits_until_the_older_one_ends_and_migrates_then(
    fake: FakeHomeserver, settings: Settings, migrated_postgres: str, update: Update
) -> None:
    newer = elsewhere(settings)
    alice = fake.add_user("@alice:hs.test")
    async with opened(driven(migrated_postgres)) as database:
        async with running(settings):
            room = await alice.create_dm(fake.bot)
            update.comes()
            second, stop = Hedgerow(newer), asyncio.Event()
            task = asyncio.create_task(second.run(stop))
            told = await until_ready(newer, 503, standing_by=True)
            assert told == {"database": True, "acting": False, "standing_by": True, "migrated": False}
            fake.registration.url = f"http://{newer.listen}"
            alice.send(room, "whoami")  # is kept by the newer one, and answered by the older
            assert "@alice:hs.test" in (await answers(alice, room, fake, 1))[-1]
            assert await revision(database) == update.before
        told = await until_ready(newer)
        assert told == {"database": True, "acting": True, "homeserver": True, "ping": True}
        assert await revision(database) == _LATER
    alice.send(room, "whoami")
    await answers(alice, room, fake, 2)
    stop.set()
    await task


async def test_a76_what_reads_the_tables_for_everyone_listens_once_they_have_their_shape(
    fake: FakeHomeserver, settings: Settings, migrated_postgres: str
) -> None:
    """Of a version from before there were epochs, which has the same lock."""
    public = settings.public.model_copy(update={"listen": elsewhere(settings).listen})
    newer = settings.model_copy(update={"public": public})
    pages = newer.model_copy(update={"listen": public.listen})
    async with opened(driven(migrated_postgres)) as database:
        await migrating.downgrade(database, _BEFORE_EPOCHS)
        older = Stillness(database)
        assert await older.take()
        async with standing_by(newer):
            await until_ready(newer, 503, standing_by=True, migrated=False)
            assert (await asked(pages, "/"))[0] == 0
            assert await revision(database) == _BEFORE_EPOCHS
            await older.release()
            await until_ready(newer)
            assert await revision(database) == revisions.known_revisions()[0]
            assert (await asked(pages, "/"))[0] != 0
            await calm(fake)


async def test_a73_who_stood_by_while_a_newer_version_migrated_refuses_to_act(
    fake: FakeHomeserver, settings: Settings, migrated_postgres: str
) -> None:
    async with opened(driven(migrated_postgres)) as database:
        newer = ActingLock(database, time.monotonic)
        assert await newer.take()
        service = Hedgerow(settings)
        task = asyncio.create_task(service.run(asyncio.Event()))
        await until_ready(settings, 503, standing_by=True)
        async with database.writing() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await newer.release()
        with pytest.raises(Unavailable, match="written by a newer version of Hedgerow than this one"):
            await asyncio.wait_for(task, 30)
        with pytest.raises(Unavailable, match="written by a newer version"):  # and at its next start
            await Hedgerow(settings).run(asyncio.Event())
    assert fake.calls == []


@pytest.mark.both_databases
async def test_a73_a_command_migrates_only_while_nobody_acts(
    database: Database, migrated_url: str, update: Update
) -> None:
    url = migrated_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    older = ActingLock(database, time.monotonic)
    assert await older.take()
    update.comes()
    foundation = Foundation(settings_for("http://127.0.0.1:1", Registration(), url))
    with pytest.raises(Unavailable, match=r"a process of that version acts on it\. Stop that one"):
        await foundation.lay()
    assert await revision(database) == update.before
    await older.release()
    await foundation.lay()
    assert await revision(database) == _LATER
    assert foundation.device_id
    await foundation.database.close()
