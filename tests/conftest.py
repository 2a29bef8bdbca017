"""What tests of several packages start: the fake homeserver, a real Synapse, a real PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest
import structlog

from appservice.demo.synapse import LocalSynapse, free_port
from tests.clerk import clerk_at, send_home
from tests.compiled_once import compiled_once
from tests.databases import Databases, Files, copying, databases_at, driven
from tests.fake import FakeHomeserver
from tests.postgres import NoPostgres, cluster
from tests.registration import Registration

_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-dialogue", action="store_true", help="hold all dialogues on Synapse, too")
    parser.addoption("--every-database", action="store_true", help="run all on PostgreSQL, too")


def pytest_collection_finish() -> None:
    """What is there now stays: to look through it for garbage again and again costs a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionfinish() -> None:
    """The PostgreSQL of this process ends with its tests: a worker of xdist runs nothing at its exit."""
    send_home()
    if cluster.cache_info().currsize:
        cluster().stop()


_FIRST = (
    "tests/synapse/test_conversations.py",
    "tests/appservice/test_conversations.py",
    *("tests/synapse/", "tests/crashes/", "tests/leaks/", "tests/appservice/", "tests/test_"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: no worker ends with one while the others have nothing to do."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    found = (n for n, beginning in enumerate(_FIRST) if nodeid.startswith(beginning))
    return next(found, len(_FIRST))


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up the log: the next test must not find it so."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True, scope="session")
def statements_compiled_once() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture
async def fake() -> AsyncIterator[FakeHomeserver]:
    """A fake homeserver whose application service will listen on `fake.registration.port`."""
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as homeserver:
        yield homeserver


# -- a real Synapse ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def registration() -> Registration:
    """Hedgerow's registration at `synapse`; a test's Hedgerow listens on `registration.port`.

    Where nothing listens there, Synapse waits longer and longer before it tries again: a Hedgerow
    that starts has to ask for a ping, as it does anyhow.
    """
    return Registration(url=f"http://127.0.0.1:{free_port()}")


@pytest.fixture(scope="session")
def bystander() -> Registration:
    """A second application service at `synapse`, to which nothing is pushed."""
    return Registration(
        appservice_id="bystander",
        as_token="test-as-token-of-the-bystander",
        hs_token="test-hs-token-of-the-bystander",
        sender_localpart="_bystander_sender_2d90",
        bot_localpart="bystander",
        alias_prefix="bystander_",
    )


@pytest.fixture(scope="session")
def synapse(
    tmp_path_factory: pytest.TempPathFactory, registration: Registration, bystander: Registration
) -> Iterator[LocalSynapse]:
    """A running Synapse with relaxed limits, one for the whole session: use names of your own in it."""
    directory = tmp_path_factory.mktemp("synapse")
    files = (registration.write(directory / "hedgerow.yaml"), bystander.write(directory / "bystander.yaml"))
    server = LocalSynapse(directory / "data", free_port(), registration.server_name, files)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


# -- databases --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of a running PostgreSQL server, without a database."""
    try:
        return cluster().url
    except NoPostgres as reason:
        pytest.fail(str(reason), pytrace=False)


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[str]:
    """A fresh, empty PostgreSQL database: `postgresql://…`."""
    async with fresh_database(postgres_url) as url:
        yield url


@asynccontextmanager
async def fresh_database(postgres_url: str, template: str = "template1") -> AsyncIterator[str]:
    """A PostgreSQL database for a while, which begins as a copy of `template`."""
    name = f"test_{next(_numbers)}"
    await clerk_at(postgres_url).execute(copying(name, template))
    yield f"{postgres_url}/{name}"
    await clerk_at(postgres_url).execute(f"DROP DATABASE {name} WITH (FORCE)")


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy's URL of a fresh, empty database, with its asynchronous driver: once of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'hedgerow.db'}"
    return driven(request.getfixturevalue("postgres_database"))


def kinds_for(metafunc: pytest.Metafunc) -> list[str]:
    """The kinds of databases on which a test runs.

    With `--every-database` that is both, but for what is marked with `of_sqlite`; without it SQLite, but for
    what is marked with `both_databases`.
    """
    marked = metafunc.definition.get_closest_marker("both_databases") is not None
    apart = metafunc.definition.get_closest_marker("of_sqlite") is not None
    both = marked or (metafunc.config.getoption("--every-database") and not apart)
    return ["sqlite", "postgresql"] if both else ["sqlite"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "databases" in metafunc.fixturenames:
        metafunc.parametrize("databases", kinds_for(metafunc), indirect=True, scope="module")


@pytest.fixture(scope="module")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """For services: of the kind that the run asks for."""
    if request.param == "sqlite":
        return Files(tmp_path_factory.mktemp("databases"))
    return databases_at(request.getfixturevalue("postgres_url"))


@pytest.fixture
def service_database(databases: Databases) -> Iterator[str]:
    """The URL, as in the configuration, of an empty database of this version's shape."""
    with databases.empty() as url:
        yield url
