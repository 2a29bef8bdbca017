"""What waits in the outbox: put, replaced, said once, delivered, given up."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from appservice.store import outbox, rooms, tables
from appservice.store.database import Database
from spaces.actions import (
    AddAlias,
    CreateRoom,
    Invite,
    Publish,
    ReadBack,
    Remove,
    RemoveAlias,
    Say,
    SetState,
    StateEvent,
    Withdraw,
)
from spaces.identifiers import EventId, NetworkId, RoomId
from spaces.reconcile import FoundRoom
from spaces.sentences import sentence
from tests.appservice.stage import ALICE, DIRECT, Stage

pytestmark = pytest.mark.both_databases

ARTS = NetworkId("n.arts")
HEALTH = NetworkId("n.health")
SOMERSET = NetworkId("n.somerset")


def named(place: NetworkId, name: str) -> SetState:
    return SetState(place, StateEvent("m.room.name", {"name": name}))


async def test_a_later_action_of_the_same_key_replaces_one_that_waits_and_goes_behind(stage: Stage) -> None:
    await stage.put(named(ARTS, "Art"), named(HEALTH, "Health"))
    await stage.put(named(ARTS, "Arts"))
    assert await stage.waiting() == [named(HEALTH, "Health"), named(ARTS, "Arts")]


async def test_opposites_replace_each_other(stage: Stage) -> None:
    await stage.put(Publish(ARTS, SOMERSET), AddAlias(ARTS, "hedge_arts"), Invite(ARTS, ALICE))
    opposites = [Withdraw(ARTS, SOMERSET), RemoveAlias(ARTS, "hedge_arts"), Remove(ARTS, ALICE)]
    await stage.put(*opposites)
    assert await stage.waiting() == opposites


async def test_of_two_with_one_key_put_at_once_the_last_is_kept(stage: Stage) -> None:
    assert await stage.put(named(ARTS, "Art"), named(ARTS, "Arts")) == [named(ARTS, "Arts")]
    assert await stage.waiting() == [named(ARTS, "Arts")]


async def test_an_early_form_waits_beside_what_follows_and_goes_with_it(stage: Stage) -> None:
    whole = SetState(ARTS, StateEvent("m.space.parent", {"via": ["hs.test"], "canonical": True}, HEALTH))
    early = SetState(ARTS, StateEvent("m.space.parent", {"via": ["hs.test"]}, HEALTH), early=True)
    gone = SetState(ARTS, StateEvent("m.space.parent", {}, HEALTH))
    await stage.put(early, whole)
    assert await stage.waiting() == [early, whole]
    await stage.put(gone)
    assert await stage.waiting() == [gone]
    assert await stage.put(early, whole, gone) == [gone]


@pytest.mark.parametrize("until", ["waiting", "done", "failed"])
async def test_what_is_said_is_put_once_ever(stage: Stage, until: str) -> None:
    said = Say(DIRECT, "answer:$1", {"document": [], "relates": None, "edits": None})
    assert await stage.put(said) == [said]
    [entry] = await stage.entries()
    async with stage.database.writing() as connection:
        if until == "done":
            await outbox.delivered(connection, entry.seq, event=EventId("$1"))
        elif until == "failed":
            await outbox.failed(connection, entry.seq, sentence("no"))
    assert await stage.put(Say(DIRECT, "answer:$1", {"document": ["other words"]})) == []
    assert await stage.waiting() == ([said] if until == "waiting" else [])


async def test_what_is_done_is_forgotten_and_may_be_put_again(stage: Stage) -> None:
    for _ in range(2):
        await stage.put(ReadBack(ARTS))
        [entry] = await stage.entries()
        async with stage.database.writing() as connection:
            await outbox.delivered(connection, entry.seq)
        assert await stage.waiting() == []


async def test_what_was_said_is_remembered_with_its_event_and_without_its_words(stage: Stage) -> None:
    await stage.put(Say(DIRECT, "answer:$1", {"document": ["canary-77b0"]}))
    [entry] = await stage.entries()
    async with stage.database.writing() as connection:
        await outbox.delivered(connection, entry.seq, event=EventId("$said"))
        assert await outbox.event_of(connection, "Say:answer:$1") == "$said"
        assert await outbox.event_of(connection, "Say:answer:$2") is None
        row = (await connection.execute(tables.outbox.select())).one()
    assert "canary-77b0" not in str(row)


async def test_what_is_given_up_is_kept_with_its_reason_newest_first(stage: Stage) -> None:
    for n in range(25):
        await stage.put(named(NetworkId(f"n.{n}"), "x"), undertaking=n % 2)
    async with stage.database.writing() as connection:
        for n, entry in enumerate(await outbox.waiting(connection)):
            await outbox.failed(connection, entry.seq, sentence("reason {n}", n=n))
        assert await outbox.failures(connection) == [sentence("reason {n}", n=n) for n in range(24, 4, -1)]
        assert await outbox.failures(connection, 1) == [sentence("reason {n}", n=n) for n in range(23, 0, -2)]
        assert await outbox.depth(connection) == 0


async def test_the_depth_counts_what_waits_of_all_or_of_one_undertaking(stage: Stage) -> None:
    await stage.put(named(ARTS, "x"), undertaking=7)
    await stage.put(named(HEALTH, "x"), named(SOMERSET, "x"))
    async with stage.database.reading() as connection:
        assert await outbox.depth(connection) == 3
        assert await outbox.depth(connection, 7) == 1
        assert await outbox.depth(connection, 8) == 0


async def test_only_what_is_behind_is_read_again(stage: Stage) -> None:
    await stage.put(named(ARTS, "x"), named(HEALTH, "x"))
    [first, second] = await stage.entries()
    async with stage.database.reading() as connection:
        assert await outbox.waiting(connection, after=first.seq) == [second]


async def test_ids_of_actions_are_never_given_twice(stage: Stage) -> None:
    await stage.put(named(ARTS, "x"))
    [first] = await stage.entries()
    async with stage.database.writing() as connection:
        await outbox.delivered(connection, first.seq)
    await stage.put(named(ARTS, "y"))
    [second] = await stage.entries()
    assert second.seq > first.seq


async def test_a_first_try_of_a_room_is_remembered_over_a_restart(stage: Stage) -> None:
    await stage.put(CreateRoom(ARTS))
    [entry] = await stage.entries()
    await stage.settler.remember_try(entry)
    [again] = await Stage(stage.database).entries()
    assert again.attempts == 1


async def test_more_actions_than_one_query_takes_are_put_and_replaced(stage: Stage) -> None:
    many = [named(NetworkId(f"n.{n}"), "x") for n in range(1201)]
    await stage.put(*many)
    await stage.put(*many)
    assert await stage.waiting() == many


async def test_a25_an_action_that_cannot_be_read_is_set_aside_and_the_others_are_served(stage: Stage) -> None:
    await stage.put(named(ARTS, "x"), ReadBack(ARTS), named(HEALTH, "x"))
    async with stage.database.writing() as connection:
        broken = update(tables.outbox).where(tables.outbox.c.key == ReadBack(ARTS).key)
        await connection.execute(broken.values(action='{"kind":"OfALaterVersion","room":"n.arts"}'))
    assert await stage.waiting() == [named(ARTS, "x"), named(HEALTH, "x")]
    async with stage.database.reading() as connection:
        assert await outbox.waiting_in(connection, ARTS, but=0) == [named(ARTS, "x")]


async def test_a32_text_with_nul_and_lone_surrogates_is_kept_and_comes_back(stage: Stage) -> None:
    odd = Say(DIRECT, "answer:$1", {"document": [["Paragraph", 0, [["Text", "a\0b\ud800\u202e𐍈"]]]]})
    await stage.put(odd)
    assert await stage.waiting() == [odd]


async def test_what_is_old_is_forgotten_and_what_waits_is_not(stage: Stage) -> None:
    await stage.put(Say(DIRECT, "1", {}), Say(DIRECT, "2", {}), named(ARTS, "x"))
    [one, two, _] = await stage.entries()
    async with stage.database.writing() as connection:
        await outbox.delivered(connection, one.seq, event=EventId("$1"))
        await outbox.failed(connection, two.seq, sentence("no"))
        await outbox.forget(connection, before=stage.clock())
        assert await outbox.event_of(connection, "Say:1") == "$1"
        await outbox.forget(connection, before=stage.clock() + 1)
        assert await outbox.event_of(connection, "Say:1") is None
        assert await outbox.failures(connection) == []
    assert await stage.waiting() == [named(ARTS, "x")]


# -- rooms ------------------------------------------------------------------------------------------


async def test_a_room_is_found_by_its_place_and_its_place_by_the_room(database: Database) -> None:
    async with database.writing() as connection:
        await rooms.save_expected(connection, {ARTS: FoundRoom("12"), HEALTH: FoundRoom("12")})
        await rooms.set_room(connection, ARTS, RoomId("!a"))
        await rooms.set_ready(connection, ARTS, True)
        assert await rooms.room_of(connection, ARTS) == "!a"
        assert await rooms.place_of(connection, RoomId("!a")) == ARTS
        assert await rooms.room_of(connection, HEALTH) is None
        assert await rooms.place_of(connection, RoomId("!b")) is None
        assert sorted(await rooms.all_rooms(connection), key=lambda row: row.place) == [
            rooms.RoomRow(ARTS, RoomId("!a"), True),
            rooms.RoomRow(HEALTH, None, False),
        ]


async def test_a_room_that_was_made_is_not_dropped_with_those_that_were_not(database: Database) -> None:
    async with database.writing() as connection:
        await rooms.save_expected(connection, {ARTS: FoundRoom("12"), HEALTH: FoundRoom("12")})
        await rooms.set_room(connection, ARTS, RoomId("!a"))
        await rooms.drop_unmade(connection, {ARTS, HEALTH})
        assert [row.place for row in await rooms.all_rooms(connection)] == [ARTS]


async def test_only_the_memberships_asked_for_come_with_a_room(database: Database) -> None:
    async with database.writing() as connection:
        await rooms.save_expected(connection, {ARTS: FoundRoom("12")})
        await rooms.set_room(connection, ARTS, RoomId("!a"))
        members = {ALICE: "join"} | {type(ALICE)(f"@p{n}:hs.test"): "join" for n in range(50)}
        await rooms.save_memberships(connection, RoomId("!a"), members, now=0.0)
        found = await rooms.expected(connection, [ARTS, HEALTH], [ALICE])
        assert found == {ARTS: FoundRoom("12", members={ALICE: "join"})}
        assert await rooms.members(connection, RoomId("!a")) == members
        assert await rooms.places_of(connection, ALICE) == [(ARTS, "join")]


@pytest.mark.parametrize("kept", ["", "{", "[]", "null", "{}", '{"version":"12","state":[[1]]}'])
async def test_a25_a_room_whose_kept_state_cannot_be_read_is_put_right_and_read_back(
    stage: Stage, kept: str
) -> None:
    arts, health = await stage.found("Arts"), await stage.found("Health")
    async with stage.database.writing() as connection:
        await connection.execute(tables.outbox.delete())
        await connection.execute(
            update(tables.rooms).where(tables.rooms.c.place == arts).values(expected=kept)
        )
    async with stage.work() as work:
        await work.settle([arts, health])
    actions = await stage.waiting()
    assert ReadBack(arts) in actions
    assert not any(isinstance(action, CreateRoom) for action in actions), "never a second room"
    assert {action.room for action in actions} == {arts}


async def test_conversations_are_kept_by_room_and_the_direct_one_is_found_by_person(stage: Stage) -> None:
    await stage.knows(DIRECT, ALICE)
    await stage.knows(RoomId("!several"), None)
    async with stage.database.writing() as connection:
        assert await rooms.direct_room(connection, ALICE) == DIRECT
        await rooms.drop_conversation(connection, DIRECT)
        assert await rooms.direct_room(connection, ALICE) is None
    assert await stage.conversation(RoomId("!several")) == rooms.ConversationRow(
        RoomId("!several"), None, None
    )


async def test_a_row_that_names_an_odd_place_stops_nobody(stage: Stage) -> None:
    async with stage.database.writing() as connection:
        odd = {"place": "x.of a later version", "room_id": "!x", "ready": True, "expected": "?"}
        await connection.execute(insert(tables.rooms).values(odd))
        assert len(await rooms.all_rooms(connection)) == 1
    await stage.found("Arts")
    assert await stage.row(NetworkId("x.of a later version")) is not None
