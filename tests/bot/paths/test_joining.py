"""Joining several rooms at once: what is offered, what the answers mean, and what is told to nobody."""

from __future__ import annotations

import pytest

from bot.networks.settling_in import days_in
from bot.paths.departing import recount_person
from bot.paths.offering import numbers_in
from spaces.errors import Malformed
from tests.bot.dialogue import Stage, person


async def town() -> Stage:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts")
    for group in ("Painting", "Drawing", "Trustees --access invite"):
        name, _, options = group.partition(" ")
        await stage.say("ada", f"group create {name} --in arts {options}".strip())
    return stage


@pytest.mark.parametrize(("said", "numbers"), [("1", (1,)), ("3, 1 and 3", (3, 1)), ("2,3", (2, 3))])
def test_numbers_are_read_however_they_are_listed(said: str, numbers: tuple[int, ...]) -> None:
    assert numbers_in(said, 3) == numbers


@pytest.mark.parametrize("said", ["0", "4", "one", "1 or 2", "", "-1", "1.5"])
def test_what_is_no_number_of_a_group_is_refused(said: str) -> None:
    with pytest.raises(Malformed):
        numbers_in(said, 3)


@pytest.mark.parametrize(("said", "days"), [("0", 0), ("7d", 7), (" 90 D", 90), (None, None)])
def test_a_grace_is_a_number_of_days(said: str | None, days: int | None) -> None:
    assert days_in(said) == days


@pytest.mark.parametrize("said", ["91d", "-1d", "a week", "7h", "1.5d", ""])
def test_any_other_grace_is_refused(said: str) -> None:
    with pytest.raises(Malformed):
        days_in(said)


async def test_i4_what_is_for_invited_people_only_is_not_offered() -> None:
    stage = await town()
    await stage.say("sam", "whoami")
    stage.forget()
    await stage.joins("sam", "arts")
    [(whom, offered)] = stage.told()
    assert whom == person("sam")
    assert "1: Drawing\n- 2: Painting\n" in offered
    assert "Trustees" not in offered


async def test_i4_nothing_is_offered_to_who_does_not_talk_with_the_bot_or_looks_after_it() -> None:
    stage = await town()
    stage.forget()
    await stage.joins("sam", "arts")
    await stage.joins("ada", "arts")
    assert stage.told() == []


async def test_i4_a_number_said_in_a_room_or_without_an_offer_is_no_answer() -> None:
    stage = await town()
    assert (await stage.say("sam", "1")).startswith("I do not know “1”.")
    await stage.joins("sam", "arts")
    assert await stage.say("sam", "1", "arts/welcome") == ""
    assert stage.work.invited == []
    assert (await stage.say("sam", "1")).startswith("I have invited you to Drawing.")


async def test_a_bare_word_still_answers_a_question_of_the_bot() -> None:
    stage = await town()
    await stage.say("ada", "network create Bath")
    await stage.joins("ada", "bath")
    await stage.say("sam", "whoami")
    await stage.joins("sam", "arts")
    await stage.say("sam", "join")
    assert (await stage.say("sam", "2")).startswith("I know no network or group called “2”.")
    assert stage.work.invited == []


async def test_join_all_does_not_invite_to_what_somebody_was_banned_from() -> None:
    stage = await town()
    await stage.joins("sam", "arts")
    stage.moves("sam", "arts/painting", "ban")
    await stage.say("sam", "join all arts")
    invited = {stage.work.landscape.slug_of(place) for place, _ in stage.work.invited}
    assert invited == {"arts/welcome", "arts/news", "arts/drawing"}


async def wishing() -> Stage:
    """Sam has asked for Singing, and is invited to Arts first."""
    stage = await town()
    await stage.say("ada", "group create Singing --in arts --ask")
    await stage.say("sam", "join arts/singing")
    assert stage.work.invited == [(stage.place("arts"), person("sam"))]
    return stage


async def test_who_is_in_the_space_is_invited_on_to_the_group_once() -> None:
    stage = await wishing()
    await stage.joins("sam", "arts")
    await stage.joins("sam", "arts")
    assert stage.work.invited[1:] == [(stage.place("arts/singing"), person("sam"))]
    assert stage.work.paths.wishes == {}


async def test_who_declines_the_space_wishes_for_its_group_no_more() -> None:
    stage = await wishing()
    stage.moves("sam", "arts", "leave")
    assert await recount_person(stage.work, person("sam"), 0.0)
    assert stage.work.paths.wishes == {}
    await stage.joins("sam", "arts")
    assert len(stage.work.invited) == 1
