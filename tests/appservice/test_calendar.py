"""Events with the store: told in the news, changed there, hidden where they are to be, and forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from appservice.codec import action_from_json, action_to_json
from appservice.store import audit, calendar, tables
from spaces import changes
from spaces.network import Access
from tests.appservice.hall import CAFE, CAFE_AT, Hall, words_in
from tests.appservice.stage import ALICE, BEN, Stage, text_of
from tests.appservice.yard import DAY, SAM, told

on_both = pytest.mark.both_databases


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await Hall(stage).begin()


# -- in the news --------------------------------------------------------------------------------------


async def test_an_event_is_told_in_the_news_with_its_day_its_hours_and_its_place(hall: Hall) -> None:
    done = await hall.say(ALICE, CAFE)
    [said] = hall.in_news(done)
    number = int(said.said.partition(":")[2])
    assert text_of(said).splitlines() == [
        "Repair café",
        "When: Saturday, 6 March 2027, 14:00 to 16:00",
        "Where: Village hall",
        f"React ✅ to say that you come, or tell me: event yes {number}.",
    ]
    assert said.said == f"occasion:{number}"
    found = await hall.occasion(number)
    assert (found.starts_at, found.room, found.event) == (CAFE_AT, hall.news, f"$said-occasion:{number}")
    assert 10_000 <= number < 100_000


async def test_what_changes_is_edited_in_the_news_and_told_to_those_who_come(hall: Hall) -> None:
    number = await hall.notes()
    await hall.reacts(BEN, number)
    done = await hall.say(ALICE, f"event edit {number} --time 15:00")
    [said] = hall.in_news(done)
    assert said.content["edits"] == f"$said-occasion:{number}"
    assert "15:00 to 17:00" in text_of(said)
    assert "has changed" in told(done, BEN)[0]
    assert told(done, SAM) == []
    found = await hall.occasion(number)
    assert (found.sequence, found.event) == (1, f"$said-occasion:{number}")
    done = await hall.say(ALICE, f"event edit {number} --name Mending")
    assert told(done, BEN) == [], "the same time and the same place"


async def test_an_edit_of_what_is_long_said_names_its_event_since_what_was_said_is_forgotten(
    hall: Hall,
) -> None:
    number = await hall.notes()
    done = await hall.say(ALICE, f"event edit {number} --time 15:00")
    [said] = hall.in_news(done)
    assert action_from_json(action_to_json(said)) == said
    assert str(said.content["edits"]).startswith("$")


async def test_cancelling_is_confirmed_told_in_the_news_and_to_each_who_comes_once(hall: Hall) -> None:
    number = await hall.notes()
    for _ in range(2):
        await hall.reacts(BEN, number)
    shown = await hall.answer(ALICE, f"event cancel {number}")
    assert "One person has said yes" in shown
    done = await hall.say(ALICE, "yes")
    assert words_in(hall.in_news(done))[0].startswith("Cancelled: Repair café\n")
    assert len([text for text in told(done, BEN) if "is cancelled" in text]) == 1
    assert told(done, SAM) == []
    assert (await hall.occasion(number)).remind_at is None
    assert "is cancelled" in await hall.answer(SAM, f"event yes {number}")


async def test_in_a_network_of_welsh_the_message_is_in_its_language(hall: Hall) -> None:
    async with hall.stage.work() as work:
        landscape = work.landscape
        await work.change(
            landscape.having(replace(landscape.networks[hall.arts], language="cy")), what="", about=hall.arts
        )
    [said] = hall.in_news(await hall.say(ALICE, CAFE))
    assert "6 Mawrth 2027" in text_of(said)


async def test_what_coordinators_do_stands_in_the_audit_log(hall: Hall) -> None:
    number = await hall.notes()
    await hall.say(ALICE, f"event edit {number} --at Church")
    async with hall.stage.database.reading() as connection:
        entries = await audit.page(connection, [hall.arts], before=None, most=20, unbound=False)
    noted = [(entry.who, entry.what) for entry in entries if str(number) in entry.what]
    assert noted == [(ALICE, f"event edit {number}"), (ALICE, f"event {number}")]


# -- who sees it --------------------------------------------------------------------------------------


async def test_what_is_hidden_and_what_is_not_there_are_answered_alike(stage: Stage) -> None:
    hall = await Hall(stage).begin(Access.INVITE)
    number = await hall.notes(CAFE.replace(" --in arts", ""))
    await hall.moves(SAM, "leave")
    for command in (
        "event {}",
        "show event {}",
        "event yes {}",
        "event no {}",
        "event edit {}",
        "event cancel {}",
    ):
        unknown = await hall.answer(SAM, command.format(7))
        assert (await hall.answer(SAM, command.format(number))).replace(str(number), "7") == unknown
    assert "Repair" not in await hall.answer(SAM, "events")
    assert "Repair" in await hall.answer(BEN, "events")


# -- forgetting ---------------------------------------------------------------------------------------


@on_both
async def test_what_is_long_over_is_forgotten_and_so_is_a_person(hall: Hall) -> None:
    number = await hall.notes()
    later = await hall.notes(CAFE.replace("2027-03-06", "2027-05-06"))
    for one in (number, later):
        for who in (BEN, SAM):
            await hall.reacts(who, one)
    async with hall.stage.database.writing() as connection:
        await calendar.forget(connection, now=CAFE_AT + 31 * DAY)
        await calendar.forget_person(connection, BEN)
        await calendar.forget_person(connection, ALICE)
        left = (await connection.execute(select(tables.occasions.c.number, tables.occasions.c.owner))).all()
        who = (await connection.execute(select(tables.occasion_answers.c.person))).scalars().all()
    assert [tuple(row) for row in left] == [(later, "")]
    assert who == [SAM]


async def test_a_network_that_sleeps_takes_no_event_and_shows_none(hall: Hall) -> None:
    number = await hall.notes()
    async with hall.stage.work() as work:
        await work.change(changes.archive(work.landscape, hall.arts), what="", about=hall.arts)
    assert "is not active" in await hall.answer(ALICE, CAFE.replace("14:00", "15:00"))
    assert "I know no event" in await hall.answer(ALICE, f"event {number}")
