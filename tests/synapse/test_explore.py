"""Explore rooms in a client: what Synapse's room directory shows somebody of public networks and groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import SecondClient
from tests.synapse.home import ADMIN, Home, user
from tests.synapse.talking import Village, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Devon", "coordinators": [user(ADMIN)]},
        {
            "name": "Somerset",
            "kind": "ecosystem",
            "coordinators": [user(ADMIN)],
            "networks": [
                {
                    "name": "Hikers",
                    "coordinators": [user(ADMIN)],
                    "groups": [{"name": "Long walks", "access": "public"}, {"name": "Short walks"}],
                },
                {"name": "Night owls", "access": "private", "coordinators": [user(ADMIN)]},
            ],
        },
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("explore"), _BLUEPRINT) as village:
        yield village


async def _explored(person: SecondClient, ecosystem: str) -> list[str]:
    """The names in an ecosystem's room directory."""
    return sorted(room["name"] for room in await person.public_rooms(f"hedgerow|{ecosystem}"))


async def _everywhere(village: Village, person: SecondClient) -> list[str]:
    """The names of Hedgerow's rooms in all room directories together, each as often as it is shown."""
    names = {room.id: room.name for room in (await village.home.landscape()).values()}
    found = await person.call("POST", "/_matrix/client/v3/publicRooms", {"include_all_networks": True})
    return sorted(names[room["room_id"]] for room in found["chunk"] if room["room_id"] in names)


async def test_a21_explore_shows_what_is_public_under_its_ecosystem_and_nothing_else(
    village: Village,
) -> None:
    async with village.home.people("sam") as (sam,):
        protocol = await sam.call("GET", "/_matrix/client/v3/thirdparty/protocol/hedgerow")
        instances = {
            one["desc"]: one["instance_id"].removeprefix("hedgerow|") for one in protocol["instances"]
        }
        assert instances == {name: (await village.room(name)).marker for name in ("Devon", "Somerset")}
        assert await _explored(sam, instances["Somerset"]) == ["Hikers", "Long walks", "Somerset"]
        assert await _explored(sam, instances["Devon"]) == ["Devon"]
        assert await _everywhere(village, sam) == ["Devon", "Hikers", "Long walks", "Somerset"]
        assert await sam.public_rooms() == []


async def test_what_becomes_private_is_explored_no_more_and_its_name_stands_over_nothing(
    village: Village,
) -> None:
    async with village.talking(ADMIN) as (ada,), village.home.people("sam") as (sam,):
        somerset, hikers = [(await village.room(name)).marker for name in ("Somerset", "Hikers")]
        assert " is changed" in await ada.ask("group describe hikers/long-walks --access private")
        await soon(lambda: _shows(sam, somerset, ["Hikers", "Somerset"]))
        assert " is changed" in await ada.ask("network describe somerset --access private")
        await soon(lambda: _shows(sam, hikers, ["Hikers"]))
        assert await _explored(sam, somerset) == []
        assert await _everywhere(village, sam) == ["Devon", "Hikers"]


async def _shows(person: SecondClient, ecosystem: str, expected: list[str]) -> bool:
    return await _explored(person, ecosystem) == expected
