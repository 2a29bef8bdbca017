"""Ticks come, one at a time, and nothing that one of them does ends the schedule."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.exc import OperationalError
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from appservice.schedule import Schedule

OFTEN = 0.005
SELDOM = 3600.0


@pytest.fixture
async def schedule() -> AsyncIterator[Schedule]:
    made = Schedule()
    yield made
    await made.stop()


class Counter:
    """A tick that counts itself and says when it has come `enough` times."""

    def __init__(self, enough: int, failure: Exception | None = None) -> None:
        self.count, self._enough, self._failure = 0, enough, failure
        self.reached = asyncio.Event()

    async def tick(self) -> None:
        self.count += 1
        if self.count >= self._enough:
            self.reached.set()
        if self._failure is not None:
            raise self._failure


class Slow:
    """A tick that lasts until it is let go, and tidies up behind itself."""

    def __init__(self) -> None:
        self.began, self.may_end, self.tidied = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.count = 0

    async def tick(self) -> None:
        self.count += 1
        self.began.set()
        try:
            await self.may_end.wait()
        finally:
            await asyncio.sleep(0)
            self.tidied.set()


async def test_a_tick_comes_again_and_again(schedule: Schedule) -> None:
    counter = Counter(3)
    schedule.every(OFTEN, "count", counter.tick)
    schedule.start()
    await asyncio.wait_for(counter.reached.wait(), 5)


async def test_a_tick_can_come_at_once_and_otherwise_waits_for_its_turn(schedule: Schedule) -> None:
    at_once, later = Counter(1), Counter(1)
    schedule.every(SELDOM, "later", later.tick)
    schedule.every(SELDOM, "at once", at_once.tick, at_once=True)
    schedule.start()
    await asyncio.wait_for(at_once.reached.wait(), 5)
    assert (at_once.count, later.count) == (1, 0)


async def test_a_tick_can_be_added_while_the_schedule_runs_and_may_come_unevenly(schedule: Schedule) -> None:
    schedule.start()
    counter = Counter(2)
    schedule.every(OFTEN, "count", counter.tick, jitter=OFTEN)
    await asyncio.wait_for(counter.reached.wait(), 5)


async def test_a_tick_that_fails_is_logged_with_its_name_and_comes_again(schedule: Schedule) -> None:
    failing, other = Counter(3, ValueError("no such table")), Counter(3)
    schedule.every(OFTEN, "sweep", failing.tick, at_once=True)
    schedule.every(OFTEN, "other", other.tick)
    with capture_logs([merge_contextvars]) as lines:
        schedule.start()
        await asyncio.wait_for(failing.reached.wait(), 5)
        await asyncio.wait_for(other.reached.wait(), 5)
        await schedule.stop()
    failed = [line for line in lines if line["event"] == "tick failed"]
    assert len(failed) >= 3
    assert {(line["tick"], line["log_level"], line["exc_info"]) for line in failed} == {
        ("sweep", "error", True)
    }


async def test_a_tick_for_which_the_database_is_locked_is_put_off_in_one_line(schedule: Schedule) -> None:
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorname = "SQLITE_BUSY"
    sweep = Counter(2, OperationalError("UPDATE marks", {}, locked))
    schedule.every(OFTEN, "sweep", sweep.tick)
    with capture_logs([merge_contextvars]) as lines:
        schedule.start()
        await asyncio.wait_for(sweep.reached.wait(), 5)
        await schedule.stop()
    assert lines[:1] == [
        {"tick": "sweep", "event": "tick put off", "reason": "OperationalError", "log_level": "warning"}
    ]
    assert not any("exc_info" in line for line in lines)


async def test_only_one_tick_of_a_name_runs_at_a_time(schedule: Schedule) -> None:
    slow, other = Slow(), Counter(5)
    schedule.every(OFTEN, "slow", slow.tick, at_once=True)
    schedule.every(OFTEN, "other", other.tick)
    schedule.start()
    await asyncio.wait_for(other.reached.wait(), 5)
    assert slow.count == 1
    slow.began.clear()
    slow.may_end.set()
    await asyncio.wait_for(slow.began.wait(), 5)
    assert slow.count == 2


async def test_stopping_breaks_off_a_tick_and_waits_until_it_has_tidied_up(
    schedule: Schedule, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    schedule.every(SELDOM, "slow", slow.tick, at_once=True)
    schedule.start()
    await asyncio.wait_for(slow.began.wait(), 5)
    await schedule.stop()
    assert slow.tidied.is_set()
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_stopping_right_after_the_start_leaves_nothing_behind(
    schedule: Schedule, caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    slow = Slow()
    schedule.every(OFTEN, "slow", slow.tick, at_once=True)
    schedule.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    await schedule.stop()
    await schedule.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


async def test_a_name_is_given_once(schedule: Schedule) -> None:
    schedule.every(SELDOM, "sweep", Counter(1).tick)
    with pytest.raises(ValueError, match="already a tick called sweep"):
        schedule.every(SELDOM, "sweep", Counter(1).tick)
