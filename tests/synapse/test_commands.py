"""Talking with the bot on a real homeserver: what it answers, and what a second client then sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Json, Refused
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, answers, names

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Crafts", "coordinators": [user("cora")], "groups": [{"name": "Weaving"}]},
        {"name": "Games", "coordinators": [user("dan")]},
        {"name": "Quiet Garden", "access": "invite", "coordinators": [user("quinn")]},
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("commands"), _BLUEPRINT) as village:
        yield village


async def _refuses(talk: Talk, room_id: str) -> None:
    with pytest.raises(Refused) as refusal:
        await talk.person.join(room_id, via=[SERVER])
    assert refusal.value.errcode == "M_FORBIDDEN"


# -- making -----------------------------------------------------------------------------------------


async def test_an_admin_makes_a_network_and_making_it_again_writes_nothing(village: Village) -> None:
    async with village.talking("ada", "sam") as (ada, sam):
        said = await ada.ask('network create "Poets & Writers" --topic Verse and worse')
        assert said.startswith("Poets & Writers is made. Everyone can find it and join it.")
        space = await sam.person.join(f"#hedge_poets-and-writers:{SERVER}")
        told = await sam.person.hierarchy(space)
        assert names(told) == {
            "Poets & Writers",
            "Poets & Writers: welcome",
            "Poets & Writers: news",
        }
        assert (await sam.person.content(space, "m.room.topic"))["topic"] == "Verse and worse"
        assert (await sam.person.members(space))[ada.user_id] == "invite"
        asked = await ada.person.say(ada.room_id, "network create Poets & Writers")
        assert await village.writes_of(ada.answer_to(asked)) == []
        assert await ada.answer_to(asked) == "Poets & Writers is already there: show poets-and-writers"
        (reply,) = await ada.person.wait_for_reply(ada.room_id, asked)
        assert f"https://matrix.to/#/{space}?via={SERVER}" in reply["content"]["body"]


async def test_groups_of_each_access_let_in_whom_they_should(village: Village) -> None:
    async with village.talking("cora", "mia", "sam") as (cora, mia, sam):
        for name, options in (
            ("Pottery", ""),
            ("Repair café", "--access public --topic Bring it broken"),
            ("Crafts trustees", "--access invite"),
            ("Crafts diaries", "--encrypted"),
        ):
            said = await cora.ask(f"group create {name} --in crafts {options}")
            assert said.startswith(f"{name} is made, in Crafts.")
        rooms = await village.home.landscape()
        assert rooms["Crafts diaries"].content("m.room.encryption") != {}
        await mia.person.join(f"#hedge_crafts:{SERVER}")
        await mia.person.join(rooms["Pottery"].id, via=[SERVER])
        await _refuses(mia, rooms["Crafts trustees"].id)
        await sam.person.join(f"#hedge_crafts_repair-cafe:{SERVER}")
        await _refuses(sam, rooms["Pottery"].id)
        assert rooms["Crafts trustees"].members == {BOT: "join", cora.user_id: "invite"}
        await cora.person.join(rooms["Crafts trustees"].id, via=[SERVER])


# -- changing ---------------------------------------------------------------------------------------


async def test_a_renamed_network_keeps_its_members_and_its_old_alias(village: Village) -> None:
    async with village.talking("ada", "mia") as (ada, mia):
        await ada.ask("network create Old Mill")
        space = await mia.person.join(f"#hedge_old-mill:{SERVER}")
        assert (await ada.ask("network rename old-mill --to New Mill")).startswith(
            "Old Mill is called New Mill now."
        )
        assert (await mia.person.content(space, "m.room.name"))["name"] == "New Mill"
        shown = await mia.person.content(space, "m.room.canonical_alias")
        assert shown["alias"] == f"#hedge_new-mill:{SERVER}"
        assert await mia.person.resolve(f"#hedge_new-mill:{SERVER}") == space
        assert await mia.person.resolve(f"#hedge_old-mill:{SERVER}") == space
        told = await mia.person.hierarchy(space)
        assert names(told) == {"New Mill", "New Mill: welcome", "New Mill: news"}
        assert (await mia.person.members(space))[mia.user_id] == "join"


async def test_a_public_network_made_private_closes_with_its_kit(village: Village) -> None:
    async with village.talking("ada", "sam") as (ada, sam):
        await ada.ask("network create Bell Tower")
        rooms = await village.home.landscape()
        said = await ada.ask("network describe bell-tower --access private --topic Ringers only")
        assert said.startswith("Bell Tower is changed.")
        for name in ("Bell Tower", "Bell Tower: welcome", "Bell Tower: news"):
            await _refuses(sam, rooms[name].id)
        for alias in ("hedge_bell-tower", "hedge_bell-tower_welcome"):
            with pytest.raises(Refused, match="M_NOT_FOUND"):
                await sam.person.resolve(f"#{alias}:{SERVER}")
        listed = await sam.person.public_rooms(f"hedgerow|{rooms['Bell Tower'].marker}")
        assert listed == []
        tower = await village.room("Bell Tower")
        assert tower.content("m.room.topic")["topic"] == "Ringers only"
        assert tower.content("m.room.canonical_alias") == {}


async def test_a_name_that_a_coordinator_gives_in_their_client_is_kept(village: Village) -> None:
    async with village.talking("ada", "sam") as (ada, sam):
        await ada.ask("network create Bakers")
        space = await ada.person.join(f"#hedge_bakers:{SERVER}")
        await ada.person.set_state(space, "m.room.name", {"name": "Master Bakers"})
        async with asyncio.timeout(30):
            while "Master Bakers" not in await sam.ask("tree"):
                pass
        assert (await ada.person.content(space, "m.room.name"))["name"] == "Master Bakers"


# -- roles ------------------------------------------------------------------------------------------


async def test_a_coordinator_has_power_in_each_room_now_and_later_until_removed(village: Village) -> None:
    async with village.talking("ada", "kim") as (ada, kim):
        await ada.ask("network create Sailors")
        said = await ada.ask(f"coordinator add {kim.user_id} --in sailors")
        assert said.startswith(f"{kim.user_id} looks after Sailors from now on")
        await ada.ask("group create Knots --in sailors")
        mine = ("Sailors", "Sailors: welcome", "Sailors: news", "Knots")
        assert await _levels(village, kim.user_id, mine) == [50, 50, 50, 50]
        await kim.person.join(f"#hedge_sailors:{SERVER}")
        assert "is made, in Sailors" in await kim.ask("group create Ropes --in sailors")
        assert (await ada.ask(f"coordinator remove {kim.user_id} --in sailors")).startswith(kim.user_id)
        assert await _levels(village, kim.user_id, (*mine, "Ropes")) == [0, 0, 0, 0, 0]
        assert (await kim.ask("group create Sails --in sailors")).startswith(
            "Only a coordinator of “Sailors”"
        )


async def _levels(village: Village, user_id: str, rooms: tuple[str, ...]) -> list[int]:
    found = await village.home.landscape()
    return [found[name].content("m.room.power_levels")["users"].get(user_id, 0) for name in rooms]


async def test_a54_a_member_moves_the_bot_to_nothing(village: Village) -> None:
    async with village.talking("mel") as (mel,):
        asked = await mel.person.say(mel.room_id, "help")
        await mel.answer_to(asked)
        await mel.person.join(f"#hedge_crafts:{SERVER}")
        [_, offer] = await answers(mel.person, mel.room_id, asked, count=2)
        assert offer.startswith("Welcome to Crafts.")
        assert await village.writes_of(_are_refused(mel)) == []


async def _are_refused(talk: Talk) -> None:
    for command in (
        "network create Mine",
        "network create Mine --under crafts",
        "network rename crafts --to Mine",
        "network describe crafts --access invite",
        "group create Mine --in crafts",
        "group describe crafts/weaving --access public",
        f"coordinator add {talk.user_id} --in crafts",
        f"coordinator remove {user('cora')} --in crafts",
        "bridge create Mine --between crafts and games",
        "network link games --under crafts",
    ):
        assert (await talk.ask(command)).startswith("Only "), command


async def test_a55_a_coordinator_of_one_network_is_nobody_in_another(village: Village) -> None:
    async with village.talking("dan", "cora") as (dan, cora):
        room = (await village.room("Games: welcome")).id
        for talk in (dan, cora):
            await talk.ask("help")
            await talk.person.join(room, via=[SERVER])
        assert await village.writes_of(_is_nobody(dan, room)) == []
        # what dan said to the bot, said again by cora, is asked in cora's name
        said = await cora.ask(f"coordinator add {user('eve')} --in games")
        assert said.startswith("Only a coordinator of “Games”")


async def _is_nobody(dan: Talk, room: str) -> None:
    for command in ("network rename crafts --to Mine", "group create Mine --in crafts"):
        assert (await dan.ask(command)).startswith("Only a coordinator of “Crafts”")
        asked = await dan.person.say(room, f"!hedge {command}")
        assert (await answers(dan.person, room, asked))[0].startswith("Only a coordinator of “Crafts”")


# -- looking ----------------------------------------------------------------------------------------


async def test_the_answer_about_something_hidden_is_that_about_nothing_byte_for_byte(
    village: Village,
) -> None:
    async with village.talking("sam", "quinn") as (sam, quinn):
        assert "Quiet Garden" in await quinn.ask("tree")
        hidden = (await village.room("Quiet Garden")).id
        for command in (
            "show X",
            "tree X",
            "join X",
            "leave X",
            "network rename X --to Loud",
            "group create Bench --in X",
            "bridge create Calm --between crafts and X",
            "coordinator add @sam:hs.test --in X",
        ):
            about = [await _whole(sam, command, name) for name in ("Quiet Garden", "Quiet Gander")]
            assert about[0] == about[1], command
        made_up = "!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        for form in ("show {}", "join {}", "join https://matrix.to/#/{}?via=hs.test"):
            about = [await _whole(sam, form.format("X"), room) for room in (hidden, made_up)]
            assert about[0] == about[1], form


async def _whole(talk: Talk, command: str, name: str) -> str:
    """The answer's whole content, with what was typed written as X."""
    asked = await talk.person.say(talk.room_id, command.replace("X", name))
    await talk.answer_to(asked)
    (reply,) = await talk.person.wait_for_reply(talk.room_id, asked)
    content: Json = reply["content"]
    return json.dumps(content, sort_keys=True, ensure_ascii=False).replace(name, "X").replace(asked, "E")


async def test_each_person_is_shown_what_they_may_see(village: Village) -> None:
    async with village.talking("ada", "cora", "nora", "quinn") as (ada, cora, nora, quinn):
        trees = {talk: await talk.ask("tree") for talk in (ada, cora, nora, quinn)}
        assert all("- Crafts, public" in tree and "- Games, public" in tree for tree in trees.values())
        assert [talk for talk, tree in trees.items() if "Quiet Garden" in tree] == [ada, quinn]
        assert "- Weaving, group" in await cora.ask("tree crafts")
        assert "Weaving" not in await nora.ask("tree crafts")
        assert "Looked after by: @cora:hs.test" in await nora.ask("show crafts")
        assert "You look after Crafts." in await cora.ask("whoami")
        assert (await ada.ask("whoami")).startswith(f"You are {ada.user_id}, an admin of this homeserver.")
        assert (await nora.ask("status")).startswith("All is well.")
        assert (await ada.ask("status")).startswith("Hedgerow ")
        assert "network create" not in await nora.ask("help")
        assert "network create" in await ada.ask("help")
        assert (await nora.ask("netwrok create")).startswith("I do not know “netwrok”.")


# -- coming and going -------------------------------------------------------------------------------


async def test_joining_brings_an_invitation_and_leaving_takes_the_groups_along(village: Village) -> None:
    async with village.talking("lee") as (lee,):
        assert await lee.ask("join games") == (
            "An invitation to Games waits for you: accept it in your client."
        )
        rooms = await village.home.landscape()
        assert rooms["Games"].id in await lee.person.invites()
        for name in ("Games", "Games: welcome", "Games: news"):
            await lee.person.join(rooms[name].id, via=[SERVER])
        assert await lee.ask("join games") == "You are in Games already."
        assert await lee.ask("leave games") == "You have left Games and 2 groups of it."
        assert not {rooms["Games"].id, rooms["Games: news"].id} & set(await lee.person.joined_rooms())


# -- ways of speaking -------------------------------------------------------------------------------


async def test_in_a_room_the_bot_listens_to_its_prefix_its_name_and_a_mention(village: Village) -> None:
    async with village.talking("pip") as (pip,):
        room = await pip.person.join(f"#hedge_crafts_welcome:{SERVER}")
        first = await pip.person.say(room, "whoami")
        mention = {"m.mentions": {"user_ids": [BOT]}}
        for text, more in (
            ("!hedge whoami", {}),
            ("Hedgerow: whoami", {}),
            (f"{BOT} whoami", mention),
        ):
            asked = await pip.person.say(room, text, **more)
            (said,) = await answers(pip.person, room, asked)
            assert said.startswith(f"You are {pip.user_id}.")
        assert len(await pip.person.wait_for_reply(room, first, count=3)) == 3


async def test_a_question_in_a_thread_is_answered_there(village: Village) -> None:
    async with village.talking("pip") as (pip,):
        root = await pip.person.say(pip.room_id, "whoami")
        await pip.answer_to(root)
        thread: Json = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
        asked = await pip.person.say(pip.room_id, "status", **thread)
        (reply,) = await pip.person.wait_for_reply(pip.room_id, asked)
        content = reply["content"]
        assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})
        relation = content["m.relates_to"]
        assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root)


async def test_a64_an_edit_a_notice_and_a_quotation_run_nothing(village: Village) -> None:
    async with village.talking("ada") as (ada,):
        person, room = ada.person, ada.room_id
        first = await person.say(room, "whoami")
        await ada.answer_to(first)
        edit: Json = {
            "m.new_content": {"msgtype": "m.text", "body": "network create Ghost"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": first},
        }
        await person.say(room, "* network create Ghost", **edit)
        notice: Json = {"msgtype": "m.notice", "body": "network create Ghost"}
        await person.send(room, "m.room.message", notice)
        await person.react(room, first, "network create Ghost")
        quoting: Json = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
        quoted = await person.say(room, f"> <{user('eve')}> network create Ghost\n\nwhoami", **quoting)
        assert (await ada.answer_to(quoted)).startswith(f"You are {ada.user_id}")
        assert len(await person.wait_for_reply(room, first)) == 2
        assert "Ghost" not in await village.home.landscape()


async def test_with_a_third_person_there_nothing_private_is_said(village: Village) -> None:
    async with village.home.people("quinn", "vic") as (quinn, vic):
        room = await quinn.create_dm(BOT)
        talk = Talk(quinn, room)
        assert "Quiet Garden" in await talk.ask("tree")
        await quinn.invite(room, vic.user_id)
        await vic.join(room, via=[SERVER])
        unheard = await quinn.say(room, "tree")
        said = await talk.ask("!hedge tree")
        assert "Quiet Garden" not in said
        assert len(await quinn.wait_for_reply(room, unheard)) == 1
