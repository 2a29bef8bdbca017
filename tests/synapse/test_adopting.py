"""Rooms and Spaces of people's own are brought in on a real homeserver (P4), judged by second clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Village, names, soon, without_links

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Singers", "coordinators": [user("ines")]},
        {"name": "Players", "access": "private", "coordinators": [user("ines")]},
    ]
}
_LEVELS, _CHILD, _PARENT = "m.room.power_levels", "m.space.child", "m.space.parent"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("adopting"), _BLUEPRINT) as village:
        yield village


async def lift(person: SecondClient, room: str, level: int) -> None:
    content = await person.content(room, _LEVELS)
    await person.set_state(room, _LEVELS, {**content, "users": {**content["users"], BOT: level}})


async def heard(person: SecondClient, room: str, words: str) -> bool:
    return any(words in without_links(body) for body in await person.bodies(room, BOT))


@pytest.mark.parametrize("version", ["9", "10"])
async def test_p4_a_private_room_is_asked_for_comes_in_when_invited_and_is_kept_once_there_is_power(
    village: Village, version: str
) -> None:
    name = f"Choir {version}"
    async with village.talking("ines", "mia") as (ines, mia):
        made = await ines.person.create_room(name=name, room_version=version, preset="private_chat")
        await ines.person.invite(made, mia.user_id)
        await mia.person.join(made)
        asked = await ines.ask(f"adopt {made} --into players")
        assert ": I am not let in, or you are not in it." in asked
        assert f"/invite {BOT}" in asked
        await ines.person.invite(made, BOT)
        await soon(lambda: heard(ines.person, ines.room_id, f"{name} is a group of Players now"))
        assert await heard(ines.person, ines.room_id, f"In {name} I have level 0 and need 100")
        assert await heard(ines.person, ines.room_id, f"{ines.user_id} can give it to {BOT}.")
        assert (await ines.person.content(made, _LEVELS)).get("users") == {ines.user_id: 100}
        await lift(ines.person, made, 100)
        await soon(lambda: heard(ines.person, ines.room_id, f"I have the power that I need in {name} now"))
        await village.hedge.until_delivered()
        levels = await mia.person.content(made, _LEVELS)
        assert (levels["users"], levels["invite"]) == ({ines.user_id: 100, BOT: 100}, 50)
        space = (await village.room("Players")).id
        assert (await mia.person.content(made, _PARENT, space))["canonical"] is True
        assert (await mia.person.members(made))[mia.user_id] == "join"
        slug = f"players/choir-{version}"
        assert (await ines.ask(f"group rename {slug} --to Band {version}")).startswith(f"{name} is called")
        assert (await mia.person.content(made, "m.room.name"))["name"] == f"Band {version}"


async def test_p4_a_space_with_two_rooms_is_shown_and_after_a_yes_is_a_network_with_groups(
    village: Village,
) -> None:
    async with village.talking("ines", "zoe") as (ines, zoe):
        space = await ines.person.create_room(
            name="Town Voices", preset="public_chat", creation_content={"type": "m.space"}, room_version="10"
        )
        rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
        shut = [{"type": "m.room.join_rules", "state_key": "", "content": rule}]
        altos = await ines.person.create_room(
            name="Altos", room_version="10", initial_state=shut, preset="private_chat"
        )
        basses = await zoe.person.create_room(name="Basses", room_version="10", preset="public_chat")
        for room in (altos, basses):
            await ines.person.set_state(space, _CHILD, {"via": [SERVER]}, room)
        await lift(ines.person, space, 100)
        await lift(ines.person, altos, 100)
        shown = await ines.ask(f"adopt {space} --into singers")
        assert shown.startswith("Town Voices becomes a network under Singers:"), shown
        assert "Altos and Basses become groups of it" in shown
        assert BOT not in await ines.person.members(altos)
        said = await ines.ask("yes")
        assert said.startswith("Town Voices is a network under Singers now"), said
        assert "- Groups: Altos\n" in said
        assert "One room that I cannot get into, or that you are not in, stays as it is" in said
        await village.hedge.until_delivered()
        singers = (await village.room("Singers")).id
        await zoe.person.join(singers, via=[SERVER])
        assert {"Town Voices", "Basses"} <= names(await zoe.person.hierarchy(singers))
        assert (await ines.person.content(altos, _PARENT, space))["canonical"] is True
        assert (await ines.person.content(altos, "m.room.join_rules"))["allow"][0]["room_id"] == space
        assert (await zoe.person.members(basses)).get(BOT) != "join"
        await zoe.person.join(space, via=[SERVER])
        await zoe.person.join(altos, via=[SERVER])

        async def again() -> None:
            assert await ines.ask(f"adopt {space} --into singers") == "Town Voices is under Singers already."

        assert await village.writes_of(again()) == []
