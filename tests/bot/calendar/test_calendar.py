"""Events, beyond the dialogues: who hears what in a room of several, many of them, and the addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces.network import Status
from tests.bot.dialogue import Stage
from tests.dialogues import person

PICNIC = "event Picnic friday noon --at The park"


@pytest.fixture
async def stage() -> Stage:
    """Alice looks after Arts, which is public, and Hidden; Mia is in Arts, Sam in neither."""
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts")
    await stage.say("ada", "network create Hidden --access invite")
    await stage.say("ada", "coordinator add @alice:example.org --in arts")
    await stage.say("ada", "coordinator add @alice:example.org --in hidden")
    for slug in ("arts", "hidden-7f3a"):
        await stage.joins("alice", slug)
    await stage.joins("mia", "arts")
    return stage


def number_in(answer: str) -> int:
    return int(answer.partition("Event ")[2].split(",")[0])


async def test_what_not_everyone_in_the_room_may_see_is_not_said_there(stage: Stage) -> None:
    refusal = "Not everyone here may see that. Ask me in a direct message."
    assert await stage.say("alice", f"!hedge {PICNIC} --in hidden-7f3a", "arts") == refusal
    number = number_in(await stage.say("alice", f"{PICNIC} --in hidden-7f3a"))
    for command in (f"event {number}", f"event yes {number}", f"event cancel {number}", "events hidden-7f3a"):
        assert await stage.say("alice", f"!hedge {command}", "arts") == refusal
    unknown = await stage.say("mia", "event 7")
    assert (await stage.say("mia", f"event {number}")).replace(str(number), "7") == unknown
    assert "Picnic" not in await stage.say("alice", "!hedge events", "arts")


async def test_who_comes_is_named_to_coordinators_alone_and_not_in_a_room(stage: Stage) -> None:
    number = number_in(await stage.say("alice", f"{PICNIC} --in arts"))
    await stage.say("mia", f"event yes {number}")
    await stage.say("mia", f"event yes {number}")
    assert "Who comes: @mia:example.org" in await stage.say("alice", f"event {number}")
    for said in (
        await stage.say("alice", f"!hedge event {number}", "arts"),
        await stage.say("mia", f"event {number}"),
        await stage.say("sam", f"event {number}"),
    ):
        assert "One person comes." in said
        assert "Who comes" not in said
    assert "You come" not in await stage.say("mia", f"!hedge event {number}", "arts")


async def test_more_than_eight_are_shown_page_by_page(stage: Stage) -> None:
    for hour in range(10):
        await stage.say("alice", f"event Walk {hour} friday {hour + 9}:00 --at The park --in arts")
    first = await stage.say("mia", "events")
    assert first.count("\n- ") == 8
    assert "Walk 0" in first
    second = await stage.say("mia", "more")
    assert second.count("- 4") == 2
    assert "Walk 9" in second


async def test_a_network_without_news_has_a_calendar_all_the_same(stage: Stage) -> None:
    news = stage.place("arts/news")
    group = stage.work.landscape.groups[news]
    stage.work.landscape = stage.work.landscape.having(replace(group, status=Status.ARCHIVED))
    assert "It has no news to tell it in." in await stage.say("alice", f"{PICNIC} --in arts")
    assert stage.work.calendar.posted == []
    assert "Picnic" in await stage.say("mia", "events arts")


async def test_an_address_is_given_again_until_a_new_one_is_asked_for(stage: Stage) -> None:
    stage.work.calendar.served = "https://example.org"
    first = await stage.say("mia", "calendar")
    assert "https://example.org/calendar/mia1.ics" in first
    assert await stage.say("mia", "calendar") == first
    assert "https://example.org/calendar/mia2.ics" in await stage.say("mia", "calendar new")
    assert "https://example.org/calendar/arts.ics" in await stage.say("mia", "events arts")


async def test_nothing_changes_where_something_said_is_no_good(stage: Stage) -> None:
    number = number_in(await stage.say("alice", f"{PICNIC} --in arts"))
    before = dict(stage.work.calendar.occasions)
    for said in (
        "--time noonish",
        "--date someday",
        "--until 11:00",
        "--name x",
        f"--at {'y' * 130}",
        "--date 2020-01-01",
    ):
        assert "changed" not in await stage.say("alice", f"event edit {number} {said}")
    await stage.say("mia", f"event edit {number} --time 15:00")
    await stage.say("mia", f"event cancel {number}")
    assert stage.work.calendar.occasions == before


async def test_a_cancelling_that_is_not_confirmed_is_none(stage: Stage) -> None:
    number = number_in(await stage.say("alice", f"{PICNIC} --in arts"))
    await stage.say("alice", f"event cancel {number}")
    await stage.say("alice", "no")
    assert stage.work.calendar.occasions[number].stands
    assert person("alice") == stage.work.calendar.occasions[number].owner
