"""The store is killed at writing, full, or not to be written to: nothing that was accepted is lost."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import event, text

from appservice import inbox
from appservice.store import database as database_module
from appservice.store.database import Database, StoreError
from tests.appservice.stage import ALICE, DIRECT, Stage, message, says
from tests.crashes.killed_writers import integrity, killed_at_writing
from tests.crashes.rounds import loud, unexpected

KILLS = 15


def test_a69_what_was_accepted_is_there_however_often_the_process_is_killed_at_writing(
    migrated_url: str,
) -> None:
    found = killed_at_writing(migrated_url, KILLS, random.Random(69))
    assert len(found.acknowledged) > KILLS
    assert found.acknowledged - found.kept == frozenset()
    if file := Database(migrated_url).path:
        assert integrity(file) == "ok"


@pytest.mark.parametrize("how", ["full", "read-only"])
@pytest.mark.of_sqlite
async def test_a12_a72_after_a_disk_was_full_or_read_only_all_that_was_accepted_is_handled_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(inbox, "_PAUSE_SECONDS", 0.02)
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    setting = setting_of(database)
    with loud() as log:
        async with stage.running():
            accepted = await pushed_until_refused(stage, setting, how)
            await asyncio.sleep(0.3)  # for the loop to try again and again
            setting["pragma"] = WELL[how]
            await stage.push(message(1000))
            await stage.until_worked_off()
    answered = [said.said for said in says(await stage.waiting())]
    assert sorted(answered) == sorted(f"answer:$m{n}" for n in (*accepted, 1000))
    assert {status for _, status, _, _ in await stage.stored()} == {"handled"}
    assert unexpected(log) == []


WELL = {"full": "max_page_count = 1000000", "read-only": "query_only = 0"}
_PAGES = 60


def setting_of(database: Database) -> dict[str, str]:
    """What is set on every connection before it is used."""
    setting = {"pragma": "busy_timeout = 5000"}

    def set_first(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {setting['pragma']}")
        cursor.close()

    event.listen(database.engine.sync_engine, "checkout", set_first)
    return setting


async def pushed_until_refused(stage: Stage, setting: dict[str, str], how: str) -> list[int]:
    """The numbers of those that were accepted before."""
    await stage.push(*(message(n) for n in range(3)))
    accepted = [0, 1, 2]
    async with stage.database.reading(apart=True) as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
    setting["pragma"] = f"max_page_count = {pages + _PAGES}" if how == "full" else "query_only = 1"
    for n in range(3, 100):
        try:
            await stage.push(message(n, content={"odd": "x" * 20_000}))
        except StoreError:
            return accepted
        accepted.append(n)
    pytest.fail("it was never refused")


async def test_a12_what_another_process_kept_from_being_handled_for_long_is_handled_and_not_set_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setitem(database_module._PRAGMAS, "busy_timeout", 50)
    other = Database(stage.database.url.render_as_string())
    for n in range(6):  # the lock is let go at one moment or another of what is tried meanwhile
        await stage.inbox.take([message(n)])
        async with other.writing():
            loop = asyncio.create_task(stage.work_off())
            await asyncio.sleep(0.3 + n * 0.03)
        await loop
    await other.close()
    assert {status for _, status, _, _ in await stage.stored()} == {"handled"}
    assert [said.said for said in says(await stage.waiting())] == [f"answer:$m{n}" for n in range(6)]
