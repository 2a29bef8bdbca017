"""P3: stopped at any single call while somebody is asked something in a chat, it is done and said once."""

from __future__ import annotations

import asyncio

from appservice.demo.synapse import free_port
from config.sections import Settings
from tests.crashes.moments import Moment, gone_on, watched
from tests.databases import Databases
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import ADMIN, running, settings_for

SENTENCE = "ecosystem create Somerset --topic Everyone who makes Somerset well"


def homeserver() -> FakeHomeserver:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait = 0.05
    fake.pusher.longest_wait = 0.2
    return fake


def settings(fake: FakeHomeserver, database: str) -> Settings:
    return settings_for(fake.base_url, fake.registration, database)


async def ask(fake: FakeHomeserver) -> str:
    """An admin writes to the bot before it has joined; the direct room."""
    admin = fake.add_user(ADMIN)
    room = await admin.create_dm(fake.bot)
    admin.send(room, SENTENCE)
    return room


async def answered(fake: FakeHomeserver, room: str) -> list[str]:
    """What the bot said in `room` once the homeserver has been quiet for a while."""
    quiet, seen = 0, -1
    while quiet < 6:
        await asyncio.sleep(0.05)
        quiet = quiet + 1 if len(fake.calls) == seen and said(fake, room) else 0
        seen = len(fake.calls)
    return said(fake, room)


def said(fake: FakeHomeserver, room: str) -> list[str]:
    """What the bot said, but for the word of progress that a slow machine gets to see before it is edited."""
    messages = (event for event in fake.world.rooms[room].timeline if event.type == "m.room.message")
    bodies = [event.content["body"] for event in messages if event.sender == fake.bot]
    return [body for body in bodies if not body.endswith("…")]


async def undisturbed(databases: Databases, database: str) -> tuple[list[str], str, list[Moment]]:
    """The answer, the direct room, and what a kill at each call after the start would have left."""
    async with homeserver() as fake, running(settings(fake, database)):
        await asyncio.sleep(0.2)
        with watched(fake, databases, database) as moments:
            room = await ask(fake)
            answers = await asyncio.wait_for(answered(fake, room), 20)
        return answers, room, moments


async def test_a11_a_command_stopped_at_any_call_is_done_once_and_answered_once(
    databases: Databases, service_database: str
) -> None:
    answers, room, moments = await undisturbed(databases, service_database)
    assert len(answers) == 1
    assert len(moments) > 12
    for moment in moments:
        async with gone_on(moment, homeserver(), databases, settings) as fake:
            found = await asyncio.wait_for(answered(fake, room), 30)
            rooms = fake.rooms_by_marker()
            assert len(found) == 1, f"{moment}: {found}"
            assert [ids for ids in rooms.values() if len(ids) > 1] == [], f"{moment}: a second room"
            assert len(rooms) == 2, moment
