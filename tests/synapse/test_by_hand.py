"""What coordinators do with their client's own buttons, on a real homeserver (H5, R1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Json, SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Village, soon, without_links

_SEEN_WITHIN_SECONDS = 10.0
_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Weavers", "coordinators": [user("wyn")], "groups": [{"name": "Looms"}]},
        {"name": "Dyers", "coordinators": [user("dot")]},
        {"name": "Spinners", "access": "private", "coordinators": [user("wyn")]},
    ]
}
_LEVELS = "m.room.power_levels"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("by hand"), _BLUEPRINT) as village:
        yield village


async def lift(person: SecondClient, room: str, levels: dict[str, int]) -> None:
    content = await person.content(room, _LEVELS)
    await person.set_state(room, _LEVELS, {**content, "users": {**content["users"], **levels}})


async def level_of(village: Village, who: str, name: str) -> int:
    return int((await village.room(name)).content(_LEVELS)["users"].get(who, 0))


async def heard(person: SecondClient, room: str, words: str) -> bool:
    return any(words in without_links(body) for body in await person.bodies(room, BOT))


def child(server: str = SERVER) -> Json:
    return {"via": [server]}


async def test_a_name_a_picture_and_a_ban_are_taken_over(village: Village) -> None:
    async with village.talking("wyn", "sam") as (wyn, sam):
        await wyn.ask("help")
        space = (await village.room("Weavers")).id
        await wyn.person.join(space, via=[SERVER])
        await sam.person.join(space, via=[SERVER])
        await wyn.person.set_state(space, "m.room.avatar", {"url": f"mxc://{SERVER}/loom"})
        ban = {"user_id": sam.user_id}
        await wyn.person.call("POST", f"/_matrix/client/v3/rooms/{space}/ban", ban)
        await wyn.person.set_state(space, "m.room.name", {"name": "Weavers of Wales"})

        async def is_renamed() -> bool:
            return "Weavers of Wales" in await wyn.ask("tree")

        await soon(is_renamed)
        assert (await wyn.person.content(space, "m.room.avatar"))["url"] == f"mxc://{SERVER}/loom"
        await wyn.person.set_state(space, "m.room.name", {"name": "Weavers"})
        await soon(lambda: _is_named(village, "Weavers: welcome"))


async def _is_named(village: Village, name: str) -> bool:
    return name in await village.home.landscape()


async def test_r1_who_is_lifted_in_the_space_has_power_everywhere_until_lowered(village: Village) -> None:
    async with village.talking("wyn", "mia") as (wyn, mia):
        space = await wyn.person.join((await village.room("Weavers")).id, via=[SERVER])
        await lift(wyn.person, space, {mia.user_id: 50})

        async def is_coordinator() -> bool:
            return await level_of(village, mia.user_id, "Looms") == 50

        await soon(is_coordinator)
        assert "You look after Weavers." in await mia.ask("whoami")
        loom = await wyn.person.join((await village.room("Looms")).id, via=[SERVER])
        await mia.person.join(space, via=[SERVER])
        await mia.person.join(loom, via=[SERVER])
        await lift(mia.person, loom, {mia.user_id: 0})  # in this one group they want none
        await lift(mia.person, space, {mia.user_id: 40})  # and then no longer any of it

        async def is_none_any_more() -> bool:
            return "You look after" not in await mia.ask("whoami")

        await soon(is_none_any_more)
        assert await level_of(village, mia.user_id, "Looms") == 0


async def test_a_network_of_others_is_asked_and_a_link_taken_out_is_unlinked(village: Village) -> None:
    async with village.talking("wyn", "dot") as (wyn, dot):
        await dot.ask("help")
        space = await wyn.person.join((await village.room("Weavers")).id, via=[SERVER])
        dyers = (await village.room("Dyers")).id
        await wyn.person.set_state(space, "m.space.child", child(), dyers)
        await soon(lambda: heard(dot.person, dot.room_id, "would like to have Dyers under Weavers."))
        assert (await village.room("Dyers")).all_of("m.space.parent") == {}
        await dot.ask("network link dyers --under weavers")
        assert space in (await village.room("Dyers")).all_of("m.space.parent")
        await wyn.person.set_state(space, "m.space.child", {}, dyers)

        async def is_unlinked() -> bool:
            return (await village.room("Dyers")).all_of("m.space.parent") == {}

        await soon(is_unlinked)


async def test_a_room_made_by_hand_becomes_a_group_and_once_it_has_power_the_bot_keeps_it(
    village: Village,
) -> None:
    async with village.talking("wyn") as (wyn,):
        await wyn.ask("help")
        space = await wyn.person.join((await village.room("Spinners")).id, via=[SERVER])
        made = await _made_by_hand(wyn.person, space)
        await soon(lambda: heard(wyn.person, wyn.room_id, "is a group of Spinners now, but I have no power"))
        assert (await wyn.person.members(made))[BOT] == "join"
        assert "Carding" in await wyn.ask("show spinners")
        await lift(wyn.person, made, {BOT: 100})

        async def is_kept() -> bool:
            return (await wyn.person.content(made, _LEVELS)).get("invite") == 50

        await soon(is_kept)
        await soon(lambda: heard(wyn.person, wyn.room_id, "I have the power that I need in Carding now"))
        levels = await wyn.person.content(made, _LEVELS)
        assert levels["users"] == {wyn.user_id: 100, BOT: 100}
        assert (await wyn.person.content(made, "m.room.join_rules"))["join_rule"] == "restricted"
        group = [room for room in await wyn.person.hierarchy(space) if room["room_id"] == made]
        assert [room["name"] for room in group] == ["Carding"]
        said = await wyn.ask("group rename carding --to Combing")
        assert said.startswith("Carding is called Combing now.")
        assert (await wyn.person.content(made, "m.room.name"))["name"] == "Combing"


async def _made_by_hand(person: SecondClient, space: str) -> str:
    """As Element makes one in a Space, "visible to space members"."""
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    initial = [
        {"type": "m.room.join_rules", "state_key": "", "content": rule},
        {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
        {"type": "m.space.parent", "state_key": space, "content": {**child(), "canonical": True}},
    ]
    made = await person.create_room(
        name="Carding", room_version="9", preset="private_chat", initial_state=initial
    )
    await person.set_state(space, "m.space.child", child(), made)
    return made


async def test_a_room_that_the_bot_cannot_get_into_waits_for_an_invitation(village: Village) -> None:
    async with village.talking("wyn") as (wyn,):
        space = await wyn.person.join((await village.room("Spinners")).id, via=[SERVER])
        made = await wyn.person.create_room(name="Committee", room_version="12", preset="private_chat")
        await wyn.person.set_state(space, "m.space.child", child(), made)
        await soon(lambda: heard(wyn.person, wyn.room_id, "that I cannot get into. Invite @hedgerow:hs.test"))
        await wyn.person.invite(made, BOT)
        await soon(lambda: heard(wyn.person, wyn.room_id, "Committee is a group of Spinners now"))
        assert (await wyn.person.members(made))[BOT] == "join"


async def test_what_opens_a_room_is_put_back_and_told_unless_it_is_paused(village: Village) -> None:
    async with village.talking("wyn") as (wyn,):
        await wyn.ask("help")
        await wyn.person.join((await village.room("Weavers")).id, via=[SERVER])
        room = await wyn.person.join((await village.room("Looms")).id, via=[SERVER])
        levels = await wyn.person.content(room, _LEVELS)

        async def is_put_back() -> bool:
            return (await wyn.person.content(room, _LEVELS))["invite"] == 50

        await wyn.person.set_state(room, _LEVELS, {**levels, "invite": 0})
        await soon(is_put_back)
        await soon(lambda: heard(wyn.person, wyn.room_id, "The level needed to invite: 50"))
        assert (await wyn.ask("pause weavers/looms")).startswith("I put nothing back in Looms")
        await wyn.person.set_state(room, _LEVELS, {**levels, "invite": 0})
        assert "Looms is paused" in await wyn.ask("status")
        await village.hedge.until_delivered()
        assert not await is_put_back()
        assert await wyn.ask("resume weavers/looms") == "I look after Looms again."
        await soon(is_put_back)


async def test_what_was_changed_while_the_bot_was_away_is_taken_over_at_the_start(village: Village) -> None:
    async with village.talking("wyn", "kay") as (wyn, kay):
        space = await wyn.person.join((await village.room("Spinners")).id, via=[SERVER])
        assert await village.hedge.stop() == 0
        await wyn.person.set_state(space, "m.room.name", {"name": "Spinners and Carders"})
        await lift(wyn.person, space, {kay.user_id: 50})
        await village.hedge.start()

        async def is_taken_over() -> bool:
            return "You look after Spinners and Carders." in await kay.ask("whoami")

        await soon(is_taken_over, within=20)
