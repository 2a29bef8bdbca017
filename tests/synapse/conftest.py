"""One homeserver for all that is tried with Hedgerow running beside a real Synapse."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.synapse.home import Home


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A running Synapse of Hedgerow's: each module takes a database, and names, of its own."""
    home = Home.prepare(tmp_path_factory.mktemp("home"))
    asyncio.run(home.synapse.start())
    yield home
    asyncio.run(home.synapse.stop())
