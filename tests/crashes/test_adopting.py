"""P3: stopped at any single call while a room or a Space is brought in, it is brought in and told once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.crashes.moments import Moment, gone_on, watched
from tests.crashes.test_command import homeserver, settings
from tests.crashes.test_lifecycle import quiet, said
from tests.databases import Databases
from tests.fake import FakeHomeserver, FakeUser
from tests.hedgerow import ADMIN, running

_LEVELS, _CHILD, _PARENT = "m.room.power_levels", "m.space.child", "m.space.parent"


async def up_to_the_last_word(fake: FakeHomeserver, what: str) -> tuple[FakeUser, str, str, str]:
    """A network, and a room or a Space that its coordinator has made; and what brings it in."""
    admin = fake.add_user(ADMIN)
    direct = await admin.create_dm(fake.bot)
    admin.send(direct, "network create Arts")
    await quiet(fake, direct, 1)
    room = await _made(admin, fake.bot, "Town Choir")
    if what == "room":
        return admin, direct, room, f"adopt {room} --into arts"
    space = await _made(admin, fake.bot, "Choirs", creation_content={"type": "m.space"})
    admin.set_state(space, _CHILD, {"via": ["hs.test"]}, room)
    admin.send(direct, f"adopt {space} --into arts")
    [*_, preview] = await quiet(fake, direct, 2)
    assert "Shall I?" in preview, preview
    return admin, direct, room, "yes"


async def _made(admin: FakeUser, bot: str, name: str, **more: Any) -> str:
    levels = {"users": {ADMIN: 100, bot: 100}}
    return await admin.create_room(
        name=name, preset="public_chat", room_version="11", power_level_content_override=levels, **more
    )


def end_state(fake: FakeHomeserver) -> Any:
    """Of each room that is not somebody's own its name, members and links, by name."""
    found = []
    for room in fake.world.rooms.values():
        name = room.content("m.room.name").get("name")
        if name is None:
            continue
        links = sorted(
            (kind, str(fake.room(key).content("m.room.name").get("name")))
            for (kind, key), event in room.state.items()
            if kind in (_CHILD, _PARENT) and event.content
        )
        found.append(
            (name, sorted(room.members("join")), links, sorted(room.content(_LEVELS)["users"].items()))
        )
    return sorted(found)


async def undisturbed(databases: Databases, database: str, what: str) -> tuple[Any, str, int, list[Moment]]:
    """The end state, the direct room, how much was said there before, and what a kill at each call leaves."""
    async with homeserver() as fake, running(settings(fake, database)):
        admin, direct, _, last = await up_to_the_last_word(fake, what)
        asked = len(said(fake, direct))
        with watched(fake, databases, database) as moments:
            admin.send(direct, last)
            answers = await asyncio.wait_for(quiet(fake, direct, asked + 1), 30)
        assert len(answers) == asked + 1
        return end_state(fake), direct, asked, moments


@pytest.mark.parametrize("what", ["room", "Space"])
async def test_p3_stopped_at_any_call_it_is_brought_in_once_and_said_once(
    databases: Databases, service_database: str, what: str
) -> None:
    end, direct, asked, moments = await undisturbed(databases, service_database, what)
    assert len(moments) > 8
    for moment in moments:
        async with gone_on(moment, homeserver(), databases, settings) as fake:
            heard = await asyncio.wait_for(quiet(fake, direct, asked + 1), 30)
            answers = [said for said in heard[asked:] if not said.endswith("…")]
            assert end_state(fake) == end, moment
            assert len(answers) == 1, f"{moment}: {answers}"
            assert "is a group of" in answers[0] or "is a network under" in answers[0], moment
