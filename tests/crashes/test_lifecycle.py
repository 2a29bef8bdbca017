"""P3: stopped at any single call while a network is archived or released, it is done and said once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.crashes.moments import Moment, gone_on, watched
from tests.crashes.test_command import homeserver, said, settings
from tests.databases import Databases
from tests.fake import FakeHomeserver, FakeUser
from tests.hedgerow import ADMIN, running

FOUNDING = "network create Arts"


def places(fake: FakeHomeserver) -> list[str]:
    return [i for marker, ids in fake.rooms_by_marker().items() if marker[:2] in ("n.", "g.") for i in ids]


async def quiet(fake: FakeHomeserver, room: str, at_least: int) -> list[str]:
    """What the bot said in `room` once so much is said, and the homeserver has been quiet for a while."""
    calm, seen = 0, -1
    while calm < 5 or len(said(fake, room)) < at_least:
        await asyncio.sleep(0.04)
        calm = calm + 1 if len(fake.calls) == seen else 0
        seen = len(fake.calls)
    return said(fake, room)


async def up_to_the_yes(fake: FakeHomeserver, verb: str) -> tuple[FakeUser, str]:
    """A network is made, its coordinator is in all its rooms and has been shown what would be done."""
    admin = fake.add_user(ADMIN)
    room = await admin.create_dm(fake.bot)
    admin.send(room, FOUNDING)
    await quiet(fake, room, 1)
    for place in places(fake):
        admin.join(place)
    await fake.pushed()
    admin.send(room, f"network {verb} arts")
    [*_, preview] = await quiet(fake, room, 2)
    assert "Shall I?" in preview, preview
    return admin, room


def end_state(fake: FakeHomeserver) -> Any:
    """Of each room its name, levels, links, aliases, whether the bot is there, and what it said."""
    kinds = (
        "m.room.name",
        "m.room.power_levels",
        "m.space.child",
        "m.space.parent",
        "m.room.canonical_alias",
    )
    found = {}
    for marker, [room_id] in fake.rooms_by_marker().items():
        if marker[:2] in ("n.", "g."):
            room = fake.room(room_id)
            state = [(kind, bool(e.content)) for (kind, _), e in room.state.items() if kind in kinds]
            aliases = sorted(a for a in fake.world.aliases_of(room_id) if marker not in a)
            levels = room.content("m.room.power_levels")
            name = room.content("m.room.name")["name"]
            found[name] = (
                sorted(state),
                levels,
                aliases,
                room.membership(fake.bot),
                len(said(fake, room_id)),
            )
    return found


async def undisturbed(databases: Databases, database: str, verb: str) -> tuple[Any, str, list[Moment]]:
    """The end state, the direct room, and what a kill at each call after the yes would have left."""
    async with homeserver() as fake, running(settings(fake, database)):
        admin, room = await up_to_the_yes(fake, verb)
        with watched(fake, databases, database) as moments:
            admin.send(room, "yes")
            answers = await asyncio.wait_for(quiet(fake, room, 3), 30)
        assert len(answers) == 3
        return end_state(fake), room, moments


@pytest.mark.parametrize("verb", ["archive", "release"])
async def test_p3_stopped_at_any_call_the_end_is_the_same_and_is_said_once(
    databases: Databases, service_database: str, verb: str
) -> None:
    end, room, moments = await undisturbed(databases, service_database, verb)
    assert len(moments) > 10
    for moment in moments:
        async with gone_on(moment, homeserver(), databases, settings) as fake:
            answers = await asyncio.wait_for(quiet(fake, room, 3), 30)
            assert end_state(fake) == end, moment
            assert len(answers[2:]) == 1, f"{moment}: {answers}"
