"""The whole service at the fake homeserver, with the clock moved: who has no path left is taken out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from appservice.demo.synapse import free_port
from appservice.store import outbox
from bot.paths.departing import DAY
from spaces.identifiers import RoomId
from tests.databases import Databases
from tests.dialogues import dialogues_for, person
from tests.fake import FakeHomeserver, Registration
from tests.homes import FakeHome, Home
from tests.service_stage import ServiceStage
from tests.stages import Stages


class Served:
    """The town of the dialogues, with a bridge between Arts UK and Health UK."""

    def __init__(self, stage: ServiceStage, fake: FakeHomeserver) -> None:
        self.stage, self.fake = stage, fake
        self.service = stage._service

    async def open(self) -> Served:
        await self.stage.bring_in(["alice", "bob", "mia", "sam"])
        await self.stage.say("alice", "bridge create Both --between arts-uk and health-uk")
        landscape = await self.service.engine.works.landscape()
        self.slug = next(n.slug for n in landscape.networks.values() if n.name == "Both")
        await self.stage.say("bob", f"bridge accept {self.slug}")
        await self.stage.joins("sam", "health-uk")
        for user in ("mia", "sam"):
            await self.stage.joins(user, self.slug)
        return self

    async def unlink(self) -> None:
        await self.stage.say("bob", f"network unlink {self.slug} --from health-uk")
        await self.stage.say("bob", "yes")

    async def look(self, days: float) -> None:
        """The service looks, so many days from now, until it has all that it asks for."""
        works = self.service.engine.works
        works.surroundings = replace(works.surroundings, now=lambda: time.time() + days * DAY)
        for _ in range(2):
            await self.service.departing.tick()
            await self._quiet()

    async def _quiet(self) -> None:
        async with asyncio.timeout(20):
            waiting = 1
            while waiting:
                await asyncio.sleep(0.05)
                async with self.service.foundation.database.reading() as connection:
                    waiting = await outbox.depth(connection)

    async def membership(self, name: str) -> str:
        landscape = await self.service.engine.works.landscape()
        room = RoomId(self.service.engine.places.room(landscape.slugs[self.slug]))
        found = self.fake.world.rooms[room].state["m.room.member", person(name)]
        return str(found.content["membership"])


@pytest.fixture
async def served(databases: Databases) -> AsyncIterator[Served]:
    fakes: list[FakeHomeserver] = []

    @asynccontextmanager
    async def opened(_: bytes | None) -> AsyncIterator[Home]:
        registration = Registration(url=f"http://127.0.0.1:{free_port()}", server_name="example.org")
        async with FakeHomeserver(registration) as fake:
            fakes.append(fake)
            yield FakeHome(fake)

    stages = Stages(opened, databases)
    town = max(dialogues_for("fake"), key=lambda one: len(one.background))
    async with stages.playing(town) as stage:
        yield await Served(stage, fakes[-1]).open()
    await stages.close()


async def test_h4_unlinking_one_parent_takes_out_whom_only_it_had_let_in_and_after_the_grace(
    served: Served,
) -> None:
    await served.unlink()
    await served.look(0)
    assert (await served.membership("mia"), await served.membership("sam")) == ("join", "join")
    await served.look(6.9)
    assert await served.membership("sam") == "join"
    await served.look(7.1)
    assert (await served.membership("mia"), await served.membership("sam")) == ("join", "leave")


async def test_h4_who_leaves_the_parent_by_hand_goes_and_who_is_back_in_time_stays(served: Served) -> None:
    await served.stage.leaves("mia", "arts-uk")
    await served.stage.leaves("sam", "health-uk")
    await served.look(0)
    await served.stage.joins("mia", "health-uk")
    await served.look(8)
    assert (await served.membership("mia"), await served.membership("sam")) == ("join", "leave")
