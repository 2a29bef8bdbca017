"""Rooms of others are brought in and let go again, with the whole service at a homeserver in memory (P4)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from spaces.network import Access
from tests.appservice.adopting import (
    ALICE,
    BEN,
    CHILD,
    LEVELS,
    PARENT,
    RULES,
    SHUT,
    VIA,
    Town,
    opened,
    room,
)


@pytest_asyncio.fixture
async def town(service_database: str) -> AsyncIterator[Town]:
    async with opened(service_database) as town:
        yield town


# -- rooms --------------------------------------------------------------------------------------------


async def test_p4_a_private_room_is_asked_for_and_becomes_a_group_when_the_invitation_comes(
    town: Town,
) -> None:
    made = await room(town)
    said = await town.asks(f"adopt {made} --into arts")
    assert SHUT in said
    assert f"/invite {town.bot}" in said
    town.alice.invite(made, town.bot)
    await town.calm(lambda: "is a group of Arts now" in town.said(town.direct[ALICE])[-1])
    [group] = [g for g in (await town.landscape()).groups.values() if g.name == "Town Choir"]
    assert (group.access, group.topic) == (Access.INVITE, "On Mondays")
    said = town.said(town.direct[ALICE])[-1]
    assert "In Town Choir I have level 0 and need 100" in said
    assert f"{ALICE} can give it to {town.bot}" in said
    assert town.fake.room(made).membership(town.bot) == "join"


async def test_p4_once_the_power_is_given_by_hand_the_bot_goes_on_by_itself_and_says_so(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.ben.join(made)
    said = await town.asks(f"adopt {made} --into arts")
    assert "with the 2 people who are in it" in said
    [space] = [s for s in town.fake.world.rooms.values() if s.content("m.room.name").get("name") == "Arts"]
    assert space.content(CHILD, made)["via"] == ["hs.test"], "it is listed at once"
    assert town.content(made, PARENT, space.room_id) == {}
    town.lift(made, town.bot, 100)
    await town.calm(
        lambda: "I have the power that I need in Town Choir now" in town.said(town.direct[ALICE])[-1]
    )
    assert town.content(made, PARENT, space.room_id)["canonical"] is True
    assert town.content(made, LEVELS)["users"] == {ALICE: 100, town.bot: 100}
    assert town.content(made, LEVELS)["invite"] == 50
    assert town.fake.room(made).membership(BEN) == "join"


async def test_i3_who_knocks_at_a_room_that_was_brought_in_is_among_the_requests(town: Town) -> None:
    made = await room(town, room_version="9")
    town.alice.set_state(made, RULES, {"join_rule": "knock"})
    town.alice.invite(made, town.bot)
    town.lift(made, town.bot, 50)
    await town.asks(f"adopt {made} --into arts")
    assert town.content(made, RULES) == {"join_rule": "knock"}, "the bot has no power over who gets in"
    dora = town.fake.add_user("@dora:hs.test")
    dora.knock(made)
    await town.calm(lambda: "@dora:hs.test" in town.said(town.direct[ALICE])[-1])
    waiting = await town.asks("requests")
    assert "@dora:hs.test" in waiting
    number = re.search(r"\b(\d+)\b", waiting)
    assert number is not None
    await town.asks(f"approve {number[1]}")
    await town.calm(lambda: made in dora.invites())


async def test_i1_i3_where_the_bot_may_not_invite_it_says_so_at_once_and_nothing_is_decided(
    town: Town,
) -> None:
    made = await room(town, room_version="9")
    town.alice.set_state(made, RULES, {"join_rule": "knock"})
    town.alice.invite(made, town.bot)
    levels = town.content(made, LEVELS)
    town.alice.set_state(made, LEVELS, {**levels, "invite": 60, "users": {**levels["users"], town.bot: 50}})
    await town.asks(f"adopt {made} --into arts")
    dora = town.fake.add_user("@dora:hs.test")
    dora.knock(made)
    await town.calm(lambda: "@dora:hs.test" in town.said(town.direct[ALICE])[-1])
    lacks = "I have not the power to invite people to “Town Choir”."
    number = re.search(r"\b(\d+)\b", await town.asks("requests"))
    assert number is not None
    for said in (f"approve {number[1]}", "invite @ben:hs.test --to town-choir"):
        answer = await town.asks(said)
        assert answer.startswith(lacks), said
        assert "give me level 60 there" in answer
    assert "@dora:hs.test" in await town.asks("requests"), "it still waits for an answer"
    assert town.fake.room(made).membership(BEN) is None
    town.lift(made, town.bot, 60)
    await town.calm()
    await town.asks(f"approve {number[1]}")
    await town.calm(lambda: made in dora.invites())


async def test_p4_where_the_bot_has_the_power_all_is_done_before_it_is_said(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.lift(made, town.bot, 100)
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Town Choir is a group of Arts now")
    assert "need 100" not in said
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#hedge_arts_town-choir:hs.test"
    assert (ALICE, f"adopt {made}", "chat") in await town.audit()
    before = len(town.writes())
    said = await town.asks(f"adopt {made} --into arts")
    assert said == "Town Choir is a group of Arts already."
    assert town.writes()[before:] == []


async def test_p4_a_room_keeps_its_own_alias_and_its_encryption(town: Town) -> None:
    megolm = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 7}
    sealed = {"type": "m.room.encryption", "state_key": "", "content": megolm}
    made = await room(town, preset="public_chat", room_alias_name="choir", initial_state=[sealed])
    town.lift(made, town.bot, 100)
    await town.asks("adopt #choir:hs.test --into arts")
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#choir:hs.test"
    assert town.content(made, "m.room.encryption") == megolm
    [group] = [g for g in (await town.landscape()).groups.values() if g.name == "Town Choir"]
    assert group.encrypted


async def test_p4_in_version_12_it_is_said_that_nobody_stands_above_who_made_it(town: Town) -> None:
    made = await room(town, preset="public_chat", room_version="12")
    said = await town.asks(f"adopt {made} --into arts")
    assert f"I cannot stand above {ALICE} there" in said
    assert f"{ALICE} can give it to {town.bot}." in said


# -- who may not ------------------------------------------------------------------------------------


async def test_a54_a_room_that_one_is_not_in_is_refused_as_one_that_is_not_there(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    answers = [await town.asks(f"adopt {target} --into arts") for target in (made, "!no:hs.test")]
    assert answers[0].replace(made, "X") == answers[1].replace("!no:hs.test", "X")
    assert town.fake.room(made).membership(town.bot) == "leave"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}


async def test_a54_a_member_without_power_in_the_room_cannot_have_it_brought_in(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    town.lift(made, town.bot, 100, by=BEN)
    town.alice.join(made)
    before = town.fake.room(made).content(LEVELS)
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("To bring in Town Choir you need level 50 in it, and you have 0.")
    assert f"{BEN} can give it to you, or ask me." in said
    assert town.fake.room(made).content(LEVELS) == before
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}


async def test_a58_a_forged_way_up_brings_nothing_in(town: Town) -> None:
    """Ben says in his room that it belongs to Arts; Arts knows nothing of it, and nobody asked who may."""
    [space] = [s for s in town.fake.world.rooms.values() if s.content("m.room.name").get("name") == "Arts"]
    made = await room(town, by=BEN, preset="public_chat")
    town.ben.set_state(made, PARENT, {**VIA, "canonical": True}, space.room_id)
    said = await town.asks(f"adopt {made} --into arts", BEN)
    assert said.startswith("Only a coordinator of “Arts” can bring rooms into it.")
    said = await town.asks(f"adopt {made} --into Quiet")
    assert said.startswith("I know no network called “Quiet”.")
    assert SHUT in await town.asks(f"adopt {made} --into arts")


async def test_a54_a_room_of_a_hidden_network_is_refused_as_one_that_is_not_there(town: Town) -> None:
    [quiet] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Quiet"]
    said = await town.asks(f"adopt {quiet.room_id} --into arts")
    other = await town.asks("adopt !no:hs.test --into arts")
    assert said.replace(quiet.room_id, "X") == other.replace("!no:hs.test", "X")
    assert quiet.membership(town.bot) == "join"


async def test_the_direct_room_of_two_is_no_room_for_others(town: Town) -> None:
    said = await town.asks(f"adopt {town.direct[ALICE]} --into arts")
    assert said.startswith("In that room we two talk alone")


async def test_a_room_given_up_for_another_tells_which(town: Town) -> None:
    made = await room(town, preset="public_chat")
    new = await town.alice.upgrade(made, name="Town Choir", preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert f"adopt {new} --into arts" in said


async def test_a_room_that_the_bot_was_banned_from_is_as_any_that_it_cannot_get_into(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.alice.ban(made, town.bot)
    assert SHUT in await town.asks(f"adopt {made} --into arts")


# -- and let go again ---------------------------------------------------------------------------------


async def _lets_go(town: Town, made: str) -> Any:
    """Alice has the group released; the levels there."""
    preview = await town.asks("group release arts/town-choir")
    assert "Shall I?" in preview, preview
    said = await town.asks("yes")
    assert "Not everything" not in said, said
    assert town.fake.room(made).membership(town.bot) == "leave"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}
    return town.content(made, LEVELS)["users"]


async def test_p7_a_room_in_which_the_bot_has_no_power_can_be_let_go(town: Town) -> None:
    made = await room(town, preset="public_chat")
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {ALICE: 100}


async def test_p7_a_room_of_version_12_is_let_go_to_who_made_it(town: Town) -> None:
    made = await room(town, preset="public_chat", room_version="12", room_alias_name="choir")
    town.lift(made, town.bot, 100)
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {}
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#choir:hs.test"


async def test_p7_a_room_of_somebody_elses_is_let_go_to_the_coordinators_beside_them(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    town.lift(made, town.bot, 100, by=BEN)
    town.lift(made, ALICE, 50, by=BEN)
    town.alice.join(made)
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {ALICE: 100, BEN: 100}
