"""Into which rooms the bot goes, and whose they are once it is there."""

from __future__ import annotations

import pytest

from appservice.performing import Outcome
from appservice.store.rooms import ConversationRow
from spaces.actions import Action, Join, Leave, MarkDirect, Say
from spaces.identifiers import NetworkId, RoomId, UserId
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    BOT,
    DIRECT,
    FAR,
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


@pytest.mark.parametrize("kind", [None, "m.space"])
async def test_into_a_room_of_several_or_a_space_nobody_but_a_host_can_bring_the_bot(
    stage: Stage, kind: str | None
) -> None:
    await invited(stage, BEN)
    others = [] if kind else [member("b", ALICE, "join", NEW)]
    [said, left] = await joined(stage, [member("a", BEN, "join", NEW), *others], kind=kind)
    assert isinstance(said, Say)
    assert "only when a coordinator or an admin invites me" in text_of(said)
    assert left == Leave(NEW)
    assert await stage.conversation(NEW) is None


@pytest.mark.parametrize("kind", [None, "m.space"])
@pytest.mark.parametrize("host", [ADMIN, BEN])
async def test_a_coordinator_and_an_admin_can_bring_the_bot_into_any_room(
    stage: Stage, kind: str | None, host: UserId
) -> None:
    await coordinated_by(stage, BEN)
    await invited(stage, host)
    here = [member("a", host, "join", NEW), member("b", ALICE, "join", NEW)]
    assert await joined(stage, here, kind=kind) == []
    assert await stage.conversation(NEW) == ConversationRow(NEW, None, None)


async def test_a_space_with_one_person_is_nobodys_direct_room(stage: Stage) -> None:
    await invited(stage, ADMIN)
    assert await joined(stage, [member("a", ADMIN, "join", NEW)], kind="m.space") == []
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
