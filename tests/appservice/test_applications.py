"""Applications with the whole store: decided once, by reaction, by knock, reminded in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from appservice.applications import Attendance
from appservice.event import Event
from appservice.store import applications, tables
from appservice.store.database import Database
from spaces import changes
from spaces.actions import Action, Invite, Remove
from spaces.applications import MOST_TOLD_AN_HOUR, State
from spaces.identifiers import NetworkId, RoomId, UserId
from spaces.network import Access
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    DIRECT,
    Json,
    PlayedRooms,
    Stage,
    member,
    message,
    says,
    text_of,
)

SAM, RUTH = UserId("@sam:hs.test"), UserId("@ruth:hs.test")
ROOMS = {ALICE: DIRECT} | {who: RoomId(f"!{who.localpart}-and-the-bot") for who in (BEN, SAM, RUTH, ADMIN)}
DAY = 86_400.0


class Yard:
    """Yard, where one may ask: Alice and Ben look after it, Ruth after Garden, above it. Sam asks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.numbers = 0
        self.yard = self.garden = NetworkId("")

    async def begin(self, coordinators: tuple[UserId, ...] = (ALICE, BEN)) -> Yard:
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.garden = await self.stage.found("Garden", access=Access.PRIVATE, by=(RUTH,))
        async with self.stage.work() as work:
            landscape, self.yard = changes.create_network(
                work.landscape,
                work.ids,
                name="Yard",
                access=Access.PRIVATE,
                ask=True,
                under=(self.garden,),
                agreed=(self.garden,),
                coordinators=coordinators,
            )
            await work.change(landscape, what="founded", about=self.yard)
        await self.rooms.settle_all()
        return self

    @property
    def room(self) -> RoomId:
        return self.stage.places.room(self.yard)

    def said(self, who: UserId, text: str) -> Json:
        self.numbers += 1
        return message(f"{who}{self.numbers}", text, sender=who, room_id=ROOMS[who])

    async def hears(self, *events: Json) -> list[Action]:
        """What is done because of these."""
        await self.stage.hears(*events)
        return await self.rooms.settle_all()

    async def say(self, who: UserId, text: str) -> list[Action]:
        return await self.hears(self.said(who, text))

    async def reacts(self, who: UserId, key: str, on: str, **more: Any) -> list[Action]:
        self.numbers += 1
        relates = {"rel_type": "m.annotation", "event_id": on, "key": key}
        event = {"event_id": f"$r{self.numbers}", "type": "m.reaction", "room_id": ROOMS[who], "sender": who}
        return await self.hears({**event, "content": {"m.relates_to": relates}, **more})

    async def ticks(self) -> list[Action]:
        await Attendance(self.stage.works, self.stage.clock).look()
        return await self.rooms.settle_all()

    async def rows(self) -> list[Any]:
        async with self.stage.database.reading() as connection:
            t = tables.applications
            return list((await connection.execute(select(t).order_by(t.c.number))).all())

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def restarted(self, database: Database) -> Yard:
        """The same in another process, its rooms as they are."""
        again = Yard(Stage(database))
        again.yard, again.garden, again.rooms = self.yard, self.garden, self.rooms
        again.numbers, again.stage.clock.seconds = self.numbers, self.stage.clock.seconds
        self.rooms._stage = again.stage
        for place, room in self.stage.places.all():
            again.stage.places.put(place, room)
        return again


def told(actions: list[Action], who: UserId) -> list[str]:
    return [text_of(said) for said in says(actions) if said.room == ROOMS[who]]


def notice_to(who: UserId, number: int = 1) -> str:
    """The event by which the bot has told a coordinator of an application."""
    return f"$said-tell:{who}:application {number}"


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


# -- knocking ---------------------------------------------------------------------------------------


async def test_a_knock_is_an_application_and_its_yes_an_invitation(yard: Yard) -> None:
    knock = member(1, SAM, "knock", room=yard.room, content={"reason": "I have a spade"})
    done = await yard.hears(knock)
    assert "They write: “I have a spade”" in told(done, ALICE)[0]
    done = await yard.say(ALICE, "approve 1")
    assert [a.user for a in done if isinstance(a, Invite)] == [SAM]
    assert told(done, SAM) == [], "their client shows the invitation"


async def test_a_knock_denied_is_sent_away_with_the_reason(yard: Yard) -> None:
    await yard.hears(member(1, SAM, "knock", room=yard.room))
    done = await yard.say(ALICE, "deny 1 --word Come in spring")
    assert [(a.user, a.reason) for a in done if isinstance(a, Remove)] == [(SAM, "Come in spring")]


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (("leave", SAM), "withdrawn"),
        (("leave", ALICE), "denied"),
        (("ban", ALICE), "denied"),
        (("invite", ALICE), "approved"),
        (("join", SAM), "approved"),
    ],
)
async def test_what_happens_in_a_client_settles_a_knock(
    yard: Yard, event: tuple[str, UserId], state: str
) -> None:
    await yard.hears(member(1, SAM, "knock", room=yard.room))
    await yard.hears(member(2, SAM, event[0], room=yard.room, sender=event[1]))
    assert await yard.states() == [state]


@pytest.mark.parametrize("reason", [None, 5, ["x"], "x" * 10_000, "\ud800\u0000", {"a": 1}])
async def test_a62_whatever_a_knock_gives_as_its_reason_it_waits(yard: Yard, reason: object) -> None:
    await yard.hears(member(1, SAM, "knock", room=yard.room, content={"reason": reason}))
    assert await yard.states() == ["open"]


async def test_an_invitation_by_hand_decides_what_was_asked_and_the_applicant_hears(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    done = await yard.hears(member(2, SAM, "invite", room=yard.room, sender=BEN))
    assert "You may come in" in told(done, SAM)[0]
    assert "@ben:hs.test has already approved request 1." in told(await yard.say(ALICE, "approve 1"), ALICE)


# -- nobody waits unseen ----------------------------------------------------------------------------


async def test_after_a_day_each_coordinator_is_reminded_once_of_all_that_waits(
    yard: Yard, database: Database
) -> None:
    await yard.say(SAM, "join yard")
    await yard.hears(member(1, "@far:far.test", "knock", room=yard.room))
    yard.stage.clock.seconds += DAY - 1
    assert await yard.ticks() == []
    yard.stage.clock.seconds += 1
    done = await yard.ticks()
    for who in (ALICE, BEN):
        [reminder] = told(done, who)
        assert reminder.count("would like to join") == 2
    again = await yard.restarted(database)
    again.stage.clock.seconds += 3_600
    assert await again.ticks() == []
    await again.hears(member(2, "@near:hs.test", "knock", room=again.room))
    again.stage.clock.seconds += DAY
    [reminder] = told(await again.ticks(), BEN)
    assert reminder.count("would like to join") == 1


async def test_after_two_days_those_of_the_parent_hear_and_may_look_but_not_decide(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    yard.stage.clock.seconds += DAY
    assert told(await yard.ticks(), RUTH) == []
    assert "Nobody asks" in told(await yard.say(RUTH, "requests"), RUTH)[0]
    yard.stage.clock.seconds += DAY
    done = await yard.ticks()
    [overdue] = told(done, RUTH)
    assert "It is for @alice:hs.test or @ben:hs.test to decide." in overdue
    assert told(done, ADMIN) == []
    assert told(done, ALICE) == []
    assert "@sam:hs.test would like to join Yard." in told(await yard.say(RUTH, "requests"), RUTH)[0]
    assert "Only a coordinator of “Yard”" in told(await yard.say(RUTH, "approve 1"), RUTH)[0]
    assert await yard.states() == ["open"]
    assert await yard.ticks() == []


async def test_where_nobody_can_decide_the_admins_are_told_at_once_and_once(stage: Stage) -> None:
    yard = await Yard(stage).begin(coordinators=())
    assert "I tell an admin" in told(await yard.say(SAM, "join yard"), SAM)[0]
    [orphaned] = told(await yard.ticks(), ADMIN)
    assert "coordinator add @USER --in yard" in orphaned
    yard.stage.clock.seconds += 60
    assert await yard.ticks() == []
    assert "I know no" not in told(await yard.say(ADMIN, "requests"), ADMIN)[0]


async def test_the_admins_are_told_after_two_days_where_no_parent_has_anybody(yard: Yard) -> None:
    async with yard.stage.work() as work:
        landscape = changes.unlink(work.landscape, yard.garden, yard.yard)
        await work.change(landscape, what="unlinked", about=yard.yard)
    await yard.rooms.settle_all()
    await yard.say(SAM, "join yard")
    yard.stage.clock.seconds += 2 * DAY
    done = await yard.ticks()
    assert len(told(done, ADMIN)) == 1
    assert told(done, RUTH) == []


async def test_those_of_a_parent_hear_nothing_of_what_they_may_not_see(yard: Yard) -> None:
    async with yard.stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, yard.yard, access=Access.INVITE)
        await work.change(landscape, what="hidden", about=yard.yard)
    await yard.rooms.settle_all()
    await yard.hears(member(1, SAM, "knock", room=yard.room))
    yard.stage.clock.seconds += 2 * DAY
    done = await yard.ticks()
    assert told(done, RUTH) == []
    assert len(told(done, ADMIN)) == 1


async def test_what_is_archived_is_closed_and_the_applicant_hears_once(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    async with yard.stage.work() as work:
        await work.change(changes.archive(work.landscape, yard.yard), what="archived", about=yard.yard)
    await yard.rooms.settle_all()
    done = await yard.ticks()
    assert "has been archived" in told(done, SAM)[0]
    assert await yard.states() == [State.CLOSED.value]
    assert await yard.ticks() == []
    assert "Request 1 is closed." in told(await yard.say(ALICE, "approve 1"), ALICE)


async def test_what_was_decided_long_ago_is_forgotten_and_its_number_is_not_given_again(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    await yard.hears(member(1, "@far:far.test", "knock", room=yard.room))
    await yard.say(ALICE, "deny 2")
    async with yard.stage.database.writing() as connection:
        await applications.forget(connection, before=yard.stage.clock.seconds + 1)
    assert await yard.states() == ["open"]
    await yard.hears(member(2, "@near:hs.test", "knock", room=yard.room))
    assert [row.number for row in await yard.rows()] == [1, 3]


async def test_a_row_that_cannot_be_read_holds_up_no_other(yard: Yard) -> None:
    await yard.say(SAM, "join yard")
    async with yard.stage.database.writing() as connection:
        row = (await connection.execute(select(tables.applications))).mappings().one()
        broken = {**row, "number": 99, "answers": "{", "person": BEN}
        await connection.execute(tables.applications.insert().values(broken))
    assert "@sam:hs.test would like" in told(await yard.say(ALICE, "requests"), ALICE)[0]
