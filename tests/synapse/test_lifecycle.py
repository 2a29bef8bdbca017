"""Archive, restore, share, move and release on a real homeserver, judged by second clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Refused, SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, names, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Somerset",
            "kind": "ecosystem",
            "coordinators": [user("sue")],
            "networks": [
                {"name": "Arts", "coordinators": [user("ann")], "groups": [{"name": "Painting"}]},
            ],
        },
        {"name": "Health", "coordinators": [user("hallam")]},
        {"name": "Care", "kind": "ecosystem", "coordinators": [user("hallam")]},
        {"name": "Freedom", "coordinators": [user("fay")], "groups": [{"name": "Talk"}]},
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("lifecycle"), _BLUEPRINT) as village:
        yield village


async def _enter(talk: Talk, *rooms: str) -> None:
    for room in rooms:
        await talk.person.join(room, via=[SERVER])


async def _may_not(doing: Any) -> None:
    with pytest.raises(Refused) as refusal:
        await doing
    assert refusal.value.status == 403


async def _did(talk: Talk, command: str) -> str:
    """What is answered once it is done, after the preview and a yes."""
    preview = await talk.ask(command)
    assert "Shall I?" in preview, preview
    return await talk.ask("yes")


async def _renames(person: SecondClient, room: str, name: str) -> None:
    await person.set_state(room, "m.room.name", {"name": name})


async def test_p6_archived_it_can_only_be_read_and_restored_it_is_there_again(village: Village) -> None:
    rooms = await village.home.landscape()
    somerset, arts, painting = (rooms[name].id for name in ("Somerset", "Arts", "Painting"))
    async with village.talking("ann", "pam", "sam") as (ann, pam, sam):
        await _enter(ann, arts, painting)
        await _enter(pam, arts, painting)
        await pam.person.say(painting, "before")
        assert "Arts" in names(await sam.person.hierarchy(somerset))
        said = await _did(ann, "network archive arts")
        assert said == "Arts is archived. `network restore arts` brings it back.".replace("`", "")
        assert "Arts" not in names(await sam.person.hierarchy(somerset))
        for talk in (ann, pam):
            await _may_not(talk.person.say(painting, "after"))
            await _may_not(talk.person.react(painting, await _last_of(talk, painting), "👍"))
        await _may_not(_renames(ann.person, painting, "Mine"))
        await _may_not(_renames(ann.person, arts, "Mine"))
        asleep = await village.home.landscape()
        assert asleep["Painting (archived)"].id == painting
        assert asleep["Arts (archived)"].all_of("m.space.parent") == {}
        await _enter(sam, somerset)
        with pytest.raises(Refused):
            await sam.person.resolve(f"#hedge_arts:{SERVER}")
        said = await ann.ask("network restore arts")
        assert said == "Arts is back. Everyone can find it and join it. All is as it was."
        assert "Arts" in names(await sam.person.hierarchy(somerset))
        await pam.person.say(painting, "again")
        await _renames(ann.person, painting, "Painting and drawing")
        assert await sam.person.resolve(f"#hedge_arts:{SERVER}") == arts
    back = await village.home.landscape()
    assert back["Arts"].all_of("m.space.parent").keys() == {somerset}
    assert back["Arts"].content("m.room.power_levels") == rooms["Arts"].content("m.room.power_levels")


async def _last_of(talk: Talk, room: str) -> str:
    return str((await talk.person.messages(room))[-1]["event_id"])


async def test_h3_a_share_lets_members_of_the_other_network_in(village: Village) -> None:
    rooms = await village.home.landscape()
    async with village.talking("fay", "hallam", "ned") as (fay, hallam, ned):
        talk, health = rooms["Talk"].id, rooms["Health"].id
        await _enter(ned, health)
        await _may_not(ned.person.join(talk, via=[SERVER]))
        assert "It waits for the yes of Health." in await fay.ask("group share freedom/talk --with health")
        await _may_not(ned.person.join(talk, via=[SERVER]))
        await soon(lambda: hallam.has_heard("would like to share Talk with Health."))
        said = await hallam.ask("group share freedom/talk --with health")
        assert said.startswith("Talk is now in Health too.")
        assert "Talk" in names(await ned.person.hierarchy(health))
        await _enter(ned, talk)
        await fay.ask("group unshare freedom/talk --from health")
        assert await fay.ask("yes") == "Talk is no longer in Health."
        assert "Talk" not in names(await ned.person.hierarchy(health))


async def test_p5_a_network_moves_and_its_members_stay(village: Village) -> None:
    rooms = await village.home.landscape()
    async with village.talking("hallam", "ned") as (hallam, ned):
        await hallam.ask("network create Nurses --under health --access private")
        made = (await village.home.landscape())["Nurses"].id
        await _enter(ned, rooms["Health"].id, made)
        slug = (await hallam.ask("show Nurses")).splitlines()[0].rpartition(": ")[2]
        said = await _did(hallam, f"network move {slug} --under care")
        assert said.startswith("Nurses is now under Care.")
        moved = (await village.home.landscape())["Nurses"]
        care = (await village.room("Care")).id
        assert moved.all_of("m.space.parent") == {care: {"via": [SERVER], "canonical": True}}
        assert [rule["room_id"] for rule in moved.content("m.room.join_rules")["allow"]] == [care]
        assert "Nurses" not in names(await ned.person.hierarchy(rooms["Health"].id))
        assert "Nurses" in names(await ned.person.hierarchy(care))
        assert (await ned.person.members(made))[ned.user_id] == "join"


async def test_p7_released_it_is_ruled_by_its_coordinator_alone(village: Village) -> None:
    rooms = await village.home.landscape()
    own = [rooms[n].id for n in ("Freedom", "Freedom: welcome", "Freedom: news", "Talk")]
    async with village.talking("fay", "pam") as (fay, pam):
        await _enter(fay, own[0], own[1])
        await _enter(pam, own[0], own[3])
        refused = await fay.ask("network release freedom")
        assert "no coordinator is in Freedom: news or Talk" in refused
        await _enter(fay, *own[2:])
        assert await _did(fay, "network release freedom") == (
            "Freedom belongs to @fay:hs.test alone now. I have left it, and forgotten what I held on it."
        )
        for room in own:
            members = await fay.person.members(room)
            assert members[BOT] == "leave"
            assert members[fay.user_id] == "join"
        for kind, content in (
            ("m.room.join_rules", {"join_rule": "invite"}),
            ("m.room.history_visibility", {"history_visibility": "joined"}),
            ("m.room.name", {"name": "Ours"}),
        ):
            await fay.person.set_state(own[3], kind, content)
        levels = await fay.person.content(own[3], "m.room.power_levels")
        levels["users"] = {fay.user_id: 100, pam.user_id: 100}
        await fay.person.set_state(own[3], "m.room.power_levels", levels)
        upgraded = await pam.person.call(
            "POST", f"/_matrix/client/v3/rooms/{own[3]}/upgrade", {"new_version": "12"}
        )
        assert upgraded["replacement_room"]
        await pam.person.say(upgraded["replacement_room"], "ours alone")
        assert "I know no network or group called" in await fay.ask("show freedom")
        with pytest.raises(Refused):
            await fay.person.resolve(f"#hedge_freedom:{SERVER}")
    assert "Freedom" not in await village.home.landscape()
