"""`hedgerow_digests_sent_total` counts editions that have reached their room, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from appservice import newsroom
from appservice.homeserver import HomeserverError
from appservice.metrics import Meters
from appservice.outbox import Outbox
from appservice.store import rooms
from spaces.actions import Say
from tests.appservice.press_house import Board, House, at
from tests.appservice.stage import BEN, Stage, says
from tests.appservice.test_metrics import value
from tests.appservice.test_settling import Script
from tests.appservice.yard import ROOMS, SAM


@pytest.fixture
async def house(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> House:
    board = Board()
    monkeypatch.setattr(newsroom, "sources_of", lambda _: [board])
    return await House(stage, board).begin()


async def delivered(house: House, meters: Meters, script: Script) -> None:
    """All that waits, as the service delivers it."""
    stage = house.stage
    loop = Outbox(stage.works, script, stage.settler, stage.places, stage.clock, watch=meters)
    async with stage.database.reading() as connection:
        loop.prepare([(row.place, True) for row in await rooms.all_rooms(connection)])
    task = asyncio.create_task(loop.run())
    async with asyncio.timeout(20):
        while await stage.waiting():
            stage.clock.seconds += 5  # waits after a failure are over
            loop.wake()
            await asyncio.sleep(0.01)
    loop.stop()
    await task


async def test_a_digest_counts_when_it_has_reached_its_room_and_once(house: House) -> None:
    await house.subscribe(BEN, SAM, house.arts)
    house.board.write(house.arts, at(1, 12), "A concert")
    house.stage.clock.seconds = at(2, 8)
    await house.press.look()
    await house.stage.put(Say(ROOMS[BEN], "no digest", {"msgtype": "m.notice", "body": "Hello"}))
    keys = {said.room: said.key for said in says(await house.stage.waiting()) if said.said != "no digest"}
    assert set(keys) == {ROOMS[BEN], ROOMS[SAM], house.news}
    meters, script = Meters(house.stage.clock), Script(house.stage.places)
    script.failures[keys[ROOMS[BEN]]] = [HomeserverError(502, "", "bad gateway")]  # it comes in the end
    script.failures[keys[ROOMS[SAM]]] = [HomeserverError(403, "M_FORBIDDEN", "not there")]
    assert value(meters, "hedgerow_digests_sent_total") == 0
    await delivered(house, meters, script)
    assert len(script.tries) == 5
    assert value(meters, "hedgerow_digests_sent_total") == 2
