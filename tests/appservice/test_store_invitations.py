"""What is remembered of invitations, in either database."""

from __future__ import annotations

import pytest

from appservice.store import invitations as store
from appservice.store import rooms
from appservice.store.database import Database
from appservice.store.rooms import ConversationRow
from bot.invitations.ports import Listed
from spaces.identifiers import GroupId, NetworkId, RoomId, UserId
from spaces.invitations import Invitation, Outcome, Result
from spaces.sentences import sentence

pytestmark = pytest.mark.both_databases

ARTS, TALK = NetworkId("n.aaaaaaaaaaaaaaaa"), GroupId("g.bbbbbbbbbbbbbbbb")
ALICE, BEN, CLEO = (UserId(f"@{name}:hs.test") for name in ("alice", "ben", "cleo"))


async def test_the_last_that_is_remembered_of_somebody_counts(database: Database) -> None:
    many = [Invitation(ARTS, UserId(f"@p{n}:hs.test"), Result.WAITING, 1.0, ALICE) for n in range(1200)]
    async with database.writing() as connection:
        await store.remember(connection, many, batch="$1")
        again = Invitation(ARTS, many[0].user, Result.DECLINED, 2.0, BEN)
        await store.remember(connection, [again], batch="$2")
        known = await store.known(connection, ARTS, [one.user for one in many])
        assert len(known) == 1200
        assert known[many[0].user] == again
        assert await store.batch_of(connection, ARTS, many[0].user) == "$2"
        assert await store.known(connection, TALK, [many[0].user]) == {}
        assert await store.of_user(connection, many[1].user) == [many[1]]


async def test_what_comes_of_somebody_reaches_the_lists_on_which_they_wait_and_no_others(
    database: Database,
) -> None:
    reason = sentence("their server, {server}, cannot be reached", server="far.test")
    outcomes = [
        Outcome(ARTS, BEN, BEN, Result.WAITING),
        Outcome(TALK, BEN, BEN, Result.WAITING),
        Outcome(ARTS, "nobody", None, Result.NOT_AN_ID),
        Outcome(ARTS, CLEO, CLEO, Result.DECLINED_BEFORE, since=3.0),
    ]
    async with database.writing() as connection:
        await store.keep(connection, "$1", ALICE, outcomes, now=1.0)
        await store.keep(connection, "$2", CLEO, [Outcome(ARTS, BEN, BEN, Result.THERE)], now=2.0)
        await store.came_to(connection, ARTS, BEN, Result.FAILED, now=5.0, reason=reason)
        first, second = await store.outcomes(connection, "$1"), await store.outcomes(connection, "$2")
    assert first is not None
    assert second is not None
    assert first.by == ALICE
    assert first.outcomes == (Outcome(ARTS, BEN, BEN, Result.FAILED, reason), *outcomes[1:])
    assert [one.result for one in second.outcomes] == [Result.THERE]


async def test_old_lists_are_forgotten_and_what_is_remembered_of_people_is_not(database: Database) -> None:
    async with database.writing() as connection:
        await store.keep(connection, "$1", ALICE, [Outcome(ARTS, BEN, BEN, Result.WAITING)], now=1.0)
        no = Invitation(ARTS, BEN, Result.DECLINED, 1.0, ALICE)
        await store.remember(connection, [no], batch="$1")
        await store.forget(connection, before=2.0)
        assert await store.outcomes(connection, "$1") is None
        assert await store.known(connection, ARTS, [BEN]) == {BEN: no}


async def test_what_was_shown_last_is_kept_by_its_numbers(database: Database) -> None:
    async with database.writing() as connection:
        await store.keep_shown(connection, BEN, [Listed(ARTS, False), Listed(TALK, True)])
        await store.keep_shown(connection, BEN, [Listed(TALK, True), Listed(ARTS, False)])
        assert await store.shown(connection, BEN) == (Listed(TALK, True), Listed(ARTS, False))
        await store.keep_shown(connection, BEN, [])
        assert await store.shown(connection, BEN) == ()


async def test_who_has_been_met_is_known_to_be_there(database: Database) -> None:
    async with database.writing() as connection:
        await rooms.save_memberships(connection, RoomId("!a"), {ALICE: "leave", BEN: "invite"}, now=0.0)
        await rooms.save_conversation(connection, ConversationRow(RoomId("!d"), CLEO, None))
        assert await store.met(connection, {ALICE, BEN, CLEO}) == {ALICE, CLEO}
