"""Into which rooms the bot goes, and whose they are once it is there."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.event import Event
from appservice.listeners import UnknownRoom
from appservice.performing import Outcome
from appservice.store.database import Database
from appservice.store.rooms import ConversationRow
from appservice.work import UnitOfWork
from spaces.actions import Action, Join, Leave, MarkDirect, ReadBack, Say
from spaces.identifiers import NetworkId, RoomId, UserId
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    BOT,
    DIRECT,
    FAR,
    SHARED,
    Json,
    PlayedRooms,
    Stage,
    member,
    message,
    says,
    state,
    text_of,
)

NEW = RoomId("!new")


async def coordinated_by(stage: Stage, user: UserId) -> NetworkId:
    arts = await stage.found("Arts", by=(user,))
    await PlayedRooms(stage).settle_all()
    return arts


def invitation(by: UserId, *, direct: bool = False) -> Json:
    return member("inv", BOT, "invite", NEW, sender=by, content={"is_direct": direct})


async def test_somebody_of_this_homeserver_is_followed(stage: Stage) -> None:
    for direct in (True, False):
        assert await Stage(stage.database).hears(
            {**invitation(BEN, direct=direct), "event_id": f"$i{direct}"}
        ) == [Join(NEW, BEN)]


async def test_a61_a_stranger_of_another_server_is_declined_with_a_sentence(stage: Stage) -> None:
    for direct in (True, False):
        [action] = await stage.hears({**invitation(FAR, direct=direct), "event_id": f"$i{direct}"})
        assert isinstance(action, Leave)
        assert action.room == NEW
        assert "people of this homeserver" in action.reason


async def far_joins(stage: Stage, arts: NetworkId) -> None:
    await stage.hears(member("far", FAR, "join", stage.places.room(arts)))


async def test_a_member_of_another_server_is_followed_into_a_direct_room_only(stage: Stage) -> None:
    arts = await coordinated_by(stage, ALICE)
    await far_joins(stage, arts)
    assert await stage.hears(invitation(FAR, direct=True)) == [Join(NEW, FAR)]
    [_, action] = await stage.hears({**invitation(FAR), "event_id": "$second", "room_id": "!second"})
    assert isinstance(action, Leave)


async def test_a_coordinator_of_another_server_is_followed_into_any_room(stage: Stage) -> None:
    arts = await coordinated_by(stage, FAR)
    await far_joins(stage, arts)
    assert await stage.hears(invitation(FAR)) == [Join(NEW, FAR)]


async def test_a_direct_invitation_must_say_so_with_true(stage: Stage) -> None:
    arts = await coordinated_by(stage, ALICE)
    await far_joins(stage, arts)
    for n, odd in enumerate(("true", 1, {"is": True})):
        actions = await stage.hears({**invitation(FAR), "event_id": f"$i{n}", "room_id": f"!r{n}",
                                     "content": {"membership": "invite", "is_direct": odd}})  # fmt: skip
        assert isinstance(actions[-1], Leave)


# -- the bot has come in ----------------------------------------------------------------------------


async def joined(
    stage: Stage,
    members: list[Json],
    *,
    by: UserId = ALICE,
    kind: str | None = None,
    said: list[Json] | None = None,
    join_rule: str = "invite",
    history: str = "shared",
) -> list[Action]:
    """The bot accepts the invitation that waits; what it does then. `said` came after the invitation."""
    [entry] = [e for e in await stage.entries() if isinstance(e.action, Join)]
    created = state("c", "m.room.create", {"type": kind} if kind else {}, room_id=NEW)
    rules = state("r", "m.room.join_rules", {"join_rule": join_rule}, room_id=NEW)
    seen = state("h", "m.room.history_visibility", {"history_visibility": history}, room_id=NEW)
    missed = [*reversed(said or []), member("inv", BOT, "invite", NEW, sender=by), message(0, room_id=NEW)]
    await stage.settler.settle(entry, Outcome(NEW, (created, rules, seen, *members), missed=tuple(missed)))
    return await stage.waiting()


async def invited(stage: Stage, by: UserId = ALICE) -> None:
    await stage.hears(invitation(by, direct=True))


async def test_a_room_with_one_other_is_their_direct_room_and_what_they_said_is_heard(stage: Stage) -> None:
    await invited(stage)
    here = [member("a", ALICE, "join", NEW), member("b", BOT, "join", NEW)]
    said = [message(n, "help", room_id=NEW) for n in (1, 2)]
    assert await joined(stage, here, said=said) == [MarkDirect(NEW, ALICE)]
    assert await stage.conversation(NEW) == ConversationRow(NEW, ALICE, None)
    await stage.work_off()
    assert [s.said for s in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"], (
        "not what came before"
    )


async def test_somebody_who_is_invited_counts_and_somebody_who_left_does_not(stage: Stage) -> None:
    await invited(stage)
    here = [member("a", ALICE, "join", NEW), member("b", BEN, "leave", NEW)]
    assert await joined(stage, here) == [MarkDirect(NEW, ALICE)]
    await stage.hears({**invitation(ADMIN), "event_id": "$again"})
    await joined(stage, [member("a", ALICE, "join", NEW), member("b", BEN, "invite", NEW)], by=ADMIN)
    assert await stage.conversation(NEW) == ConversationRow(NEW, None, None)


@pytest.mark.parametrize(("join_rule", "history"), [("public", "shared"), ("invite", "world_readable")])
async def test_a_room_where_others_can_come_in_or_read_is_nobodys_direct_room(
    stage: Stage, join_rule: str, history: str
) -> None:
    await invited(stage, BEN)
    here = [member("b", BEN, "join", NEW)]
    actions = await joined(stage, here, by=BEN, join_rule=join_rule, history=history)
    assert [type(action) for action in actions] == [Say, Leave]


async def test_a_room_that_somebody_left_after_inviting_another_is_not_that_ones_direct_room(
    stage: Stage,
) -> None:
    await invited(stage, BEN)
    here = [member("a", ALICE, "invite", NEW), member("b", BEN, "leave", NEW)]
    actions = await joined(stage, here, by=BEN)
    assert [type(action) for action in actions] == [Say, Leave]


async def test_into_a_room_of_several_nobody_but_a_host_can_bring_the_bot(stage: Stage) -> None:
    await invited(stage, BEN)
    here = [member("a", BEN, "join", NEW), member("b", ALICE, "join", NEW)]
    [said, left] = await joined(stage, here)
    assert isinstance(said, Say)
    assert isinstance(left, Leave)
    assert "only when a coordinator or an admin invites me" in text_of(said)
    assert "only when a coordinator or an admin invites me" in left.reason
    assert left.room == NEW
    assert await stage.conversation(NEW) is None


@pytest.mark.parametrize("host", [ADMIN, BEN])
async def test_a_coordinator_and_an_admin_can_bring_the_bot_into_any_room(stage: Stage, host: UserId) -> None:
    await coordinated_by(stage, BEN)
    await invited(stage, host)
    here = [member("a", host, "join", NEW), member("b", ALICE, "join", NEW)]
    assert await joined(stage, here) == []
    assert await stage.conversation(NEW) == ConversationRow(NEW, None, None)


async def test_an_admin_of_another_server_is_followed_though_in_no_network(database: Database) -> None:
    stage = Stage(database, admins=(FAR,))
    assert await stage.hears(invitation(FAR)) == [Join(NEW, FAR)]


# -- Spaces, which the bot does not come into -------------------------------------------------------


def shows_a_space(by: UserId) -> Json:
    shown = [{"type": "m.room.create", "state_key": "", "content": {"type": "m.space"}}]
    return {**invitation(by), "unsigned": {"invite_room_state": shown}}


@pytest.mark.parametrize("inviter", [ADMIN, BEN])
async def test_an_invitation_into_a_space_is_declined_with_the_reason(stage: Stage, inviter: UserId) -> None:
    [action] = await stage.hears(shows_a_space(inviter))
    assert isinstance(action, Leave)
    assert "I do not come into Spaces that others have made" in action.reason


async def test_who_has_a_direct_room_reads_there_why_the_bot_does_not_come_into_a_space(stage: Stage) -> None:
    [said, left] = await stage.hears(shows_a_space(ALICE))
    assert isinstance(said, Say)
    assert (said.room, said.content["person"]) == (DIRECT, ALICE)
    assert "I do not come into Spaces" in text_of(said)
    assert isinstance(left, Leave)


@pytest.mark.parametrize("host", [ADMIN, BEN])
async def test_a_space_whose_invitation_did_not_say_so_is_left_again(stage: Stage, host: UserId) -> None:
    await invited(stage, host)
    [left] = await joined(stage, [member("a", host, "join", NEW)], kind="m.space")
    assert isinstance(left, Leave)
    assert "I do not come into Spaces" in left.reason
    assert await stage.conversation(NEW) is None


ODD_SHOWN: list[Any] = [
    None, 5, "m.space", {}, [], [5], [None, []], [{"type": "m.room.create"}], [{"type": 5, "content": "x"}],
    [{"type": "m.room.create", "content": ["m.space"]}], [{"type": "m.room.create", "content": {"type": {}}}],
]  # fmt: skip


@pytest.mark.parametrize("unsigned", [*ODD_SHOWN, *({"invite_room_state": odd} for odd in ODD_SHOWN)])
async def test_a61_what_an_invitation_shows_of_a_room_may_be_anything(stage: Stage, unsigned: Any) -> None:
    assert await stage.hears({**invitation(BEN), "unsigned": unsigned}) == [Join(NEW, BEN)]


# -- in between, and afterwards ---------------------------------------------------------------------


@pytest.mark.parametrize("membership", ["leave", "ban"])
async def test_an_invitation_that_is_taken_back_is_not_followed(stage: Stage, membership: str) -> None:
    taken_back = member("back", BOT, membership, NEW, sender=BEN)
    assert await stage.hears(invitation(BEN), taken_back) == []


async def test_an_invitation_that_is_gone_when_the_bot_comes_is_nobodys_trouble(stage: Stage) -> None:
    await stage.hears(invitation(BEN))
    [entry] = await stage.entries()
    await stage.settler.settle(entry, Outcome())
    assert await stage.waiting() == []
    assert await stage.conversation(NEW) is None


async def test_the_same_invitation_again_is_declined_again_with_its_reason(stage: Stage) -> None:
    here = [member("a", BEN, "join", NEW), member("b", ALICE, "join", NEW)]
    for n in range(2):
        await stage.hears({**invitation(BEN, direct=True), "event_id": f"$again{n}"})
        *_, left = await joined(stage, here, by=BEN)
        assert isinstance(left, Leave)
        assert "only when a coordinator or an admin invites me" in left.reason
        await PlayedRooms(stage).settle_all()


async def test_into_a_room_of_its_own_the_bot_always_comes_back(stage: Stage) -> None:
    arts = await coordinated_by(stage, ALICE)
    room = stage.places.room(arts)
    [join] = await stage.hears({**shows_a_space(BEN), "room_id": room})
    assert join == Join(room, BEN)
    [entry] = await stage.entries()
    await stage.settler.settle(entry, Outcome(room, (member("b", BOT, "join", room),)))
    assert await stage.waiting() == [ReadBack(arts)], "and nobody is asked whose room it is"
    assert await stage.conversation(room) is None


async def looked(stage: Stage, *here: Json) -> list[Action]:
    """The bot looks at SHARED, as it means to, and finds only these."""
    [entry] = [e for e in await stage.entries() if isinstance(e.action, Join)]
    assert (entry.action.room, entry.action.invited) == (SHARED, False)
    await stage.settler.settle(entry, Outcome(SHARED, here))
    return await stage.waiting()


@pytest.mark.parametrize("membership", ["leave", "ban"])
async def test_the_bot_leaves_and_forgets_a_room_where_all_others_have_gone(
    stage: Stage, membership: str
) -> None:
    await stage.hears(member(1, BEN, membership, SHARED))
    gone = (member(1, BEN, "leave"), member(2, ALICE, "ban"), member(3, FAR, "knock"))
    assert await looked(stage, member(0, BOT, "join"), *gone) == [Leave(SHARED)]
    assert await stage.conversation(SHARED) is None


@pytest.mark.parametrize("membership", ["join", "invite"])
async def test_the_bot_stays_while_anybody_is_left_and_the_room_stays_as_it_was(
    stage: Stage, membership: str
) -> None:
    await stage.hears(member(1, BEN, "leave", SHARED))
    assert await looked(stage, member(0, BOT, "join"), member(2, ALICE, membership)) == []
    assert await stage.conversation(SHARED) == ConversationRow(SHARED, None, None), "nobody's direct room"


async def test_a_no_stands_although_people_go_on_talking_and_one_of_them_might_have_asked(
    stage: Stage,
) -> None:
    await invited(stage, BEN)
    here = [member("a", BEN, "join", NEW), member("b", ADMIN, "join", NEW)]
    [_, left] = await joined(stage, here, by=BEN)
    assert left in await stage.hears(message(1, room_id=NEW, sender=ADMIN))


async def test_the_bot_never_leaves_a_networks_room_however_empty(stage: Stage) -> None:
    arts = await coordinated_by(stage, ALICE)
    room = stage.places.room(arts)
    assert await stage.hears(member(1, ALICE, "leave", room)) == []


async def test_a_room_whose_inviter_has_gone_meanwhile_is_left_without_a_word(stage: Stage) -> None:
    await invited(stage, ADMIN)
    assert await joined(stage, [member("a", ADMIN, "leave", NEW)], by=ADMIN) == [Leave(NEW)]


async def test_a_room_that_was_forgotten_is_kept_where_a_host_is_in_it(stage: Stage) -> None:
    here = [member("a", ALICE, "join", NEW), member("b", ADMIN, "join", NEW)]
    await stage.hears(message(1, room_id=NEW))
    assert await joined(stage, here) == []
    assert await stage.conversation(NEW) == ConversationRow(NEW, None, None)


async def test_having_left_a_room_the_bot_has_no_conversation_there(stage: Stage) -> None:
    await stage.put(Leave(DIRECT))
    await PlayedRooms(stage).settle_all()
    assert await stage.conversation(DIRECT) is None


async def test_a_room_that_is_not_known_is_found_out_about_and_then_heard(stage: Stage) -> None:
    assert await stage.hears(message(1, room_id=NEW)) == [Join(NEW, ALICE, invited=False)]
    assert (await stage.events()).get("handled", 0) == 0, "it will be read again"
    await joined(stage, [member("a", ALICE, "join", NEW)], said=[message(1, room_id=NEW)])
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1"]


async def test_what_is_said_while_the_bot_takes_in_a_direct_room_is_heard_once(stage: Stage) -> None:
    await invited(stage)
    [coming] = await stage.entries()
    here = [
        state("r", "m.room.join_rules", {"join_rule": "invite"}, room_id=NEW),
        member("a", ALICE, "join", NEW),
    ]
    invitation_seen = member("inv", BOT, "invite", NEW, sender=ALICE)
    await stage.hears(message(1, room_id=NEW))
    # the room was read before that was said
    await stage.settler.settle(coming, Outcome(NEW, tuple(here), missed=(invitation_seen,)))
    for _ in range(2):
        await joined(stage, [member("a", ALICE, "join", NEW)], said=[message(1, room_id=NEW)])
        await stage.work_off()
        assert [said.said for said in says(await stage.waiting())] == ["answer:$m1"]
        await stage.put(Join(NEW, ALICE, invited=False))


async def test_among_several_what_is_said_meanwhile_is_heard_and_what_is_old_is_not_heard_again(
    stage: Stage,
) -> None:
    await invited(stage, ADMIN)
    [coming] = await stage.entries()
    here = [member("a", ALICE, "join", NEW), member("b", ADMIN, "join", NEW)]
    now = stage.clock() * 1000
    said = message(2, "!hedge help", room_id=NEW, origin_server_ts=now - 1000)
    await stage.hears(said)
    await stage.settler.settle(coming, Outcome(NEW, tuple(here)))
    old = [
        message(f"old{n}", "!hedge help", room_id=NEW, origin_server_ts=at)
        for n, at in enumerate((now - 3_700_000, None, "now", 0, -(10**400)))
    ]
    await joined(stage, here, by=ADMIN, said=[*old, said])
    await stage.work_off()
    assert [answer.said for answer in says(await stage.waiting())] == ["answer:$m2"]


async def test_what_finds_its_room_known_meanwhile_is_heard(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = stage.listeners.hear

    async def hear_too_early(event: Event, work: UnitOfWork) -> None:
        monkeypatch.setattr(stage.listeners, "hear", hear)
        raise UnknownRoom(event.room)

    await stage.knows(NEW, ALICE)
    monkeypatch.setattr(stage.listeners, "hear", hear_too_early)
    await stage.push(message(1, room_id=NEW), message(2, room_id=NEW))
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"]
