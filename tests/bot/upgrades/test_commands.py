"""What is said when a room cannot be made anew, or is (the dialogues have the rest)."""

from __future__ import annotations

import pytest

from bot.networks.rules import Named
from bot.reply import plain
from bot.upgrades.previews import upgrading
from bot.upgrades.words import asks_to_come_along, does_not_follow, moved
from spaces.identifiers import GroupId, UserId
from tests.bot.dialogue import Stage

BOT, ANN = UserId("@hedgerow:hs.test"), UserId("@ann:hs.test")
OILS = Named(GroupId("g.oils"), "Oils", "arts/oils")


@pytest.mark.parametrize(
    ("people", "said"), [(0, ""), (1, "One person of the old room"), (7, "7 people of the old room")]
)
def test_the_preview_counts_who_would_be_invited(people: int, said: str) -> None:
    text = plain(upgrading(OILS, "11", "12", people, is_network=False))
    assert "in room version 12 instead of 11" in text
    assert said in text
    assert ("invited" in text) is bool(people)


def test_h6_who_stands_above_the_bot_is_told_with_what_works_all_the_same() -> None:
    text = plain(moved(OILS, ANN, "12", 2, above=ANN, powerless=None))
    assert "The new room belongs to @ann:hs.test" in text
    assert "What you ask me to do there works all the same." in text
    assert "only they can upgrade it again" in text
    assert "I have no power" not in text
    again = plain(moved(OILS, ANN, "12", 2, above=ANN, powerless=None, for_good=False))
    assert "belongs to @ann:hs.test" in again
    assert "upgrade it again" not in again
    assert "belongs to" not in plain(moved(OILS, ANN, "11", 2, above=None, powerless=None))


def test_h6_without_power_it_is_told_what_that_means() -> None:
    text = plain(moved(OILS, ANN, "11", 0, above=None, powerless=BOT))
    assert "Give @hedgerow:hs.test level 100" in text
    assert "I invite nobody to it" in text


def test_a52_what_is_not_followed_is_told_without_naming_the_other_room() -> None:
    assert "!" not in plain(does_not_follow(OILS, ANN))
    assert "Invite @hedgerow:hs.test to it" in plain(asks_to_come_along(OILS, BOT))


async def arts() -> Stage:
    stage = Stage(admins=["ann"])
    await stage.say("ann", "network create Arts")
    await stage.say("ann", "group create Oils --in arts")
    return stage


async def test_a_room_is_made_anew_once_at_a_time_and_only_where_the_bot_can() -> None:
    stage = await arts()
    [oils] = [group.id for group in stage.work.landscape.groups.values() if group.name == "Oils"]
    upgrades = stage.work.upgrades
    upgrades.under_way.add(oils)
    assert "is being made already" in await stage.say("ann", "group upgrade arts/oils --version 11")
    upgrades.under_way.clear()
    upgrades.not_ours.add(oils)
    assert "belongs to who has made it" in await stage.say("ann", "group upgrade arts/oils --version 11")
    upgrades.versions[oils] = None
    assert "is not made yet" in await stage.say("ann", "group upgrade arts/oils --version 11")
    assert upgrades.renewed == []


async def test_it_is_made_anew_after_a_yes_in_the_version_of_new_rooms_or_the_one_that_is_said() -> None:
    stage = await arts()
    [oils] = [group.id for group in stage.work.landscape.groups.values() if group.name == "Oils"]
    stage.work.upgrades.versions[oils] = "10"
    assert "in room version 12 instead of 10" in await stage.say("ann", "group upgrade arts/oils")
    assert stage.work.upgrades.renewed == []
    await stage.say("ann", "yes")
    await stage.say("ann", "group upgrade arts/oils --version 11")
    await stage.say("ann", "yes")
    assert [version for _, version, _ in stage.work.upgrades.renewed] == ["12", "11"]


async def test_what_sleeps_is_not_upgraded() -> None:
    stage = await arts()
    await stage.say("ann", "group archive arts/oils")
    await stage.say("ann", "yes")
    assert "is not in use" in await stage.say("ann", "group upgrade arts/oils --version 11")
