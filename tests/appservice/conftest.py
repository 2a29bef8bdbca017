"""A migrated database of each kind, and the stage on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.appservice.scene import Scene
from tests.appservice.stage import ALICE, DIRECT, SHARED, Stage


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def stage(database: Database) -> Stage:
    """The bot is in Alice's direct room and in one with several people."""
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.knows(SHARED, None)
    return stage


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    return await Scene(stage).open()
