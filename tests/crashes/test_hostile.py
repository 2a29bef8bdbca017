"""The whole service against people and homeservers that do odd things on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from tests.fake import Call, FakeHomeserver, FakeUser, Fault, Registration, Room
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import nothing_waits

READ = "GET /rooms/{room_id}/state"


@dataclass
class Place:
    """A running service, and an admin who talks with it in a direct room."""

    fake: FakeHomeserver
    service: Hedgerow
    admin: FakeUser
    room: str = ""

    async def quiet(self) -> None:
        """Until nothing waits any more."""
        calm = 0
        async with asyncio.timeout(20):
            while calm < 3:
                await self.fake.pushed()
                calm = calm + 1 if await nothing_waits(self.service) else 0
                await asyncio.sleep(0.05)

    async def say(self, text: str) -> str:
        """What the bot answers the admin."""
        before = len(self.admin.messages(self.room))
        self.admin.send(self.room, text)
        await self.quiet()
        answers = [
            body for sender, body in self.admin.messages(self.room)[before:] if sender == self.fake.bot
        ]
        return answers[-1] if answers else ""

    async def answer(self) -> str:
        """The next thing that the bot says to the admin, however much still waits."""
        before = len(self.heard_from_bot(self.admin, self.room))
        async with asyncio.timeout(15):
            while len(heard := self.heard_from_bot(self.admin, self.room)) == before:
                await self.fake.pushed()
                await asyncio.sleep(0.05)
        return heard[-1]

    async def look(self) -> None:
        await self.service.reconciler.look_at_rooms()
        await self.quiet()

    def named(self, name: str) -> Room:
        [room] = [r for r in self.fake.world.rooms.values() if r.content("m.room.name").get("name") == name]
        return room

    def heard_from_bot(self, who: FakeUser, room: str) -> list[str]:
        return [body for sender, body in who.messages(room) if sender == self.fake.bot]

    def direct_rooms_offered_to(self, who: FakeUser) -> list[str]:
        rooms = (self.fake.world.rooms[room] for room in who.invites())
        return [
            r.room_id
            for r in rooms
            if str(r.content("m.room.create").get("org.hedgerow.place")).startswith("d.")
        ]


@pytest.fixture
async def place(service_database: str) -> AsyncIterator[Place]:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        admin = fake.add_user(ADMIN)
        async with running(settings_for(fake.base_url, fake.registration, service_database)) as service:
            here = Place(fake, service, admin)
            here.room = await admin.create_dm(fake.bot)
            await here.quiet()
            yield here


async def asked_of_ben(place: Place) -> tuple[FakeUser, str]:
    """Ben alone coordinates Arts, and the bot has opened a direct room to ask him something."""
    ben = place.fake.add_user("@ben:hs.test")
    for line in (
        "network create Arts",
        "network create One --access invite",
        "network create Two --access invite",
        "coordinator add @ben:hs.test --in arts",
        "coordinator remove @admin:hs.test --in arts",
        "yes",
        "network link One --under arts",
    ):
        await place.say(line)
    [room] = place.direct_rooms_offered_to(ben)
    ben.join(room)
    await place.quiet()
    assert any("One" in body for body in place.heard_from_bot(ben, room))
    return ben, room


async def test_nothing_private_is_said_once_a_third_person_is_there(place: Place) -> None:
    ben, room = await asked_of_ben(place)
    eve = place.fake.add_user("@eve:hs.test")
    ben.invite(room, "@eve:hs.test")
    eve.join(room)
    await place.quiet()
    await place.say("network link Two --under arts")
    assert not any("Two" in body for body in place.heard_from_bot(ben, room))
    [other] = place.direct_rooms_offered_to(ben)
    ben.join(other)
    assert any("Two" in body for body in place.heard_from_bot(ben, other))


async def test_who_left_the_direct_room_is_asked_in_a_new_one(place: Place) -> None:
    ben, room = await asked_of_ben(place)
    ben.leave(room)
    await place.quiet()
    await place.say("network link Two --under arts")
    assert len(place.direct_rooms_offered_to(ben)) == 1


async def test_a_room_in_which_others_can_read_is_never_taken_for_somebodys_direct_room(place: Place) -> None:
    eve = place.fake.add_user("@eve:hs.test")
    ben = place.fake.add_user("@ben:hs.test")
    open_to_all = {"type": "m.room.history_visibility", "state_key": ""}
    trap = await eve.create_room(
        preset="public_chat",
        initial_state=[{**open_to_all, "content": {"history_visibility": "world_readable"}}],
        invite=["@ben:hs.test"],
    )
    eve.invite(trap, place.fake.bot, is_direct=True)
    eve.leave(trap)
    await place.quiet()
    for line in (
        "network create Arts",
        "network create Hidden --access invite",
        "coordinator add @ben:hs.test --in arts",
        "coordinator remove @admin:hs.test --in arts",
        "yes",
        "network link Hidden --under arts",
    ):
        await place.say(line)
    said = [e.content["body"] for e in place.fake.world.rooms[trap].timeline if e.type == "m.room.message"]
    assert not any("Hidden" in body for body in said)
    assert len(place.direct_rooms_offered_to(ben)) == 1


async def test_a_link_moved_by_hand_is_taken_out_when_the_network_is_hidden(place: Place) -> None:
    await place.say("network create Arts")
    await place.say("network create Kids --under arts")
    arts, kids = place.named("Arts"), place.named("Kids")
    place.admin.join(arts.room_id)
    link = arts.state["m.space.child", kids.room_id].content
    place.admin.set_state(arts.room_id, "m.space.child", {**link, "order": "bb"}, kids.room_id)
    await place.quiet()
    await place.look()
    assert arts.state["m.space.child", kids.room_id].content["order"] == "bb"
    await place.say("network describe kids --access invite")
    assert arts.state["m.space.child", kids.room_id].content == {}


async def test_a_link_taken_out_by_hand_comes_back_when_it_is_asked_for(place: Place) -> None:
    await place.say("network create Arts")
    await place.say("network create Kids --under arts")
    arts, kids = place.named("Arts"), place.named("Kids")
    place.admin.join(arts.room_id)
    place.admin.set_state(arts.room_id, "m.space.child", {}, kids.room_id)
    await place.quiet()
    await place.look()
    assert arts.state["m.space.child", kids.room_id].content == {}
    await place.say("network unlink kids --from arts")
    await place.say("network link kids --under arts")
    assert arts.state["m.space.child", kids.room_id].content["via"] == ["hs.test"]


async def test_a_withdrawal_that_was_refused_is_asked_for_again(place: Place) -> None:
    await place.say("network create Arts")
    assert any(place.fake.world.listed.values())
    no = Fault.error(403, "M_FORBIDDEN")
    place.fake.script("PUT /directory/list/appservice/{network}/{room_id}", no)
    place.fake.script("DELETE /directory/room/{alias}", no)
    answer = await place.say("network describe arts --access invite")
    assert "Not everything could be done" in answer
    await place.look()
    assert not any(place.fake.world.listed.values())
    assert [alias for alias in place.fake.world.aliases if alias.startswith("#hedge_arts")] == []


async def test_a_network_whose_room_could_not_be_read_once_is_completed_by_the_next_look(
    place: Place,
) -> None:
    place.fake.script(READ, Fault.error(403, "M_FORBIDDEN"))
    place.admin.send(place.room, "network create Arts")
    assert "Not everything could be done" in await place.answer()
    await place.look()
    names = {room.content("m.room.name").get("name") for room in place.fake.world.rooms.values()}
    assert {"Arts", "Arts: welcome", "Arts: news"} <= names
    assert place.named("Arts").room_id in place.admin.invites()


async def test_what_was_said_before_the_bot_was_invited_is_nothing_to_it(place: Place) -> None:
    await place.service.reconciler.catch_up()
    room = await place.admin.create_room(preset="private_chat")
    place.admin.send(room, "network create Said Long Ago")
    place.admin.invite(room, place.fake.bot, is_direct=True)
    await place.quiet()
    await place.service.reconciler.catch_up()
    await place.quiet()
    assert place.heard_from_bot(place.admin, room) == []


async def test_one_room_that_cannot_be_read_does_not_keep_the_others_from_catching_up(place: Place) -> None:
    await place.service.reconciler.catch_up()
    ben = place.fake.add_user("@ben:hs.test")
    crowded = await ben.create_dm(place.fake.bot)
    await place.quiet()
    await place.service.reconciler.catch_up()
    place.fake.pusher.paused = True
    for number in range(60):
        ben.send(crowded, f"filler {number}")
    place.admin.send(place.room, "whoami")
    place.fake.crash()
    place.fake.script("GET /rooms/{room_id}/messages", Fault.error(500))
    await place.service.reconciler.catch_up()
    place.fake.pusher.paused = False
    await place.quiet()
    assert any("You are @admin" in body for body in place.heard_from_bot(place.admin, place.room))


async def test_a_bot_that_declined_does_not_come_back_because_people_go_on_talking(place: Place) -> None:
    eve, ben = place.fake.add_user("@eve:hs.test"), place.fake.add_user("@ben:hs.test")
    room = await eve.create_room(preset="public_chat")
    ben.join(room)
    eve.invite(room, place.fake.bot)
    for number in range(60):
        ben.send(room, f"talk {number}")
        await asyncio.sleep(0.01)
    await place.quiet()
    timeline = place.fake.world.rooms[room].timeline
    ours = [e for e in timeline if e.type == "m.room.member" and e.state_key == place.fake.bot]
    assert [e.content["membership"] for e in ours] == ["invite", "join", "leave"]


async def test_a_token_that_is_not_known_for_a_while_loses_nothing(place: Place) -> None:
    place.fake.script(lambda call: True, Fault.error(401, "M_UNKNOWN_TOKEN"), None)
    place.admin.send(place.room, "network create Arts")
    await asyncio.sleep(1)
    place.fake.clear_script()
    place.service.engine.outbox.homeserver_answers()
    assert "is made" in await place.answer()
    assert place.named("Arts").room_id in place.admin.invites()


async def test_a_name_given_by_command_is_not_undone_by_an_older_one_given_by_hand(place: Place) -> None:
    await place.say("network create Arts")
    arts = place.named("Arts")
    place.admin.join(arts.room_id)
    place.admin.set_state(arts.room_id, "m.room.name", {"name": "Foo"})
    await place.quiet()

    def reads_arts(call: Any) -> bool:
        return isinstance(call, Call) and call.name == READ and call.params["room_id"] == arts.room_id

    place.fake.script(reads_arts, Fault.slow(0.6))
    place.admin.set_state(arts.room_id, "m.room.topic", {"topic": "about"})
    await place.fake.pushed()
    await asyncio.sleep(0.2)
    await place.say("network rename foo --to Bar")
    assert arts.content("m.room.name") == {"name": "Bar"}
