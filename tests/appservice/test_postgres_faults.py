"""PostgreSQL ends sessions, gives up transactions and runs out of time: the whole unit is done again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy import text

from appservice import inbox, outbox
from appservice.demo.synapse import free_port
from appservice.store.database import Database, is_passing
from appservice.store.pooling import check_sessions
from spaces.errors import Unavailable
from tests.appservice.stage import ALICE, DIRECT, Stage, message, says
from tests.databases import driven
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import until

_NAMES = ("Somerset", "Dorset", "Devon", "Kent")
_HICCUPS = """
CREATE SEQUENCE hiccups;
CREATE FUNCTION hiccup() RETURNS trigger AS $$
DECLARE at bigint := nextval('hiccups');
BEGIN
    IF at % 96 = 9 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
    IF at % 96 = 41 THEN RAISE EXCEPTION USING ERRCODE = '57014'; END IF;
    IF at % 96 = 73 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF;
    RETURN NULL;
END $$ LANGUAGE plpgsql;
"""
_ON = (
    "CREATE TRIGGER hiccup_{0} AFTER INSERT OR UPDATE OR DELETE ON {0} FOR STATEMENT "
    "EXECUTE FUNCTION hiccup();"
)
_ON_HANDLED = (
    "CREATE TRIGGER handled AFTER INSERT OR UPDATE ON events FOR EACH ROW WHEN (NEW.status = 'handled') "
    "EXECUTE FUNCTION hiccup()"
)
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
"""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pauses, and without the tracebacks, which take longer than all else."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    monkeypatch.setattr(inbox, "_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(outbox, "_LOOK_SECONDS", 0.05)


@asynccontextmanager
async def trouble(operator: asyncpg.Connection) -> AsyncIterator[None]:
    """Sessions end all the time, and statements fail now and then."""
    await operator.execute(_HICCUPS + "".join(map(_ON.format, ("events", "outbox", "marks", "rooms"))))

    async def end_sessions() -> None:
        for _ in range(10):
            await operator.execute(_END_SESSIONS)
            await asyncio.sleep(0.1)

    ending = asyncio.create_task(end_sessions())
    yield
    await ending


async def test_a74_sessions_end_and_transactions_fail_under_load_and_all_is_done_once(
    migrated_postgres: str,
) -> None:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait, fake.pusher.longest_wait = 0.05, 0.2
    operator = await asyncpg.connect(migrated_postgres)
    async with fake, running(settings_for(fake.base_url, fake.registration, migrated_postgres)):
        admin = fake.add_user(ADMIN)
        room = await admin.create_dm(fake.bot)
        async with trouble(operator):
            for name in _NAMES:
                admin.send(room, f"ecosystem create {name}")
                await asyncio.sleep(0.1)
        await until(lambda: len(_answers(fake, room)) >= len(_NAMES), 30)
        failed = await operator.fetchval("SELECT last_value FROM hiccups")
        await operator.close()
        await asyncio.sleep(0.3)
        answers = _answers(fake, room)
        assert [sum(name in said for said in answers) for name in _NAMES] == [1] * len(_NAMES), answers
        assert {len(ids) for ids in fake.rooms_by_marker().values()} == {1}
        assert len(fake.rooms_by_marker()) == 2 * len(_NAMES)
    assert failed > 73, "each of the three has happened"


def _answers(fake: FakeHomeserver, room: str) -> list[str]:
    messages = (event for event in fake.world.rooms[room].timeline if event.type == "m.room.message")
    bodies = [event.content["body"] for event in messages if event.sender == fake.bot]
    return [body for body in bodies if not body.endswith("…")]


async def test_a74_an_event_whose_transaction_fails_again_and_again_is_not_set_aside(
    migrated_postgres: str,
) -> None:
    operator = await asyncpg.connect(migrated_postgres)
    hiccups = _HICCUPS.replace("% 96 = 9", "< 8")
    await operator.execute(hiccups + _ON_HANDLED)
    database = Database(driven(migrated_postgres))
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    assert len(says(await stage.hears(message(1)))) == 1
    assert (await stage.events()).get("set aside", 0) == 0
    assert await operator.fetchval("SELECT last_value FROM hiccups") > 7
    await operator.close()
    await database.close()


async def test_a74_a_server_that_refuses_connections_is_one_that_is_away(postgres_database: str) -> None:
    database = Database(driven(postgres_database).replace("tester@", "nobody-here@"))
    with pytest.raises(OSError, match="PostgreSQL does not let us in") as refused:
        async with database.writing():
            pass
    assert is_passing(refused.value)
    assert not await database.answers()
    await database.close()


# -- poolers ----------------------------------------------------------------------------------------


class Pooled:
    """What stands in for connections through a pooler that gives each transaction the session used last."""

    def __init__(self) -> None:
        self.free = [3, 2, 1]

    def connect(self) -> Any:
        return _Connection(self)


class _Connection:
    def __init__(self, pool: Pooled) -> None:
        self._pool = pool
        self._held: int | None = None

    async def __aenter__(self) -> _Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def execution_options(self, **_: object) -> None:
        return None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        self._held = self._pool.free.pop()
        yield
        self._pool.free.append(self._held)
        self._held = None

    async def execute(self, _: object) -> Any:
        return _Row(self._held or self._pool.free[-1])


class _Row:
    def __init__(self, pid: int) -> None:
        self._pid = pid

    def scalar_one(self) -> int:
        return self._pid


async def test_a77_a_pooler_that_gives_each_transaction_another_session_is_refused(
    postgres_database: str,
) -> None:
    with pytest.raises(Unavailable, match="pool_mode = session"):
        await check_sessions(Pooled())
    database = Database(driven(postgres_database))
    await check_sessions(database.engine)
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1
    await database.close()
