"""What came of an action: who waits is told once, and what cannot be done takes with it what hangs on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from appservice.homeserver import HomeserverError, Limited, Unreachable
from appservice.lanes import Entry
from appservice.outbox import Outbox
from appservice.performing import Outcome, Performer
from appservice.places import Places
from appservice.settling import SLOW_SECONDS, depending_on
from appservice.store import outbox
from bot.ports import Heard
from bot.reply import say
from spaces import changes
from spaces.actions import (
    Action,
    CreateRoom,
    Invite,
    Publish,
    ReadBack,
    Say,
    SetState,
    StateEvent,
    Withdraw,
)
from spaces.identifiers import EventId, NetworkId, RoomId
from spaces.sentences import sentence
from tests.appservice.stage import ALICE, DIRECT, PlayedRooms, Stage, says, text_of

ARTS = NetworkId("n.arts")
HEALTH = NetworkId("n.health")
SOMERSET = NetworkId("n.somerset")


def heard(event: str = "$asked") -> Heard:
    return Heard(ALICE, DIRECT, EventId(event), "make it so", datetime.now(UTC), is_direct=True)


async def asked(stage: Stage, *actions: Action, event: str = "$asked") -> None:
    """Alice asked for `actions` in her direct room."""
    async with stage.works.begin(ALICE) as work:
        work.put(*actions)
        await work.answer(heard(event), say("It is done."), meanwhile=say("Working on it …"))


async def founded(stage: Stage, event: str = "$asked") -> NetworkId:
    """Alice founds Arts with a parent, Somerset, and waits for an answer."""
    async with stage.works.begin(ALICE) as work:
        landscape, top = changes.create_network(
            work.landscape, work.ids, name="Somerset", coordinators=[ALICE]
        )
        landscape, arts = changes.create_network(
            landscape, work.ids, name="Arts", under=[top], agreed=[top], coordinators=[ALICE]
        )
        await work.change(landscape, what="founded", about=arts)
        await work.answer(heard(event), say("Arts is there."), meanwhile=say("Founding Arts …"))
    return arts


# -- who waits --------------------------------------------------------------------------------------


async def test_the_answer_comes_when_all_is_done_and_once(stage: Stage) -> None:
    await founded(stage)
    played = PlayedRooms(stage)
    done = await played.settle_all()
    assert [said.said for said in says(done)] == ["answer:$asked"]
    assert isinstance(done[-1], Say)
    assert "Arts is there." in text_of(done[-1])
    assert done[-1].content["relates"] == {"m.in_reply_to": {"event_id": "$asked"}}
    assert done[-1].content["edits"] is None


async def test_what_makes_no_writes_is_answered_at_once(stage: Stage) -> None:
    await asked(stage)
    assert [said.said for said in says(await stage.waiting())] == ["answer:$asked"]


async def test_after_two_seconds_progress_is_said_once_and_edited_into_the_answer(stage: Stage) -> None:
    await asked(stage, Invite(RoomId("!a"), ALICE), Invite(RoomId("!b"), ALICE))
    stage.clock.seconds += SLOW_SECONDS
    await stage.settler.tell_progress()
    assert says(await stage.waiting()) == [], "two seconds are not more than two seconds"
    played = PlayedRooms(stage)
    first, *_ = await stage.entries()
    await played.settle(first)
    stage.clock.seconds += 0.1
    await stage.settler.tell_progress()
    await stage.settler.tell_progress()
    [progress] = says(await stage.waiting())
    assert progress.said == "progress:$asked"
    assert "Working on it" in text_of(progress)
    assert "1 of 2 …" in text_of(progress)
    [*_, answer] = await played.settle_all()
    assert isinstance(answer, Say)
    assert answer.content["edits"] == "progress:$asked"
    assert "It is done." in text_of(answer)


async def test_nobody_is_told_of_progress_after_the_end(stage: Stage) -> None:
    await asked(stage, Invite(RoomId("!a"), ALICE))
    await PlayedRooms(stage).settle_all()
    stage.clock.seconds += 100
    await stage.settler.tell_progress()
    assert await stage.waiting() == []


async def test_what_was_given_up_is_told_with_the_answer(stage: Stage) -> None:
    await asked(stage, Invite(RoomId("!a"), ALICE), Invite(RoomId("!b"), ALICE))
    first, second = await stage.entries()
    assert await stage.settler.give_up(first, sentence("the homeserver said no: not today")) == set()
    await stage.settler.settle(second, Outcome())
    [answer] = says(await stage.waiting())
    assert "Not everything could be done" in text_of(answer)
    assert "not today" in text_of(answer)


async def test_who_asked_for_something_that_a_later_wish_replaced_is_answered_all_the_same(
    stage: Stage,
) -> None:
    await asked(stage, Publish(ARTS, SOMERSET), event="$first")
    await asked(stage, Withdraw(ARTS, SOMERSET), event="$second")
    stage.clock.seconds += SLOW_SECONDS + 1
    await stage.settler.tell_progress()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$first", "progress:$second"]
    await stage.settler.tell_progress()
    assert len(says(await stage.waiting())) == 2


async def test_an_undertaking_that_nobody_waits_for_says_nothing(stage: Stage) -> None:
    async with stage.works.begin("operator") as work:
        work.put(Invite(RoomId("!a"), ALICE))
        undertaking = await work.undertake("blueprint")
    done = await PlayedRooms(stage).settle_all()
    assert says(done) == []
    async with stage.database.reading() as connection:
        found = await outbox.undertaking(connection, undertaking)
    assert found is not None
    assert found.status == "done"


# -- what is given up -------------------------------------------------------------------------------


async def test_a_room_given_up_takes_with_it_what_depends_on_it_and_may_be_made_again(stage: Stage) -> None:
    arts = await founded(stage)
    entries = await stage.entries()
    [create] = [e for e in entries if isinstance(e.action, CreateRoom) and e.action.room == arts]
    lost = await stage.settler.give_up(create, sentence("not today"))
    left = await stage.entries()
    assert lost == {e.seq for e in entries} - {e.seq for e in left} - {create.seq}
    for entry in left:
        assert arts not in (entry.action.room, *entry.action.needs)
    assert await stage.row(arts) is None
    groups = [g.id for g in (await stage.works.landscape()).groups_of(arts)]
    assert groups
    assert [await stage.row(group) for group in groups] == [None] * len(groups)
    played = PlayedRooms(stage)
    await played.settle_all()
    async with stage.work() as work:
        await work.settle([arts, *groups])
    made = [action.room for action in await played.settle_all() if isinstance(action, CreateRoom)]
    assert set(made) == {arts, *groups}


async def test_who_asked_for_a_room_given_up_is_told_once(stage: Stage) -> None:
    arts = await founded(stage)
    [create] = [
        e for e in await stage.entries() if isinstance(e.action, CreateRoom) and e.action.room == arts
    ]
    await stage.settler.give_up(create, sentence("not today"))
    done = await PlayedRooms(stage).settle_all()
    [answer] = says(done)
    assert "create the Space “Arts”: not today" in text_of(answer)


def test_what_depends_on_a_room_is_found_over_several_steps() -> None:
    waiting = [
        Entry(1, ReadBack(ARTS)),
        Entry(2, CreateRoom(HEALTH, (StateEvent("m.space.parent", {}, ARTS),))),
        Entry(3, Invite(HEALTH, ALICE)),
        Entry(4, SetState(SOMERSET, StateEvent("m.space.child", {"via": ["hs.test"]}, HEALTH))),
        Entry(5, Invite(SOMERSET, ALICE)),
    ]
    assert [entry.seq for entry in depending_on(ARTS, waiting)] == [1, 2, 3, 4]


# -- the outbox loop --------------------------------------------------------------------------------


class Script(Performer):
    """Performs actions: each raises what was put down for it, in turn, and then goes well."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.failures: dict[str, list[Exception]] = {}
        self.tries: list[str] = []
        self.done: list[str] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def perform(
        self, action: Action, *, tried: bool, edited: EventId | None = None, look_since: float | None = None
    ) -> Outcome:
        self.tries.append(action.key)
        await self.may_go_on.wait()
        if failures := self.failures.get(action.key):
            raise failures.pop(0)
        self.done.append(action.key)
        return Outcome(event=EventId("$1") if isinstance(action, Say) else None)


class Loop:
    def __init__(self, stage: Stage) -> None:
        self.script = Script(stage.places)
        self.outbox = Outbox(stage.works, self.script, stage.settler, stage.places, stage.clock)
        self._stage = stage

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.outbox.run())
        try:
            yield
        finally:
            self.script.may_go_on.set()
            self.outbox.stop()
            await task

    async def until_tried(self, times: int) -> None:
        async with asyncio.timeout(20):
            while len(self.script.tries) < times:
                self.outbox.wake()
                await asyncio.sleep(0.005)

    async def until_done(self, number: int) -> None:
        async with asyncio.timeout(20):
            while len(await self._stage.waiting()) > 2 or len(self.script.done) < number:
                self.outbox.wake()
                await asyncio.sleep(0.005)

    async def until_empty(self) -> None:
        async with asyncio.timeout(20):
            while await self._stage.waiting():
                self.outbox.wake()
                await asyncio.sleep(0.005)


@pytest.fixture
def loop(stage: Stage) -> Loop:
    return Loop(stage)


async def test_a46_what_was_made_private_before_it_was_listed_is_never_listed(
    stage: Stage, loop: Loop
) -> None:
    loop.script.may_go_on.clear()
    loop.outbox.prepare([(ARTS, True)])
    await stage.put(ReadBack(ARTS), Publish(ARTS, SOMERSET))
    async with loop.running():
        await loop.until_tried(1)  # both are known to the loop, and the first is under way
        await stage.put(Withdraw(ARTS, SOMERSET))
        loop.script.may_go_on.set()
        await loop.until_empty()
    assert loop.script.done == [ReadBack(ARTS).key, Withdraw(ARTS, SOMERSET).key]


async def test_an_error_that_is_final_is_given_up_and_the_lane_goes_on(stage: Stage, loop: Loop) -> None:
    first, second = Invite(RoomId("!a"), ALICE), Say(RoomId("!a"), "x", {})
    loop.script.failures[first.key] = [HomeserverError(403, "M_FORBIDDEN", "no \0 \ud800 way")]
    await stage.put(first, second)
    async with loop.running():
        await loop.until_empty()
    assert loop.script.done == [second.key]
    async with stage.database.reading() as connection:
        [reason] = await outbox.failures(connection)
    assert str(reason).endswith(": the homeserver said no: no   way")


async def test_a_limit_holds_up_its_own_room_alone(stage: Stage, loop: Loop) -> None:
    limited, after, other = (Say(RoomId(f"!{room}"), said, {}) for room, said in ("a1", "a2", "b3"))
    loop.script.failures[limited.key] = [Limited("M_LIMIT_EXCEEDED", "", 30.0)]
    await stage.put(limited, after, other)
    async with loop.running():
        await loop.until_tried(2)
        await loop.until_done(1)
        stage.clock.seconds += 40
        await loop.until_empty()
    assert loop.script.done == [other.key, limited.key, after.key]
    assert loop.script.tries.count(limited.key) == 2


async def test_after_an_outage_the_homeserver_is_asked_again_at_once(stage: Stage, loop: Loop) -> None:
    action = Invite(RoomId("!a"), ALICE)
    loop.script.failures[action.key] = [Unreachable("gone")]
    await stage.put(action)
    async with loop.running():
        await loop.until_tried(1)
        for _ in range(20):
            await asyncio.sleep(0)
        loop.outbox.homeserver_answers()
        while not loop.script.done:
            loop.outbox.homeserver_answers()
            await asyncio.sleep(0.005)
        await loop.until_empty()
    assert loop.script.tries == [action.key] * 2


async def test_what_comes_behind_something_that_is_given_up_is_not_done_either(stage: Stage) -> None:
    first = SetState(ARTS, StateEvent("m.space.child", {"via": ["hs.test"]}, HEALTH))
    then = SetState(HEALTH, StateEvent("m.space.parent", {"via": ["hs.test"]}, ARTS), behind=(first.key,))
    last = SetState(SOMERSET, StateEvent("m.space.child", {}, HEALTH), behind=(then.key,))
    other = SetState(SOMERSET, StateEvent("m.room.name", {"name": "Somerset"}))
    await stage.put(first, then, other, last)
    entries = await stage.entries()
    [given_up] = [entry for entry in entries if entry.action == first]
    lost = await stage.settler.give_up(given_up, sentence("no"))
    assert lost == {entry.seq for entry in entries if entry.action.behind}
    assert await stage.waiting() == [other]
