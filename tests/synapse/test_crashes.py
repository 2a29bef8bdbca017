"""Hedgerow and Synapse are killed again and again while thirty rooms are made: the end is the same."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.second_client import Json
from tests.synapse.forking import Forked
from tests.synapse.hedge import Hedge
from tests.synapse.home import Home, Room, user
from tests.synapse.running import written
from tests.waiting import until

_NETWORKS = 6
_DEATHS_OF_HEDGEROW = 10
_DEATHS_OF_SYNAPSE = 5
# A killed Synapse may leave an alias without a room. Hedgerow waits a minute before it frees one, in case
# the room is still being made; here nothing is being made any more, and the test need not wait as long.
_HASTY = "appservice.provisioning:_SECONDS_AT_A_GHOST=3"


def _blueprint(name: str) -> dict[str, Any]:
    """People whom no other module registers: an invitation carries the name of an account that there is."""

    def network(number: int) -> dict[str, Any]:
        groups = [
            {"name": f"{name} {number} circle", "topic": "Tuesdays"},
            {"name": f"{name} {number} trustees", "access": "invite"},
        ]
        access = ("public", "private", "invite")[number % 3]
        coordinators = [user("warden"), user(f"keeper{number}")]
        return {"name": f"{name} {number}", "access": access, "coordinators": coordinators, "groups": groups}

    first, *rest = (network(number) for number in range(_NETWORKS - 1))
    bridge = {
        "name": f"{name} bridge",
        "between": [f"{name} 1", f"{name} 3"],
        "coordinators": [user("warden")],
    }
    groups = [{"name": f"{name} bridge {word}"} for word in ("choir", "kitchen")]
    return {"networks": [{**first, "networks": rest}], "bridges": [{**bridge, "groups": groups}]}


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A homeserver that may be killed."""
    home = Home.prepare(tmp_path_factory.mktemp("stormy"))
    asyncio.run(home.synapse.start())
    yield home
    asyncio.run(home.synapse.stop())


@pytest.fixture(scope="module")
def undisturbed(home: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What comes of the blueprint when nothing is killed."""
    directory = tmp_path_factory.mktemp("undisturbed")
    blueprint = written(directory / "blueprint.yaml", _blueprint("Calm"))
    asyncio.run(home.begin_anew())
    assert asyncio.run(Hedge(home, directory).apply(blueprint)).code == 0
    return _described(asyncio.run(home.landscape()), "Calm")


def _described(rooms: dict[str, Room], name: str) -> dict[str, Any]:
    """Each room's whole state by the names of places, without ids."""
    ids = {room.id: f"the room of {room.name}" for room in rooms.values()}
    ids |= {room.marker: f"the id of {room.name}" for room in rooms.values()}

    def plain(value: Any) -> Any:
        match value:
            case str():
                said = ids.get(value, value).replace(name, "It")
                return said.replace(f"hedge_{name.lower()}", "hedge_it").replace(f"_{name.lower()}-", "_it-")
            case dict():
                return {plain(key): plain(part) for key, part in value.items()}
            case list():
                return sorted((plain(part) for part in value), key=str)
            case _:
                return value

    def contents(room: Room) -> Json:
        said = {key: event["content"] for key, event in room.state.items() if event["content"]}
        return {plain(f"{kind}|{ids.get(key, key)}"): plain(content) for (kind, key), content in said.items()}

    return {plain(room.name): contents(room) for room in rooms.values()}


async def _ends_well(hedge: Hedge, blueprint: Path, name: str, undisturbed: dict[str, Any]) -> None:
    await hedge.until_ready()
    await hedge.until_delivered()
    assert (await hedge.plan(blueprint)).out == "Nothing to do.\n"
    rooms = await hedge.home.all_of_the_bots()
    markers = Counter(room.marker for room in rooms if room.marker and room.members)
    assert [marker for marker, found in markers.items() if found > 1] == []
    assert len(markers) == 5 * _NETWORKS
    assert _described(await hedge.home.landscape(), name) == undisturbed


async def _writes(hedge: Hedge, count: int) -> None:
    """Wait for so many more writes of the bot, or until there is nothing to write."""
    wanted = len(hedge.home.provisioning) + count
    await until(lambda: len(hedge.home.provisioning) >= wanted or not hedge.waiting)


async def _begun(hedge: Hedge, blueprint: Path) -> Forked:
    """`apply`, which has made its first room."""
    before = len(hedge.home.provisioning)
    applying = hedge.applying(blueprint)
    await until(lambda: len(hedge.home.provisioning) > before)
    return applying


@pytest.mark.long
@pytest.mark.parametrize("seed", [20])
async def test_a23_hedgerow_is_killed_at_ten_moments_and_each_place_has_one_room(
    stormy: Home, undisturbed: dict[str, Any], hedgerow_at: Callable[..., Hedge], seed: int
) -> None:
    chance = random.Random(seed)
    await stormy.begin_anew()
    hedge = hedgerow_at(stormy)
    blueprint = written(hedge.directory / "blueprint.yaml", _blueprint("Gale"))
    applying = await _begun(hedge, blueprint)
    applying.kill()
    applying.wait()
    for _ in range(_DEATHS_OF_HEDGEROW):
        hedge.launch()
        await _writes(hedge, chance.randint(1, 6))
        await asyncio.sleep(chance.uniform(0, 0.1))
        await hedge.kill()
    hedge.launch()
    await _ends_well(hedge, blueprint, "Gale", undisturbed)
    assert await hedge.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", [10])
async def test_a16_a24_synapse_is_killed_at_five_moments_and_each_place_has_one_room(
    stormy: Home, undisturbed: dict[str, Any], hedgerow_at: Callable[..., Hedge], seed: int
) -> None:
    chance = random.Random(seed)
    await stormy.begin_anew()
    hedge = hedgerow_at(stormy, patched=_HASTY)
    blueprint = written(hedge.directory / "blueprint.yaml", _blueprint("Flood"))
    await hedge.start()
    applying = await _begun(hedge, blueprint)
    for _ in range(_DEATHS_OF_SYNAPSE):
        await _writes(hedge, chance.randint(2, 9))
        await asyncio.sleep(chance.uniform(0, 0.1))
        await stormy.synapse.kill()
        await stormy.synapse.start()
    assert await asyncio.to_thread(applying.wait, 180) == 0
    await _ends_well(hedge, blueprint, "Flood", undisturbed)
    assert await hedge.stop() == 0
