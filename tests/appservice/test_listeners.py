"""Who is heard, who is answered, and into which rooms the bot goes."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.budget import INVITATIONS_BY_SERVER, Answers
from appservice.listeners import Listeners
from appservice.store.database import Database
from appservice.store.rooms import ConversationRow
from bot.conversation import Conversation
from bot.networks import network_commands
from bot.reply import from_json, plain
from config.blueprints import template
from spaces.actions import Join, Leave, ReadBack, Say
from spaces.identifiers import RoomId, UserId
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    BOT,
    DIRECT,
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
        message(1, sender=BOT), message(2, type="m.sticker"), state(3, "m.room.pinned_events", {})
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


# -- company ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("membership", ["invite", "join"])
async def test_a_third_person_ends_a_room_s_being_direct(stage: Stage, membership: str) -> None:
    await stage.hears(member(1, BEN, membership, DIRECT, sender=ALICE))
    assert await stage.conversation(DIRECT) == ConversationRow(DIRECT, None, None)
    assert await stage.hears(message(1), message(2, sender=BEN)) == []
    assert len(says(await stage.hears(message(3, "!hedge help")))) == 1


async def test_a_third_person_who_leaves_does_not_make_it_direct_again(stage: Stage) -> None:
    await stage.hears(member(1, BEN, "join", DIRECT), member(2, BEN, "leave", DIRECT))
    assert says(await stage.hears(message(1))) == []


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


async def test_a40_an_invitation_of_somebody_with_the_bots_localpart_is_a_strangers(stage: Stage) -> None:
    puppet = UserId("@hedgerow:elsewhere.test")
    [action] = await stage.hears(member(1, BOT, "invite", NEW, sender=puppet))
    assert isinstance(action, Leave)


async def test_a63_nobody_listens_to_the_registrations_own_user(database: Database) -> None:
    sender = UserId("@hedgerow-5f1c0c:hs.test")
    stage = Stage(database, Listeners(Conversation(network_commands(template), BOT), BOT, sender))
    await stage.knows(DIRECT, sender)
    assert await stage.hears(message(1, sender=sender), member(2, BOT, "invite", NEW, sender=sender)) == []
    assert await stage.events() == {"transactions": 0}


# -- enough is enough -------------------------------------------------------------------------------


def asks(count: int, *, sender: UserId = ALICE, first: int = 0, room: str = SHARED) -> list[Json]:
    """So many questions to the bot, one after the other."""
    return [message(first + n, "!hedge help", sender=sender, room_id=room) for n in range(count)]


def words(said: Say) -> str:
    return plain(from_json(said.content["document"]))


async def answered(stage: Stage, *events: Json) -> list[str]:
    """To which of these the bot means to say something."""
    before = {said.said for said in says(await stage.waiting())}
    after = [said.said for said in says(await stage.hears(*events))]
    return [said.removeprefix("answer:") for said in after if said not in before]


async def test_a63_after_five_answers_in_a_minute_comes_one_sentence_and_then_nothing(stage: Stage) -> None:
    for event in asks(9):
        stage.clock.seconds += 1
        await stage.hears(event)
    said = says(await stage.waiting())
    assert [one.said for one in said] == [f"answer:$m{n}" for n in range(6)]
    assert words(said[-1]) == (
        "I have answered you here 5 times within a minute. What you say in the next minute I do not hear; "
        "then I go on."
    )
    assert "answered you here" not in words(said[-2])


async def test_a63_when_the_minute_is_over_the_bot_goes_on(stage: Stage) -> None:
    await stage.hears(*asks(7))
    stage.clock.seconds += 59.5
    assert await answered(stage, message(20, "!hedge help", room_id=SHARED)) == []
    stage.clock.seconds += 0.5
    assert await answered(stage, message(21, "!hedge help", room_id=SHARED)) == ["$m21"]


def said_in_turn(stage: Stage, *events: Json) -> list[Json]:
    """Each a minute after the one before, and the last one now."""
    last = len(events) - 1
    times = [stage.clock.seconds - 60 * (last - n) for n in range(len(events))]
    return [{**e, "origin_server_ts": int(at * 1000)} for e, at in zip(events, times, strict=True)]


async def test_a22_what_was_said_in_an_hour_is_answered_though_it_comes_at_once(stage: Stage) -> None:
    assert len(await answered(stage, *said_in_turn(stage, *asks(60)))) == 60


async def test_a63_a_server_of_others_may_claim_any_time(stage: Stage) -> None:
    events = asks(60, sender=UserId("@mallory:evil.test"))
    assert len(await answered(stage, *said_in_turn(stage, *events))) == 6


async def test_a63_others_in_the_room_are_answered_meanwhile(stage: Stage) -> None:
    await stage.hears(*asks(9))
    assert await answered(stage, *asks(1, sender=BEN, first=20)) == ["$m20"]


async def test_a63_what_is_not_said_to_the_bot_counts_for_nothing(stage: Stage) -> None:
    await stage.hears(*(message(n, "good morning", room_id=SHARED) for n in range(50)))
    assert len(await answered(stage, *asks(5, first=60))) == 5


async def test_a63_nobody_is_told_of_silence_for_what_was_not_said_to_the_bot(stage: Stage) -> None:
    await stage.hears(*asks(5))
    assert await answered(stage, message(20, "good morning", room_id=SHARED)) == []


async def test_who_types_quickly_in_a_direct_message_is_answered(stage: Stage) -> None:
    found = await answered(stage, *(message(n) for n in range(60)))
    assert len(found) == 60


async def test_a63_in_a_direct_message_there_is_an_end_too(database: Database) -> None:
    listeners = Listeners(
        Conversation(network_commands(template), BOT), BOT, answers=Answers(among_several=1, in_direct=3)
    )
    stage = Stage(database, listeners)
    await stage.knows(DIRECT, ALICE)
    found = await answered(stage, *(message(n) for n in range(9)))
    assert found == ["$m0", "$m1", "$m2", "$m3"]
    assert "3 times within a minute" in words(says(await stage.waiting())[-1])


async def test_a61_a_flood_of_invitations_is_turned_away_and_a_command_in_between_is_answered(
    stage: Stage,
) -> None:
    shown = {"invite_room_state": [{"type": "m.room.create", "content": "x" * 5_000}, None]}
    flood = [
        {**member(n, BOT, "invite", f"!flood{n}", sender=f"@p{n % 40}:evil.test"), "unsigned": shown}
        for n in range(150)
    ]
    actions = await stage.hears(*flood[:120], message(1), *flood[120:])
    assert [said.said for said in says(actions)] == ["answer:$m1"]
    left = [action for action in actions if isinstance(action, Leave)]
    assert len(left) == 150
    assert sum(bool(leave.reason) for leave in left) == INVITATIONS_BY_SERVER, "the others get no answer"
    assert stage.listeners.invitations.refused == 150 - INVITATIONS_BY_SERVER


async def test_a61_an_admin_may_invite_the_bot_into_any_number_of_rooms(stage: Stage) -> None:
    many = [member(n, BOT, "invite", f"!r{n}", sender=ADMIN) for n in range(30)]
    assert all(isinstance(action, Join) for action in await stage.hears(*many))


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
