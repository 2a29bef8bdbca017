"""While people wait for answers, little is done of what is asked for in great number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from appservice.performing import Outcome, Performer
from appservice.store.database import Database
from spaces.actions import Action, ReadBack, SetState, StateEvent
from spaces.identifiers import EventId, RoomId
from tests.appservice.laning import say
from tests.appservice.stage import ALICE, DIRECT, Stage, delivering, message
from tests.clock import Clock
from tests.waiting import until


class Played(Performer):
    """Does everything at once, and counts it."""

    def __init__(self) -> None:
        self.done: list[Action] = []

    async def perform(self, action: Action, **_: Any) -> Outcome:
        self.done.append(action)
        return Outcome(event=EventId("$said"))

    def of(self, number: int) -> Callable[[], bool]:
        return lambda: len(self.done) == number


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def names(rooms: int) -> list[Action]:
    return [SetState(RoomId(f"!{n}"), StateEvent("m.room.name", {"name": "x"})) for n in range(rooms)]


async def test_a_large_undertaking_waits_while_people_do_and_goes_on_afterwards(stage: Stage) -> None:
    await stage.put(*names(60), undertaking=1)
    await stage.put(SetState(RoomId("!z"), StateEvent("m.room.topic", {"topic": "y"})), undertaking=2)
    await stage.put(*(say(RoomId(f"!talk{n}"), str(n)) for n in range(5)))
    health, played, clock = stage.works.surroundings.health, Played(), Clock()
    health.waiting_since = stage.clock() - 1
    async with delivering(stage, played, clock):
        await until(played.of(7))
        await asyncio.sleep(0.3)
        assert len(played.done) == 7, "five answers, the small one, and one of the many"
        clock.seconds += 0.1
        await until(played.of(8))
        health.waiting_since = None
        await until(played.of(66))


async def test_what_has_come_just_now_holds_nothing_back(stage: Stage) -> None:
    await stage.put(*names(40), undertaking=1)
    played = Played()
    stage.works.surroundings.health.waiting_since = stage.clock()
    async with delivering(stage, played, Clock()):
        await until(played.of(40))


async def test_the_first_that_came_in_and_is_not_handled_is_known(stage: Stage) -> None:
    health = stage.works.surroundings.health
    await stage.knows(DIRECT, ALICE)
    began = stage.clock()
    await stage.push(message(1), txn="1")
    stage.clock.seconds += 5
    await stage.push(message(2, "whoami"), txn="2")
    assert health.waiting_since == began
    await stage.work_off()
    assert health.waiting_since is None


async def test_to_look_at_all_rooms_is_routine_and_to_read_what_somebody_changed_is_not(stage: Stage) -> None:
    looks = [ReadBack(RoomId(f"!{n}"), routine=True) for n in range(3)]
    await stage.put(*looks)
    await stage.put(ReadBack(RoomId("!1")))
    assert await stage.waiting() == [looks[0], looks[2], ReadBack(RoomId("!1"))]
    await stage.put(looks[1])
    assert await stage.waiting() == [looks[0], looks[2], ReadBack(RoomId("!1")), looks[1]]
    before = await stage.entries()
    await stage.put(*looks)
    assert await stage.entries() == before, "they wait, and keep their place"
