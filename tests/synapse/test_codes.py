"""Codes on a real homeserver: a stranger comes into a private network, another gets a coordinator's power."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Refused
from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Talk, Village

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Harbour",
            "access": "private",
            "coordinators": [user("cora")],
            "groups": [{"name": "Rowing"}, {"name": "Trustees", "access": "invite"}],
        }
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("codes"), _BLUEPRINT) as village:
        yield village


async def _code(talk: Talk, command: str) -> str:
    said = await talk.ask(command)
    if "Shall I?" in said:
        said = await talk.ask("yes")
    found = re.search(r"redeem ([2-9a-z]{5}-[2-9a-z]{5}-[2-9a-z]{5})", said)
    assert found, said
    return found[1]


async def test_a_stranger_redeems_a_code_and_joins_a_private_network_and_its_groups(village: Village) -> None:
    async with village.talking("cora", "sam") as (cora, sam):
        space, rowing = (await village.room("Harbour")).id, (await village.room("Rowing")).id
        trustees = (await village.room("Trustees")).id
        with pytest.raises(Refused):
            await sam.person.join(space, via=[SERVER])
        code = await _code(cora, "code create Harbour --uses 1 --groups Rowing, Trustees")
        said = await sam.ask(f"redeem {code.upper()}")
        assert said == (
            "Invitations to Harbour and Trustees wait for you: accept them in your client. "
            "From there you get into Rowing, too."
        )
        for room in (space, rowing, trustees):
            await sam.person.join(room, via=[SERVER])
        assert (await village.room("Trustees")).members[sam.user_id] == "join"
        async with village.talking("tom") as (tom,):
            assert (await tom.ask(f"redeem {code}")).startswith("That code does not let you in.")
            with pytest.raises(Refused):
                await tom.person.join(space, via=[SERVER])


async def test_a_code_for_the_role_gives_power_in_every_room_of_the_network(village: Village) -> None:
    async with village.talking("cora", "ruth") as (cora, ruth):
        code = await _code(cora, "code create Harbour --role coordinator")
        said = await ruth.ask(f"redeem {code}")
        assert said == (
            "You look after Harbour from now on. An invitation to it waits for you: accept it in your client."
        )
        for name in ("Harbour", "Harbour: welcome", "Harbour: news", "Rowing", "Trustees"):
            levels = (await village.room(name)).content("m.room.power_levels")
            assert levels["users"][ruth.user_id] == 50, name
        space = (await village.room("Harbour")).id
        await ruth.person.join(space, via=[SERVER])
        assert (await ruth.ask("code list")).startswith("There is no code at present")
        assert "is made" in await ruth.ask("group create Sailing --in Harbour")
