"""Applications with the whole store: told, decided once, by word or by reaction."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from appservice.event import Event
from appservice.store import tables
from appservice.store.database import Database
from spaces import changes
from spaces.actions import Invite, Remove
from spaces.applications import MOST_TOLD_AN_HOUR
from spaces.identifiers import UserId
from tests.appservice.stage import (
    ALICE,
    BEN,
    DIRECT,
    Stage,
    member,
    says,
    text_of,
)
from tests.appservice.yard import DAY, RUTH, SAM, Yard, notice_to, told

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def yard(stage: Stage) -> Yard:
    return await Yard(stage).begin()


# -- asking -----------------------------------------------------------------------------------------


async def test_every_coordinator_is_told_so_that_their_client_shows_it(yard: Yard) -> None:
    done = await yard.say(SAM, "join yard")
    [alices] = [said for said in says(done) if said.room == DIRECT]
    assert alices.content["reminds"] == ALICE
    assert "@sam:hs.test would like to join Yard." in text_of(alices)
    assert "approve 1 or ✅" in text_of(alices)
    assert len(told(done, BEN)) == 1
    assert told(done, RUTH) == []


async def test_asking_again_while_it_waits_tells_nobody(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    done = await yard.say(SAM, "join yard")
    assert told(done, ALICE) == []
    assert "waits for its coordinators already" in told(done, SAM)[0]
    assert await yard.states() == ["open"]


async def test_very_many_at_once_are_told_of_later(yard: Yard) -> None:
    for number in range(MOST_TOLD_AN_HOUR + 3):
        await yard.stage.push(member(number, f"@stranger{number}:far.test", "knock", room=yard.room))
    done = await yard.hears()
    assert len(told(done, ALICE)) == MOST_TOLD_AN_HOUR
    yard.stage.clock.seconds += DAY
    [reminder] = told(await yard.ticks(), ALICE)
    assert reminder.count("would like to join") == MOST_TOLD_AN_HOUR + 3


# -- deciding ---------------------------------------------------------------------------------------


async def test_two_coordinators_at_the_same_time_decide_once(yard: Yard, database: Database) -> None:
    await yard.say(SAM, "join yard")
    other = Stage(database)

    async def decides(stage: Stage, who: UserId, text: str) -> None:
        event = Event.parse(yard.said(who, text), stage.clock())
        async with stage.works.begin(who) as work:
            await stage.listeners.hear(event, work)

    await asyncio.gather(decides(yard.stage, ALICE, "approve 1"), decides(other, BEN, "deny 1"))
    done = await yard.rooms.settle_all()
    [state] = await yard.states()
    assert state in ("approved", "denied")
    assert [a.user for a in done if isinstance(a, Invite)] == ([SAM] if state == "approved" else [])
    assert len(told(done, SAM)) == 1
    late = ALICE if state == "denied" else BEN
    assert [text for text in told(done, late) if "has already" in text], told(done, late)


@pytest.mark.parametrize(("key", "state"), [("✅", "approved"), ("❌", "denied")])
async def test_a60_a_reaction_on_what_they_were_told_decides_after_a_restart_too(
    yard: Yard, database: Database, key: str, state: str
) -> None:
    await yard.say(SAM, "join yard")
    again = await yard.restarted(database)
    done = await again.reacts(ALICE, key, notice_to(ALICE))
    assert await again.states() == [state]
    assert len(told(done, SAM)) == 1
    late = await again.reacts(BEN, "✅", notice_to(BEN))
    assert "@alice:hs.test has already" in told(late, BEN)[0]
    assert not [a for a in late if isinstance(a, (Invite, Remove))]
    assert told(late, SAM) == []


async def test_a60_nobody_elses_reaction_and_no_other_decides(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    await yard.reacts(BEN, "✅", notice_to(ALICE))
    await yard.reacts(BEN, "✅", notice_to(ALICE), room_id=DIRECT)
    await yard.reacts(SAM, "✅", notice_to(ALICE))
    await yard.reacts(ALICE, "👍", notice_to(ALICE))
    await yard.reacts(ALICE, "✅", "$said-answer:$m1")
    await yard.reacts(ALICE, "✅", notice_to(ALICE, 2))
    assert await yard.states() == ["open"]


async def test_a60_the_same_reaction_pushed_again_does_nothing(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    await yard.reacts(ALICE, "✅", notice_to(ALICE))
    yard.numbers -= 1
    assert await yard.reacts(ALICE, "✅", notice_to(ALICE)) == []


async def test_a60_a_reaction_where_a_third_person_reads_decides_nothing(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    await yard.hears(member(1, RUTH, "invite", room=DIRECT, sender=ALICE))
    await yard.reacts(ALICE, "✅", notice_to(ALICE))
    assert await yard.states() == ["open"]


async def test_a55_who_no_longer_looks_after_it_decides_nothing(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    async with yard.stage.work() as work:
        landscape = changes.remove_coordinator(work.landscape, yard.yard, BEN)
        await work.change(landscape, what="removed", about=yard.yard)
    await yard.rooms.settle_all()
    assert "I know no request 1." in told(await yard.reacts(BEN, "✅", notice_to(BEN)), BEN)[0]
    assert "I know no request 1." in told(await yard.say(BEN, "approve 1"), BEN)[0]
    assert await yard.states() == ["open"]


async def test_who_decides_is_written_down(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    await yard.say(BEN, "approve 1 --word Welcome!")
    [row] = await yard.rows()
    assert (row.decided_by, row.word) == (BEN, "Welcome!")
    async with yard.stage.database.reading() as connection:
        t = tables.audit.c
        lines = (await connection.execute(select(t.who, t.what, t.about))).all()
    assert (BEN, f"approve {SAM}", yard.yard) in [tuple(line) for line in lines]


async def test_answers_outlive_the_process_and_are_waited_for_three_days(
    yard: Yard, database: Database
) -> None:
    await yard.say(ALICE, 'network describe yard --questions "Why? What?"')
    await yard.say(SAM, "join yard")
    again = await yard.restarted(database)
    again.stage.clock.seconds += 2 * DAY
    assert "Question 2 of 2: What?" in told(await again.say(SAM, "I dig"), SAM)[0]
    assert await again.states() == ["asking"]
    [wish] = told(await again.say(SAM, "Dahlias, mostly"), ALICE)
    assert "Why? “I dig”" in wish
    assert "What? “Dahlias, mostly”" in wish


async def test_what_is_not_answered_within_three_days_is_dropped_without_a_word(yard: Yard) -> None:
    await yard.say(ALICE, "network describe yard --questions Why?")
    await yard.say(SAM, "join yard")
    yard.stage.clock.seconds += 3 * DAY + 1
    assert await yard.ticks() == []
    assert await yard.states() == ["withdrawn"]
    assert told(await yard.say(SAM, "Because"), SAM) != []
    assert await yard.states() == ["withdrawn"]


async def test_a_row_that_cannot_be_read_holds_up_no_other(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    async with yard.stage.database.writing() as connection:
        row = (await connection.execute(select(tables.applications))).mappings().one()
        broken = {**row, "number": 99, "answers": "{", "person": BEN}
        await connection.execute(tables.applications.insert().values(broken))
    assert "@sam:hs.test would like" in told(await yard.say(ALICE, "requests"), ALICE)[0]
