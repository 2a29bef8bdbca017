"""Commands that keep people out: what they reach, and what they refuse."""

from __future__ import annotations

import pytest

from tests.bot.dialogue import Stage


@pytest.fixture
async def stage() -> Stage:
    """Arts of Alice's with the group Oils, Bristol of hers and Hidden of Quinn's under it."""
    stage = Stage(admins=["ada"])
    for who, line in (
        ("ada", "network create Arts"),
        ("ada", "network create Hidden --access invite"),
        ("ada", "coordinator add @alice:example.org --in arts"),
        ("ada", "coordinator add @quinn:example.org --in Hidden"),
        ("ada", "network link Hidden --under arts"),
        ("ada", "leave arts"),
        ("ada", "yes"),
        ("ada", "leave Hidden"),
        ("ada", "yes"),
        ("alice", "network create Bristol --under arts"),
        ("alice", "group create Oils --in arts"),
    ):
        await stage.say(who, line)
    return stage


async def test_what_is_left_out_is_counted_only_as_far_as_it_may_be_seen(stage: Stage) -> None:
    said = await stage.say("alice", "ban @eve:example.org --in arts --tree")
    assert "Likewise one network below it that you look after." in said
    assert "left out" not in said, "Hidden is for its members alone to know"


async def test_a_group_has_nothing_below_it(stage: Stage) -> None:
    said = await stage.say("alice", "ban @eve:example.org --in arts/oils --tree")
    assert said.startswith("--tree is for networks")
    assert stage.writes == 0


async def test_a_ban_from_a_group_alone(stage: Stage) -> None:
    said = await stage.say("alice", "ban @eve:example.org --in arts/oils")
    assert said.startswith("I would ban @eve:example.org from Oils.")
    await stage.say("alice", "yes")
    assert "waits for you" in await stage.say("eve", "join arts")
    await stage.joins("eve", "arts")
    assert "I cannot let you into “Oils”" in await stage.say("eve", "join arts/oils")


async def test_a_reason_has_an_end(stage: Stage) -> None:
    said = await stage.say("alice", f"ban @eve:example.org --in arts --reason {'x' * 401}")
    assert said.startswith("A reason has at most 400 characters; that one has 401.")


async def test_what_was_agreed_to_is_shown_again_when_it_has_become_more(stage: Stage) -> None:
    await stage.say("alice", "ban @eve:example.org --in arts")
    await stage.joins("eve", "arts")
    said = await stage.say("alice", "yes")
    assert "Meanwhile something has changed." in said
    assert "That takes them out of one room at once." in said
    assert not stage.work.landscape.bans


async def test_one_person_at_a_time_is_taken_out(stage: Stage) -> None:
    said = await stage.say("alice", "kick @*:example.org --in arts")
    assert said.startswith("One person at a time, please")


async def test_who_coordinates_one_of_the_networks_below_is_not_taken_out(stage: Stage) -> None:
    await stage.say("alice", "coordinator add @bob:example.org --in bristol")
    await stage.joins("bob", "arts")
    for line in ("kick @bob:example.org --in arts --tree", "ban @bob:example.org --in arts --tree"):
        said = await stage.say("alice", line)
        assert "@bob:example.org coordinates “Bristol”" in said
        assert stage.writes == 0


async def test_a_waiting_bridge_has_no_room_to_ban_from(stage: Stage) -> None:
    await stage.say("ada", "network create Crafts")
    await stage.say("alice", "bridge create Both --between arts and crafts")
    said = await stage.say("alice", "ban @eve:example.org --in both")
    assert "is not made yet" in said or "Only a coordinator" in said
    assert stage.writes == 0


async def test_help_shows_it_to_who_may(stage: Stage) -> None:
    assert "help safety" in await stage.say("alice", "help")
    assert "ban" not in await stage.say("eve", "help")
