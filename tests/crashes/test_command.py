"""P3: stopped at any single call while somebody is asked something in a chat, it is done and said once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from config.sections import Settings
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import ADMIN, crash, running, settings_for

SENTENCE = "ecosystem create Somerset --topic Everyone who makes Somerset well"


def homeserver() -> FakeHomeserver:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait = 0.05
    fake.pusher.longest_wait = 0.2
    return fake


def settings(fake: FakeHomeserver, tmp_path: Path) -> Settings:
    return settings_for(fake.base_url, fake.registration, tmp_path / "hedgerow.db")


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


async def undisturbed(tmp_path: Path) -> tuple[list[str], int, int]:
    """The answer, the number of calls that the start takes, and of those that come after."""
    async with homeserver() as fake:
        async with running(settings(fake, tmp_path / "undisturbed")) as _:
            await asyncio.sleep(0.2)
            before = len(fake.calls)
            room = await ask(fake)
            answers = await asyncio.wait_for(answered(fake, room), 20)
        return answers, before, len(fake.calls) - before


async def disturbed(folder: Path, n: int, when: Literal["before", "after"]) -> tuple[list[str], Any]:
    async with homeserver() as fake:
        first = Hedgerow(settings(fake, folder))
        task = asyncio.create_task(first.run(asyncio.Event()))
        await first.started.wait()
        await asyncio.sleep(0.1)
        fake.stop_at(n, when)
        room = await ask(fake)
        await asyncio.wait_for(fake.stopped.wait(), 20)
        await crash(task)
        fake.resume()
        async with running(settings(fake, folder)):
            answers = await asyncio.wait_for(answered(fake, room), 30)
            return answers, fake.rooms_by_marker()


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    (tmp_path / "undisturbed").mkdir()
    return tmp_path


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a11_a_command_stopped_at_any_call_is_done_once_and_answered_once(
    folders: Path, when: Literal["before", "after"]
) -> None:
    answers, _, calls = await undisturbed(folders)
    assert len(answers) == 1
    assert calls > 12
    for n in range(1, calls + 1):
        folder = folders / str(n)
        folder.mkdir()
        found, rooms = await disturbed(folder, n, when)
        assert len(found) == 1, f"call {n}, {when}: {found}"
        assert [ids for ids in rooms.values() if len(ids) > 1] == [], f"call {n}, {when}: a second room"
        assert len(rooms) == 2, f"call {n}, {when}"
