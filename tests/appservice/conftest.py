"""A migrated database of each kind, and the stage on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.appservice.stage import Stage


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)
