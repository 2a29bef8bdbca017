"""A migrated database of each kind, and the stage on it.

It is migrated once in a session and copied for each test, which costs a third of migrating it again.
What is marked with `both_databases` runs on SQLite and on PostgreSQL: what tries the SQL of an aggregate,
or several at once. The rest, which goes through the same SQL, runs on SQLite alone unless
`--every-database` is given; what is marked with `of_sqlite` does so even then.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appservice.demo.synapse import free_port
from appservice.store.database import Database
from tests.appservice.desk import Desk
from tests.appservice.scene import Scene
from tests.appservice.stage import ALICE, DIRECT, SHARED, Stage
from tests.clock import Clock
from tests.conftest import fresh_database, kinds_for
from tests.databases import driven, template_at
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import ADMIN, migrated


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    opened = Database(migrated_url)
    yield opened
    await opened.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "migrated_url" in metafunc.fixturenames:
        metafunc.parametrize("migrated_url", kinds_for(metafunc), indirect=True)


@pytest.fixture
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of `database`, for who opens it a second time."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "hedgerow.db")
        return f"sqlite+aiosqlite:///{file}"
    return driven(request.getfixturevalue("migrated_postgres"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "hedgerow.db"
    asyncio.run(migrated(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """A name in PostgreSQL; nobody may be connected with it while it is copied."""
    return template_at(postgres_url)


@pytest.fixture
async def migrated_postgres(postgres_url: str, migrated_template: str) -> AsyncIterator[str]:
    async with fresh_database(postgres_url, migrated_template) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def stage(database: Database) -> Stage:
    """The bot is in Alice's direct room and in one with several people."""
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.knows(SHARED, None)
    return stage


@pytest.fixture
async def desk(service_database: str) -> AsyncIterator[Desk]:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        desk = Desk(fake, service_database, fake.add_user(ADMIN))
        async with desk.serving() as service:
            await desk.open(service)
            yield desk


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    return await Scene(stage).open()
