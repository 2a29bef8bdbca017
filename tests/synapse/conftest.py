"""One homeserver for all that is tried with Hedgerow running beside a real Synapse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.synapse.hedge import Hedge
from tests.synapse.home import Home

_BETWEEN = [pytest.param(version, marks=pytest.mark.long) for version in ("10", "11")]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A running Synapse of Hedgerow's: each module takes a database, and names, of its own."""
    home = Home.prepare(tmp_path_factory.mktemp("home"))
    asyncio.run(home.synapse.start())
    yield home
    asyncio.run(home.synapse.stop())


@pytest.fixture
def hedgerow_at(tmp_path: Path) -> Iterator[Callable[..., Hedge]]:
    """`hedgerow_at(home)` is a Hedgerow with an empty database, not running; it ends with the test."""
    made: list[Hedge] = []

    def make(home: Home, settings: dict[str, str] | None = None, patched: str = "") -> Hedge:
        made.append(Hedge(home, tmp_path, settings or {}, patched))
        return made[-1]

    yield make
    for hedge in made:
        hedge.end()


@pytest.fixture
async def hedge(home: Home, hedgerow_at: Callable[..., Hedge]) -> Hedge:
    """Hedgerow at `home` with an empty database, not running."""
    await home.begin_anew()
    return hedgerow_at(home)


@pytest.fixture(scope="module", params=["9", *_BETWEEN, "12"])
def room_version(request: pytest.FixtureRequest) -> str:
    """What Element makes by hand under "visible to space members", up to what Hedgerow makes by itself."""
    return str(request.param)
