"""Who is heard, who is answered, and into which rooms the bot goes."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.performing import Outcome
from appservice.store.database import Database
from appservice.store.rooms import ConversationRow
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


@pytest.fixture
async def stage(database: Database) -> Stage:
    """The bot is in Alice's direct room and in one with several people."""
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.knows(SHARED, None)
    return stage


# -- messages ---------------------------------------------------------------------------------------


async def test_bare_words_in_a_direct_room_are_answered_with_a_reply(stage: Stage) -> None:
    [answer] = says(await stage.hears(message(1)))
    assert answer.room == DIRECT
    assert answer.content["relates"] == {"m.in_reply_to": {"event_id": "$m1"}}


async def test_a_thread_is_answered_within_it(stage: Stage) -> None:
    relates = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}
    [answer] = says(await stage.hears(message(1, content={"m.relates_to": relates})))
    assert answer.content["relates"]["rel_type"] == "m.thread"
    assert answer.content["relates"]["event_id"] == "$root"


SILENT: dict[str, Json] = {
    "the bot's own": message(1, sender=BOT),
    "a notice": message(1, content={"msgtype": "m.notice"}),
    "an emote": message(1, content={"msgtype": "m.emote"}),
    "a picture": message(1, content={"msgtype": "m.image"}),
    "a message without a type": message(1, content={"msgtype": None}),
    "an edit": message(1, content={"m.relates_to": {"rel_type": "m.replace", "event_id": "$m0"}}),
    "an edit that hides it": message(1, content={"m.new_content": {"body": "help"}}),
    "a body that is no text": message(1, 5),
    "no body": message(1, None),
    "a redacted one": {**message(1), "content": {}},
    "a message that is state": message(1, state_key=""),
    "bare words among several": message(1, room_id=SHARED),
    "bare words of another in a direct room": message(1, sender=BEN),
    "a reaction": message(1, type="m.reaction"),
    "a tombstone that is a message": message(1, type="m.room.tombstone"),
    "a tombstone": state(1, "m.room.tombstone", {"replacement_room": "!evil"}),
}


@pytest.mark.parametrize("event", SILENT.values(), ids=SILENT.keys())
async def test_a63_a64_what_is_not_said_to_the_bot_is_not_answered(stage: Stage, event: Json) -> None:
    assert await stage.hears(event) == []


async def test_a63_its_own_messages_and_what_nobody_hears_are_not_even_kept(stage: Stage) -> None:
    await stage.hears(
        message(1, sender=BOT), message(2, type="m.reaction"), state(3, "m.room.pinned_events", {})
    )
    assert await stage.events() == {"transactions": 0}


ADDRESSED = {
    "the prefix": message(1, "!hedge help", room_id=SHARED),
    "the name": message(1, "Hedgerow: help", room_id=SHARED),
    "the id": message(1, f"{BOT} help", room_id=SHARED),
    "a mention": message(1, "hedgerow help", content={"m.mentions": {"user_ids": [BOT]}}, room_id=SHARED),
}


@pytest.mark.parametrize("event", ADDRESSED.values(), ids=ADDRESSED.keys())
async def test_among_several_the_bot_answers_when_it_is_addressed(stage: Stage, event: Json) -> None:
    [answer] = says(await stage.hears(event))
    assert answer.room == SHARED


@pytest.mark.parametrize(
    "mentions", [BOT, {"user_ids": BOT}, {"user_ids": {BOT: 1}}, [BOT], 5, {"room": True}]
)
async def test_mentions_of_another_shape_are_none(stage: Stage, mentions: Any) -> None:
    event = message(1, "hedgerow help", content={"m.mentions": mentions}, room_id=SHARED)
    assert await stage.hears(event) == []


async def test_in_a_networks_own_room_the_bot_answers_when_it_is_addressed(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    room = stage.places.room(arts)
    assert await stage.hears(message(1, room_id=room)) == []
    assert len(says(await stage.hears(message(2, "!hedge help", room_id=room)))) == 1


async def test_one_that_nobody_can_read_is_told_so_once_in_a_direct_room_and_never_elsewhere(
    stage: Stage,
) -> None:
    def sealed(n: int, room: str, sender: str = ALICE) -> Json:
        content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…"}
        return message(n, type="m.room.encrypted", content=content, room_id=room, sender=sender)

    actions = await stage.hears(
        *(sealed(n, DIRECT) for n in range(3)), sealed(9, SHARED), sealed(10, DIRECT, BEN)
    )
    [told] = says(actions)
    assert len(actions) == 1
    assert told.room == DIRECT
    assert "cannot read encrypted messages" in text_of(told)


async def test_a_room_that_is_not_known_is_found_out_about_and_then_heard(stage: Stage) -> None:
    assert await stage.hears(message(1, room_id=NEW)) == [Join(NEW, ALICE)]
    assert (await stage.events()).get("handled", 0) == 0, "it will be read again"
    await joined(stage, [member("a", ALICE, "join", NEW)], said=[message(1, room_id=NEW)])
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1"]


# -- company ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("membership", ["invite", "join"])
async def test_a_third_person_ends_a_room_s_being_direct(stage: Stage, membership: str) -> None:
    await stage.hears(member(1, BEN, membership, DIRECT, sender=ALICE))
    assert await stage.conversation(DIRECT) == ConversationRow(DIRECT, None, None)
    assert await stage.hears(message(1), message(2, sender=BEN)) == []
    assert len(says(await stage.hears(message(3, "!hedge help")))) == 1


async def test_a_third_person_who_leaves_does_not_make_it_direct_again(stage: Stage) -> None:
    await stage.hears(member(1, BEN, "join", DIRECT), member(2, BEN, "leave", DIRECT))
    assert await stage.hears(message(1)) == []


async def test_the_direct_rooms_own_person_may_change_their_name(stage: Stage) -> None:
    renamed = member(1, ALICE, "join", DIRECT, content={"displayname": "Alice again"})
    assert len(says(await stage.hears(renamed, message(1)))) == 1


@pytest.mark.parametrize("membership", ["leave", "ban"])
async def test_when_its_person_goes_the_bot_leaves_a_direct_room(stage: Stage, membership: str) -> None:
    assert await stage.hears(member(1, ALICE, membership, DIRECT)) == [Leave(DIRECT)]
    assert await stage.conversation(DIRECT) is None


@pytest.mark.parametrize("membership", ["leave", "ban"])
async def test_a_room_that_the_bot_was_thrown_out_of_is_forgotten(stage: Stage, membership: str) -> None:
    assert await stage.hears(member(1, BOT, membership, SHARED, sender=ALICE)) == []
    assert await stage.conversation(SHARED) is None


@pytest.mark.parametrize("membership", ["owner", 5, None, ["join"], ""])
async def test_a35_a_membership_that_is_none_changes_nothing(stage: Stage, membership: Any) -> None:
    actions = await stage.hears(
        member(1, BEN, membership, DIRECT), member(2, BOT, membership, DIRECT, sender=ALICE), message(1)
    )
    assert len(says(actions)) == len(actions) == 1


async def test_who_is_in_a_networks_rooms_is_kept(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    room = stage.places.room(arts)
    await stage.hears(member(1, BEN, "join", room))
    async with stage.work() as work:
        assert (await work.standing_of(BEN)).joined == {arts}
    await stage.hears(member(2, BEN, "leave", room))
    async with stage.work() as work:
        assert (await work.standing_of(BEN)).joined == frozenset()


async def test_a40_somebody_elsewhere_with_the_bots_localpart_is_not_the_bot(stage: Stage) -> None:
    puppet = UserId("@hedgerow:elsewhere.test")
    event = message(1, "!hedge help", sender=puppet, room_id=SHARED)
    assert len(says(await stage.hears(event))) == 1


# -- invitations ------------------------------------------------------------------------------------


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
) -> list[Action]:
    """The bot accepts the invitation that waits; what it does then. `said` came after the invitation."""
    [entry] = [e for e in await stage.entries() if isinstance(e.action, Join)]
    created = state("c", "m.room.create", {"type": kind} if kind else {}, room_id=NEW)
    missed = [*reversed(said or []), member("inv", BOT, "invite", NEW, sender=by), message(0, room_id=NEW)]
    await stage.settler.settle(entry, Outcome(NEW, (created, *members), missed=tuple(missed)))
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


# -- changes by hand --------------------------------------------------------------------------------

GOVERNED = ["m.room.name", "m.room.topic", "m.room.join_rules", "m.room.power_levels", "m.space.child",
            "m.room.history_visibility", "m.room.guest_access", "m.room.encryption"]  # fmt: skip


@pytest.mark.parametrize("kind", GOVERNED)
async def test_what_somebody_changes_in_a_networks_room_makes_it_be_read(stage: Stage, kind: str) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    room = stage.places.room(arts)
    assert await stage.hears(state(1, kind, {"x": 1}, room_id=room)) == [ReadBack(arts)]
    assert await stage.hears(state(2, kind, {"x": 1}, room_id=SHARED)) == [ReadBack(arts)]


async def test_what_the_bot_changes_itself_makes_nothing_be_read(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    room = stage.places.room(arts)
    assert await stage.hears(state(1, "m.room.name", {"name": "x"}, room_id=room, sender=BOT)) == []


async def test_a58_links_in_a_strangers_room_concern_nobody(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    room = stage.places.room(arts)
    claimed = state(
        1, "m.space.parent", {"via": ["hs.test"], "canonical": True}, key=room, room_id="!foreign"
    )
    before: Any = await stage.works.landscape()
    assert await stage.hears(claimed) == []
    assert await stage.works.landscape() == before
