"""Into which rooms the bot comes, when it goes, and by which names it calls people, on a real homeserver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.second_client import Json, SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, answers

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Bakers", "coordinators": [user("cora")]},
        {"name": "Secret Bakers", "access": "invite", "coordinators": [user("quinn")]},
    ]
}
_PLACE = "I come into a room with several people only when a coordinator or an admin invites me."
_SPACE = "I do not come into Spaces that others have made"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("company"), _BLUEPRINT) as village:
        yield village


async def _until(look: Callable[[], Awaitable[bool]], within: float = 30.0) -> None:
    async with asyncio.timeout(within):
        while True:
            if await look():
                return
            await asyncio.sleep(0.1)


async def _until_the_bot(person: SecondClient, room: str, membership: str) -> Json:
    """The bot's membership in the room, once it is that one."""

    async def look() -> bool:
        return (await person.content(room, "m.room.member", BOT))["membership"] == membership

    await _until(look)
    return await person.content(room, "m.room.member", BOT)


# -- coming -----------------------------------------------------------------------------------------


async def test_a_direct_message_as_element_makes_it_names_the_bot_a_creator_and_changes_nothing(
    village: Village,
) -> None:
    async with village.home.people("mia") as (mia,):
        room = await mia.create_dm(BOT)
        assert (await mia.content(room, "m.room.create"))["additional_creators"] == [BOT]
        assert (await Talk(mia, room).ask("whoami")).startswith(f"You are {mia.user_id}.")


@pytest.mark.parametrize("is_direct", [False, True])
async def test_who_looks_after_nothing_cannot_bring_the_bot_among_several(
    village: Village, is_direct: bool
) -> None:
    async with village.home.people("mia", "ned") as (mia, ned):
        room = await mia.create_room(
            preset="private_chat", invite=[ned.user_id, BOT], is_direct=is_direct, name="Just us"
        )
        gone = await _until_the_bot(mia, room, "leave")
        assert gone["reason"].startswith(_PLACE)
        [said] = await mia.bodies(room, BOT)
        assert said.startswith(_PLACE)
        await mia.invite(room, BOT)
        await _until_the_bot(mia, room, "leave")
        assert await mia.bodies(room, BOT) == [said], "the second no is in the reason alone"


async def test_a_coordinator_can_and_the_bot_goes_when_all_others_have_gone(village: Village) -> None:
    async with village.home.people("cora", "ned") as (cora, ned):
        room = await cora.create_room(preset="private_chat", invite=[ned.user_id, BOT])
        await ned.join(room, via=[SERVER])
        await _until_the_bot(cora, room, "join")
        asked = await cora.say(room, "!hedge whoami")
        assert (await answers(cora, room, asked))[0].startswith(f"You are {cora.user_id}.")
        await cora.leave(room)
        asked = await ned.say(room, "!hedge whoami")
        assert (await answers(ned, room, asked))[0].startswith(f"You are {ned.user_id}.")
        await ned.leave(room)
        await _until(lambda: _bot_is_not_in(village, room))


async def _bot_is_not_in(village: Village, room: str) -> bool:
    """As Synapse's administrator sees it: nobody else is left to look."""
    async with await village.home.overseer() as overseer:
        got = await overseer.call("GET", f"/_synapse/admin/v1/rooms/{room}/members")
        return BOT not in got["members"]


async def test_a_space_is_declined_with_the_reason_also_where_they_talk(village: Village) -> None:
    async with village.talking("cora") as (cora,):
        before = await cora.person.say(cora.room_id, "whoami")
        await cora.answer_to(before)
        space = await cora.person.create_room(creation_content={"type": "m.space"}, invite=[BOT])
        gone = await _until_the_bot(cora.person, space, "leave")
        assert gone["reason"].startswith(_SPACE)
        said = await answers(cora.person, cora.room_id, before, count=2)
        assert said[-1].startswith(_SPACE)


async def test_an_invitation_taken_back_at_once_leaves_nothing_behind(village: Village) -> None:
    async with village.talking("ada") as (ada,):
        room = await ada.person.create_room(preset="private_chat", is_direct=True, invite=[BOT])
        await ada.person.kick(room, BOT)
        await _until_the_bot(ada.person, room, "leave")
        assert "could not" not in await ada.ask("status")
        await ada.person.invite(room, BOT)
        asked = await ada.person.say(room, "!hedge whoami")
        assert (await answers(ada.person, room, asked))[0].startswith(f"You are {ada.user_id}")


# -- answering --------------------------------------------------------------------------------------


async def test_a63_a_bot_that_answers_every_answer_is_left_talking_after_five(village: Village) -> None:
    async with village.home.people("robot") as (robot,):
        room = await robot.join(f"#hedge_bakers_welcome:{SERVER}")
        last = await robot.say(room, "!hedge whoami")
        first = last
        for _ in range(5):
            await answers(robot, room, last)
            last = await robot.say(room, "!hedge whoami")
        said = await answers(robot, room, first, count=6)
        assert said[-1] == (
            "I have answered you here 5 times within a minute. What you say in the next minute I do not "
            "hear; then I go on."
        )
        await robot.say(room, "!hedge whoami")
        async with village.talking("mia") as (mia,):
            await mia.person.join(room, via=[SERVER])
            asked = await mia.person.say(room, "!hedge whoami")
            assert (await answers(mia.person, room, asked))[0].startswith(f"You are {mia.user_id}")
        assert len(await robot.bodies(room, BOT)) == 5 + 1 + 1, "and none more to the robot"


# -- names ------------------------------------------------------------------------------------------


async def _is_called(person: SecondClient, name: str) -> None:
    path = f"/_matrix/client/v3/profile/{person.user_id}/displayname"
    await person.call("PUT", path, {"displayname": name})


async def _shows(talk: Talk, place: str, line: str) -> bool:
    said = await talk.ask(f"show {place}")
    return line in [shown.removeprefix("- ") for shown in said.splitlines()]


async def test_a39_who_shares_a_room_reads_names_and_those_that_look_alike_with_the_matrix_id(
    village: Village,
) -> None:
    async with village.talking("cora", "mia", "sam", "eve") as (cora, mia, sam, eve):
        await _is_called(cora.person, "Cora Baker")
        bakers = await cora.person.join(f"#hedge_bakers:{SERVER}")
        assert await _shows(sam, "bakers", "Looked after by: @cora:hs.test")
        await mia.person.join(bakers, via=[SERVER])
        assert await _shows(mia, "bakers", "Looked after by: Cora Baker")
        await _is_called(eve.person, "Сora Bаker")
        await eve.person.join(bakers, via=[SERVER])
        await _until(lambda: _shows(mia, "bakers", "Looked after by: Cora Baker (@cora:hs.test)"))
        assert await _shows(sam, "bakers", "Looked after by: @cora:hs.test"), "a stranger reads no name"
        asked = await mia.person.say(mia.room_id, "show bakers")
        await mia.answer_to(asked)
        [reply] = await mia.person.wait_for_reply(mia.room_id, asked)
        assert reply["content"]["m.mentions"] == {}
        assert "matrix.to/#/@" not in reply["content"]["formatted_body"]


async def test_a_name_from_a_hidden_room_is_not_told_outside_it(village: Village) -> None:
    async with village.talking("quinn", "cora", "mia") as (quinn, cora, mia):
        secret = (await village.room("Secret Bakers")).id
        await _is_called(quinn.person, "Quinn of the Secret Bakers")
        await quinn.person.join(secret, via=[SERVER])
        await cora.ask(f"coordinator add {quinn.user_id} --in bakers")
        await mia.person.join(f"#hedge_bakers:{SERVER}")
        bakers = (await village.room("Bakers")).id
        await quinn.person.leave(bakers)
        await _until(lambda: _tells(mia, "@quinn:hs.test"))
        assert not await _tells(mia, "Quinn of the")


async def _tells(talk: Talk, text: str) -> bool:
    return text in await talk.ask("show bakers")
