"""The keys under which messages are sent: nothing is lost to another's key, nothing said twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from appservice.echoes import LOOK_AFTER_SECONDS
from appservice.encrypted_rooms import Rooms
from appservice.envelope import Envelope
from appservice.homeserver import Homeserver, Identity
from appservice.key_calls import KeyCalls
from appservice.performing import Performer
from appservice.provisioning import Provisioner
from appservice.speech import notice
from appservice.store import outbox
from appservice.store.database import Database
from bot.reply import say
from spaces.actions import Say
from spaces.identifiers import RoomId, UserId
from tests.appservice.stage import Stage, delivering
from tests.fake import FakeHomeserver, Fault
from tests.waiting import until

SEND = "PUT /rooms/{room_id}/send/{type}/{txn_id}"


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@asynccontextmanager
async def speaker(stage: Stage, fake: FakeHomeserver, user: str) -> AsyncIterator[Performer]:
    """Who performs what waits, as that user with a device."""
    identity = Identity(fake.base_url, UserId(user), fake.registration.as_token, "DEVICE")
    homeserver = Homeserver(identity)
    try:
        await homeserver.register()
        await homeserver.make_device("Hedgerow")
        provisioner = Provisioner(homeserver, stage.places, stage.clock)
        said_in = Rooms(stage.database, KeyCalls(homeserver))
        yield Performer(homeserver, stage.places, provisioner, said_in, Envelope())
    finally:
        await homeserver.close()


async def a_room(fake: FakeHomeserver, *others: str) -> RoomId:
    """A public room that all of these are in."""
    person = fake.add_user("@ann:hs.test")
    room = await person.create_room(preset="public_chat")
    for other in others:
        fake.world.set_membership(other, fake.world.rooms[room], other, {"membership": "join"})
    return RoomId(room)


def words(room: RoomId) -> Say:
    return Say(room, "once", notice(say("Hello.")))


def heard(fake: FakeHomeserver, room: RoomId) -> list[str]:
    """Who has said something there."""
    events = fake.world.rooms[room].timeline
    return [event.sender for event in events if event.type == "m.room.message"]


async def test_a67_two_users_of_the_service_say_the_same_under_keys_of_their_own(
    stage: Stage, fake: FakeHomeserver
) -> None:
    fake.add_bot()
    other = fake.registration.sender
    room = await a_room(fake, fake.bot, other)
    async with speaker(stage, fake, fake.bot) as one, speaker(stage, fake, other) as two:
        first = (await one.perform(words(room), tried=False)).event
        second = (await two.perform(words(room), tried=False)).event
        assert first != second
        assert (await one.perform(words(room), tried=True)).event == first
    assert heard(fake, room) == [fake.bot, other]
    sent = [call for call in fake.calls if call.name == SEND]
    assert len({call.params["txn_id"] for call in sent}) == 2
    assert {(call.query["user_id"], call.query["device_id"]) for call in sent} == {
        (fake.bot, "DEVICE"),
        (other, "DEVICE"),
    }


@pytest.mark.parametrize("was_said", [True, False])
async def test_a68_what_has_waited_for_more_than_a_day_is_looked_for_before_it_is_sent(
    stage: Stage, fake: FakeHomeserver, was_said: bool
) -> None:
    room = await a_room(fake, fake.add_bot())
    await stage.put(words(room))
    fake.script(SEND, Fault.bad_gateway(acts=was_said))
    async with speaker(stage, fake, fake.bot) as performer, delivering(stage, performer, time.monotonic):
        await until(lambda: any(call.name == SEND for call in fake.calls))
    assert len(await stage.waiting()) == 1
    for number in range(150):
        fake.world.send("@ann:hs.test", room, "m.room.message", {"msgtype": "m.text", "body": str(number)})
    fake.crash()
    fake.world.sent_on_disk.clear()
    stage.clock.seconds += LOOK_AFTER_SECONDS + 1
    async with speaker(stage, fake, fake.bot) as performer, delivering(stage, performer, time.monotonic):
        await until_nothing_waits(stage)
    assert heard(fake, room).count(fake.bot) == 1
    assert sum(call.name == SEND for call in fake.calls) == (1 if was_said else 2)
    async with stage.database.reading() as connection:
        [said] = [
            e for e in fake.world.rooms[room].timeline if e.sender == fake.bot and e.type.endswith("message")
        ]
        assert await outbox.event_of(connection, "Say:once") == said.event_id


async def test_a68_what_is_said_at_once_is_not_looked_for(stage: Stage, fake: FakeHomeserver) -> None:
    room = await a_room(fake, fake.add_bot())
    await stage.put(words(room))
    async with speaker(stage, fake, fake.bot) as performer, delivering(stage, performer, time.monotonic):
        await until(lambda: fake.bot in heard(fake, room))
    assert not [call for call in fake.calls if "messages" in call.path_template]


async def until_nothing_waits(stage: Stage) -> None:
    async with asyncio.timeout(20):
        while True:
            if not await stage.waiting():
                return
            await asyncio.sleep(0.01)
