"""A start that upgrades an older database and is killed at it; and the next start after that."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import event, text

from appservice.acting import Acting
from appservice.engine import Foundation
from appservice.store import migrate as migrating
from appservice.store.database import Database
from tests.appservice.test_migrations import differences
from tests.appservice.test_migrations_with_data import _fill, _held
from tests.hedgerow import settings_for
from tests.registration import Registration

_FORKED = multiprocessing.get_context("fork")  # they have imported everything
_SECONDS = 300
BEGUN_WITH = "0010"
_CHANGED = {"acting", "alembic_version", "marks"}  # by each start

Rows = dict[str, list[dict[str, Any]]]


def older(url: str) -> Rows:
    """An older version's database with rows in every table, made at `url`; what an upgrade makes of it."""
    return asyncio.run(_older(url))


async def _older(url: str) -> Rows:
    database, filled = Database(url), set[str]()
    await migrating.migrate(database, BEGUN_WITH)
    async with database.writing() as connection:
        await connection.run_sync(_fill, filled)
    async with database.engine.connect() as connection:  # taken back in the end
        await connection.run_sync(migrating._upgrade, "head")
        rows = await connection.run_sync(_held, filled - _CHANGED)
        await connection.rollback()
    await database.close()
    return rows


# -- the start that is killed -----------------------------------------------------------------------


Moment = int | Literal["before the commit"]
"""When it is killed: before a step of that number, counted from 0, or when all of the upgrade is done."""


def steps(url: str, told: Path) -> list[str]:
    """What a start does that nobody kills: each of its statements, and COMMIT."""
    _ended(_FORKED.Process(target=_start_and_tell, args=(url, told)))
    return told.read_text().splitlines()


def was_killed(url: str, moment: Moment) -> bool:
    """False where it came to its end without."""
    return _ended(_FORKED.Process(target=_start_until, args=(url, moment))) != 0


def was_killed_after(url: str, seconds: float) -> bool:
    """Wherever it is then."""
    process = _FORKED.Process(target=_start_until, args=(url, -1))
    killing = threading.Timer(seconds, lambda: os.kill(process.pid or 0, signal.SIGKILL))
    killing.start()
    try:
        return _ended(process) != 0
    finally:
        killing.cancel()


def _ended(process: multiprocessing.context.ForkProcess) -> int | None:
    process.start()
    process.join(_SECONDS)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode


def _start_and_tell(url: str, told: Path) -> None:
    found: list[str] = []
    asyncio.run(_started(url, found.append))
    told.write_text("\n".join(found))


def _start_until(url: str, moment: Moment) -> None:
    done: list[str] = []

    def reached(said: str) -> None:
        if _is_now(moment, done, said):
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(said)

    asyncio.run(_started(url, reached))


def _is_now(moment: Moment, done: list[str], following: str) -> bool:
    if isinstance(moment, int):
        return len(done) == moment
    return following == "COMMIT" and any(said.startswith("UPDATE alembic_version") for said in done)


async def _started(url: str, reached: Callable[[str], None]) -> None:
    """As the service starts, until it acts. `reached` hears of each statement before it is said."""
    settings = settings_for("http://127.0.0.1:1", Registration(), url.replace("+aiosqlite", ""))
    foundation = Foundation(settings)
    acting, engine = Acting(foundation, lambda: None), foundation.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *said: reached(" ".join(said[2].split()[:3])))
    event.listen(engine, "commit", lambda _: reached("COMMIT"))
    await foundation.open()
    await acting.begin(asyncio.Event(), _nowhere)
    await acting.lock.release()
    await foundation.database.close()


async def _nowhere() -> None:
    """Nothing is listened to."""


# -- the next start ---------------------------------------------------------------------------------


def left_behind(url: str) -> str:
    """The revision that the killed one has left, and after the next start all is as it should be."""
    return asyncio.run(_left_behind(url))


async def _left_behind(url: str) -> str:
    database = Database(url)
    async with database.reading() as connection:
        found = await migrating.revision_of(connection)
    assert found in (BEGUN_WITH, migrating.known_revisions()[0])
    await database.close()
    await asyncio.wait_for(_started(url, lambda _: None), _SECONDS)
    return found or ""


def upgraded(url: str, names: set[str]) -> Rows:
    return asyncio.run(_upgraded(url, names))


async def _upgraded(url: str, names: set[str]) -> Rows:
    database = Database(url)
    assert await differences(database) == []
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar() == 1
        rows = await connection.run_sync(_held, names)
    await database.close()
    return rows
