"""Applications by knock and over days: settled in a client, brought to mind, closed, forgotten."""

from __future__ import annotations

import pytest

from appservice.store import applications
from appservice.store.database import Database
from spaces import changes
from spaces.actions import Invite, Remove
from spaces.applications import State
from spaces.identifiers import UserId
from spaces.network import Access
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    Stage,
    member,
)
from tests.appservice.yard import DAY, RUTH, SAM, Yard, told

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def yard(stage: Stage) -> Yard:
    return await Yard(stage).begin()


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
