"""What alone is never answered, or not readably, is not tried anew whenever something else is answered."""

from __future__ import annotations

import asyncio
from typing import Any

from appservice.homeserver import Unreachable
from appservice.performing import Outcome, Performer
from appservice.store.database import Database
from spaces.actions import Action
from spaces.identifiers import EventId, RoomId
from tests.appservice.laning import say
from tests.appservice.stage import Stage, delivering
from tests.clock import Clock
from tests.waiting import until

LOST = RoomId("!lost")


class Answering(Performer):
    """Everything but what is said in LOST, unless `all_is_well`."""

    def __init__(self) -> None:
        self.done = self.tried = 0
        self.all_is_well = False

    async def perform(self, action: Action, **_: Any) -> Outcome:
        if action.room == LOST and not self.all_is_well:
            self.tried += 1
            raise Unreachable("an answer that is not JSON")
        self.done += 1
        return Outcome(event=EventId(f"$said{self.done}"))


async def test_what_is_never_answered_waits_longer_and_longer_while_all_else_is(database: Database) -> None:
    stage, played, clock = Stage(database), Answering(), Clock()
    await stage.put(say(LOST, "hello"))
    async with delivering(stage, played, clock) as outbox:
        for number in range(30):
            await stage.put(say(RoomId(f"!talk{number}"), str(number)))
            outbox.wake()
            await until(lambda done=number + 1: played.done == done)
            await asyncio.sleep(0.01)
        assert 1 < played.tried < 6
        clock.seconds += 600
        outbox.wake()
        before = played.tried
        await until(lambda: played.tried == before + 1)
        played.all_is_well = True
        clock.seconds += 600
        outbox.wake()
        await until(lambda: played.done == 31)


async def test_after_a_silence_what_waited_for_it_goes_at_once(database: Database) -> None:
    stage, played, clock = Stage(database), Answering(), Clock()
    stage.works.surroundings.health.homeserver_answers = False
    await stage.put(say(LOST, "hello"))
    async with delivering(stage, played, clock) as outbox:
        for number in range(8):
            await until(lambda tried=number + 1: played.tried == tried)
            clock.seconds += 600
            outbox.wake()
        await until(lambda: played.tried == 9)
        stage.works.surroundings.health.homeserver_answers = played.all_is_well = True
        outbox.homeserver_answers()
        await until(lambda: played.done == 1)
