"""Rooms that are upgraded, in a client and by command, on a real homeserver and judged by others (H6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Json, Refused, SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, names
from tests.synapse.test_by_hand import _made_by_hand, heard, lift, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Tilers",
            "coordinators": [user("tia")],
            "networks": [{"name": "Mosaic", "access": "private", "coordinators": [user("tia")]}],
        },
    ]
}
_ALLOW = "m.room.join_rules"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("upgrades"), _BLUEPRINT) as village:
        yield village


async def listed(person: SecondClient, space: str) -> set[str]:
    return {room["room_id"] for room in await person.hierarchy(space)}


async def allowed(person: SecondClient, room: str) -> list[str]:
    return [rule["room_id"] for rule in (await person.content(room, _ALLOW)).get("allow", ())]


async def test_h6_a_group_that_somebody_upgrades_in_their_client_is_the_new_room(village: Village) -> None:
    async with village.talking("tia", "tom") as (tia, tom):
        await tia.ask("help")
        space = await tia.person.join((await village.room("Mosaic")).id, via=[SERVER])
        await _join(tom.person, (await village.room("Tilers")).id, space)
        old = await _made_by_hand(tia.person, space)
        await soon(lambda: heard(tia.person, tia.room_id, "but I have no power in it"))
        await lift(tia.person, old, {BOT: 100})

        async def is_kept() -> bool:
            return (await tia.person.content(old, "m.room.power_levels")).get("invite") == 50

        await soon(is_kept)
        await tom.person.join(old, via=[SERVER])
        upgraded: Json = await tia.person.call(
            "POST", f"/_matrix/client/v3/rooms/{old}/upgrade", {"new_version": "11"}
        )
        new = upgraded["replacement_room"]
        await soon(lambda: _is_listed_instead(tia.person, space, new, old))
        await soon(lambda: heard(tia.person, tia.room_id, "has upgraded Carding to room version 11."))
        assert (await tia.person.members(new))[BOT] == "join"
        await soon(lambda: _is_invited(tom.person, new))
        assert await allowed(tia.person, new) == [space]
        said = await tia.ask("group rename carding --to Combing")
        assert said.startswith("Carding is called Combing now.")
        assert (await tia.person.content(new, "m.room.name"))["name"] == "Combing"
        assert (await tia.person.content(new, "m.space.parent", space))["canonical"]
        assert (await tia.person.content(new, "m.room.power_levels"))["users"] == {tia.user_id: 100, BOT: 100}
        async with village.talking("ula") as (ula,):
            await _join(ula.person, (await village.room("Tilers")).id, space)
            await ula.person.join(new, via=[SERVER])  # by the rule: nobody has invited her
        await _to_version_12(tia, new, space)


async def _to_version_12(tia: Talk, old: str, space: str) -> None:
    """Whoever upgrades to version 12 stands above the bot, and hears so."""
    path = f"/_matrix/client/v3/rooms/{old}/upgrade"
    new = (await tia.person.call("POST", path, {"new_version": "12"}))["replacement_room"]
    await soon(lambda: heard(tia.person, tia.room_id, f"The new room belongs to {tia.user_id}"))
    await soon(lambda: _is_listed_instead(tia.person, space, new, old))
    assert (await tia.person.content(new, "m.room.power_levels"))["users"] == {BOT: 100}
    last_word = await heard(tia.person, tia.room_id, "only they can upgrade it again")
    assert not last_word, "the bot is at 100 there, and that is enough for a tombstone"
    await tia.ask("group rename combing --to Spinning")
    assert (await tia.person.content(new, "m.room.name"))["name"] == "Spinning"


async def _is_listed_instead(person: SecondClient, space: str, new: str, old: str) -> bool:
    there = await listed(person, space)
    return new in there and old not in there


async def _is_invited(person: SecondClient, room: str) -> bool:
    return room in await person.invites()


async def _join(person: SecondClient, *rooms: str) -> None:
    for room in rooms:
        await person.join(room, via=[SERVER])


async def test_h6_a_space_that_the_bot_makes_anew_lets_the_same_people_in_everywhere(
    village: Village,
) -> None:
    rooms = await village.home.landscape()
    old, mosaic = rooms["Tilers"].id, rooms["Mosaic"].id
    async with village.talking("tia", "uma", "vic") as (tia, uma, vic):
        await _join(tia.person, old)
        await _join(uma.person, old)
        assert await allowed(tia.person, mosaic) == [old]
        preview = await tia.ask("network upgrade tilers --version 11")
        assert "Tilers would get a new room, in room version 11 instead of 12." in preview
        said = await tia.ask("yes")
        assert said.startswith("Tilers has a new room, in room version 11."), said
        new = (await uma.person.content(old, "m.room.tombstone"))["replacement_room"]
        assert await uma.person.resolve(f"#hedge_tilers:{SERVER}") == new
        await soon(lambda: _is_invited(uma.person, new))
        await _join(tia.person, new)
        created = (await tia.person.state(new))["m.room.create", ""]
        assert created["sender"] == BOT
        assert created["content"]["predecessor"]["room_id"] == old
        assert created["content"]["room_version"] == "11"
        assert await allowed(tia.person, mosaic) == [new]
        assert list(_set(await tia.person.state(mosaic), "m.space.parent")) == [new]
        assert {"Mosaic", "Tilers: welcome"} <= names(await tia.person.hierarchy(new))
        directory = await vic.person.public_rooms(f"hedgerow|{rooms['Tilers'].marker}")
        found = {room["room_id"] for room in directory}
        assert new in found
        assert old not in found
        with pytest.raises(Refused):
            await vic.person.join(mosaic, via=[SERVER])
        await _join(vic.person, new, mosaic)
        with pytest.raises(Refused):
            await uma.person.say(old, "still here")
        assert await tia.ask("network upgrade tilers --version 11") == "Tilers is in room version 11 already."


def _set(state: dict[tuple[str, str], Json], kind: str) -> list[str]:
    return [key for (type_, key), event in state.items() if type_ == kind and event["content"]]
