"""The whole service, invited by all sorts of people, on a homeserver in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.store import outbox
from tests.fake import FakeHomeserver, FakeUser, Fault, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import nothing_waits

JOIN = "POST /join/{room}"
LEAVE = "POST /rooms/{room_id}/leave"


@dataclass
class House:
    """A running service, its admin, and somebody who looks after nothing."""

    fake: FakeHomeserver
    service: Hedgerow
    admin: FakeUser
    ben: FakeUser

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while True:
                if is_so():
                    return
                await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """Until nothing waits any more."""
        async with asyncio.timeout(20):
            calm = 0
            while calm < 3:
                await self.fake.pushed()
                calm = calm + 1 if await nothing_waits(self.service) else 0
                await asyncio.sleep(0.05)

    async def failures(self) -> list[str]:
        async with self.service.foundation.database.reading() as connection:
            return await outbox.failures(connection)

    def of_the_bot(self, room: str) -> list[Any]:
        """The bot's memberships in the room, one after the other."""
        timeline = self.fake.world.rooms[room].timeline
        return [e for e in timeline if e.type == "m.room.member" and e.state_key == self.fake.bot]

    def history(self, room: str) -> list[str]:
        return [event.content["membership"] for event in self.of_the_bot(room)]

    async def direct(self) -> str:
        """Ben's direct room with the bot, out of which he can put it."""
        bot = self.fake.bot
        return await self.ben.create_room(preset="private_chat", is_direct=True, invite=[bot])

    def answers(self, who: FakeUser, room: str) -> list[str]:
        return [body for sender, body in who.messages(room) if sender == self.fake.bot]


@pytest.fixture
async def house(service_database: str) -> AsyncIterator[House]:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        admin, ben = fake.add_user(ADMIN), fake.add_user("@ben:hs.test")
        async with running(settings_for(fake.base_url, fake.registration, service_database)) as service:
            yield House(fake, service, admin, ben)
            fake.release()


async def test_who_may_not_bring_the_bot_is_told_so_in_the_room_and_it_does_not_stay(house: House) -> None:
    house.fake.add_user("@cora:hs.test")
    room = await house.ben.create_dm("@cora:hs.test")
    house.ben.invite(room, house.fake.bot, is_direct=True)
    await house.quiet()
    assert house.history(room) == ["invite", "join", "leave"]
    [said] = house.answers(house.ben, room)
    assert said.startswith("I come into a room with several people only when a coordinator or an admin")
    assert house.of_the_bot(room)[-1].content["reason"].startswith("I come into a room with several")


async def test_a_space_is_declined_with_the_reason_by_whomever(house: House) -> None:
    for who in (house.admin, house.ben):
        space = await who.create_room(creation_content={"type": "m.space"}, invite=[house.fake.bot])
        await house.quiet()
        assert house.history(space)[-1] == "leave"
        assert house.of_the_bot(space)[-1].content["reason"].startswith("I do not come into Spaces")


async def test_an_invitation_taken_back_in_time_is_forgotten_without_a_failure(house: House) -> None:
    house.fake.pusher.paused = True
    room = await house.direct()
    house.ben.kick(room, house.fake.bot)
    house.fake.pusher.paused = False
    await house.quiet()
    assert house.history(room) == ["invite", "leave"]
    assert await house.failures() == []
    house.ben.invite(room, house.fake.bot, is_direct=True)
    house.ben.send(room, "whoami")
    await house.until(lambda: bool(house.answers(house.ben, room)))
    assert house.history(room) == ["invite", "leave", "invite", "join"]


async def test_an_invitation_taken_back_while_the_bot_is_on_its_way_is_nobodys_trouble(house: House) -> None:
    house.fake.script(JOIN, Fault(delay=0.5, acts=True))
    room = await house.direct()
    await house.until(lambda: any(call.name == JOIN for call in house.fake.calls))
    house.ben.kick(room, house.fake.bot)
    await house.quiet()
    assert house.history(room) == ["invite", "leave"]
    assert await house.failures() == []


@pytest.mark.parametrize("status", [403, 404])
async def test_a_room_that_cannot_be_got_into_is_nobodys_trouble(house: House, status: int) -> None:
    house.fake.script(JOIN, Fault.error(status, "M_UNKNOWN"), times=None)
    room = await house.direct()
    await house.until(lambda: any(call.name == JOIN for call in house.fake.calls))
    await house.quiet()
    assert house.history(room) == ["invite"]
    assert await house.failures() == []


async def test_the_bot_leaves_when_the_last_of_several_has_gone_and_not_before(house: House) -> None:
    cora = house.fake.add_user("@cora:hs.test")
    room = await house.admin.create_room(preset="private_chat", invite=["@cora:hs.test", house.fake.bot])
    cora.join(room)
    await house.quiet()
    house.admin.leave(room)
    await house.quiet()
    assert house.history(room) == ["invite", "join"]
    cora.leave(room)
    await house.quiet()
    assert house.history(room) == ["invite", "join", "leave"]


async def test_a61_homeservers_that_never_answer_hold_up_no_one_else(house: House) -> None:
    place = await house.admin.create_dm(house.fake.bot)
    await house.quiet()
    house.fake.script(LEAVE, Fault.hanging(), None)
    for _ in range(30):
        space = {"type": "m.space"}
        await house.admin.create_room(creation_content=space, invite=[house.fake.bot])
    await house.until(lambda: sum(call.name == LEAVE for call in house.fake.calls) >= 4)
    house.admin.send(place, "whoami")
    await house.until(lambda: any("You are @admin" in said for said in house.answers(house.admin, place)))
