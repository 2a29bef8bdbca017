"""On a real homeserver: who has no path left to a bridge is taken out of it, everybody else stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Talk, Village, answers

_BLUEPRINT = {
    "networks": [
        {"name": "Arts", "coordinators": [user("ann")], "groups": [{"name": "Painting"}]},
        {"name": "Health", "coordinators": [user("hal")]},
    ]
}
_SECONDS = 45.0


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("paths"), _BLUEPRINT) as village:
        yield village


async def _enter(talk: Talk, *rooms: str) -> None:
    for room in rooms:
        await talk.person.join(room, via=[SERVER])


async def _until(talk: Talk, room: str, who: Talk, membership: str) -> None:
    """Until `talk`, who is in the room, sees `who` so there."""
    async with asyncio.timeout(_SECONDS):
        while True:
            if (await talk.person.members(room)).get(who.user_id) == membership:
                return
            await asyncio.sleep(0.3)


async def test_h4_a59_unlinking_a_parent_takes_out_whom_only_it_let_in(village: Village) -> None:
    async with village.talking("ann", "hal", "pam", "ned", "both", "sam") as (ann, hal, pam, ned, both, sam):
        before = await ann.person.say(ann.room_id, "whoami")
        await ann.answer_to(before)
        await hal.ask("bridge create Singing --between health and arts")
        asked = (await answers(ann.person, ann.room_id, before, count=2))[-1]
        slug = asked.rpartition("bridge decline ")[2].strip(".")
        await ann.ask(f"bridge accept {slug}")
        said = await hal.ask(f"network describe {slug} --grace 0d")
        assert said.endswith("Who has no way left into what is private here is taken out at once.")
        rooms = await village.home.landscape()
        bridge, arts, health = (rooms[name].id for name in ("Singing", "Arts", "Health"))
        await _enter(pam, arts, bridge)
        await _enter(ned, health, bridge)
        await _enter(both, health, arts, bridge)
        await _enter(hal, bridge)
        await hal.person.invite(bridge, sam.user_id)
        await _enter(sam, bridge)
        await hal.ask(f"network unlink {slug} --from health")
        await hal.ask("yes")
        await _until(pam, bridge, ned, "leave")
        here = await pam.person.members(bridge)
        assert {here[one.user_id] for one in (pam, both, hal, sam)} == {"join"}
        assert (await both.person.members(health))[ned.user_id] == "join"
        await both.person.leave(arts)
        await _until(pam, bridge, both, "leave")
        here = await pam.person.members(bridge)
        assert {here[one.user_id] for one in (pam, hal, sam)} == {"join"}


async def test_join_all_brings_the_space_first_and_then_the_groups(village: Village) -> None:
    async with village.talking("ann", "nic") as (ann, nic):
        rooms = await village.home.landscape()
        said = await nic.ask("join all arts")
        assert said.startswith("An invitation to Arts waits for you: accept it in your client.")
        await _enter(ann, rooms["Arts"].id, rooms["Painting"].id)
        assert nic.user_id not in await ann.person.members(rooms["Painting"].id)
        await _enter(nic, rooms["Arts"].id)
        await _until(ann, rooms["Painting"].id, nic, "invite")
