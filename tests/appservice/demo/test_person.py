"""The made-up person of the demonstration: whom they talk with, and what they take for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from appservice.demo.person import Dialogue, Person, Refused, Replies
from spaces.errors import Unavailable
from spaces.identifiers import UserId
from tests.fake import FakeHomeserver, FakeUser

BOT = "@helper:hs.test"


@pytest.fixture
def bot(fake: FakeHomeserver) -> FakeUser:
    return fake.add_user(BOT)


@pytest.fixture
def alice(fake: FakeHomeserver) -> FakeUser:
    return fake.add_user("@alice:hs.test")


@pytest.fixture
async def person(fake: FakeHomeserver, alice: FakeUser) -> AsyncIterator[Person]:
    person = Person(fake.base_url, alice.user_id, alice.access_token)
    yield person
    await person.close()


def said(event: str, text: str, answering: str | None = None, sender: str = BOT) -> dict[str, object]:
    relates = {"m.relates_to": {"m.in_reply_to": {"event_id": answering}}} if answering else {}
    content = {"body": text, **relates}
    return {"type": "m.room.message", "event_id": event, "sender": sender, "content": content}


def edited(event: str, text: str) -> dict[str, object]:
    relates = {"rel_type": "m.replace", "event_id": event}
    content = {"body": f"* {text}", "m.new_content": {"body": text}, "m.relates_to": relates}
    return {"type": "m.room.message", "event_id": f"{event}'", "sender": BOT, "content": content}


# -- what is taken for the answer --------------------------------------------------------------------


def test_progress_is_no_answer_until_it_is_edited_into_one() -> None:
    replies = Replies(BOT)
    replies.hear(said("$working", "Making it …", answering="$asked"))
    assert not replies.has_answered("$asked")
    assert replies.take() == []
    replies.hear(edited("$working", "Making it, 2 of 3 …"))
    assert not replies.has_answered("$asked")
    replies.hear(edited("$working", "It is made."))
    assert replies.has_answered("$asked")
    assert replies.take() == ["It is made."]
    assert replies.take() == []


def test_what_others_say_and_what_answers_others_is_no_answer() -> None:
    replies = Replies(BOT)
    replies.hear(said("$1", "So I think, too.", answering="$asked", sender="@carol:hs.test"))
    replies.hear(said("$2", "By the way.", answering="$asked by somebody"))
    assert not replies.has_answered("$asked")
    assert replies.take() == ["By the way."]


# -- the direct message ------------------------------------------------------------------------------


async def test_a_direct_message_is_made_once_and_then_found_again(
    person: Person, bot: FakeUser, fake: FakeHomeserver
) -> None:
    room, is_new = await person.direct_room(UserId(BOT))
    assert is_new
    bot.join(room)
    assert await person.direct_room(UserId(BOT)) == (room, False)
    assert len(fake.world.rooms) == 1


async def test_a_direct_message_that_the_bot_has_left_is_not_used(person: Person, bot: FakeUser) -> None:
    left, _ = await person.direct_room(UserId(BOT))
    bot.join(left)
    bot.leave(left)
    room, is_new = await person.direct_room(UserId(BOT))
    assert is_new
    assert room != left


async def test_a_direct_message_that_the_bot_offers_is_taken_and_what_stands_there_is_news(
    person: Person, bot: FakeUser, alice: FakeUser
) -> None:
    offered = await bot.create_dm(alice.user_id)
    bot.send(offered, "Health UK asks you something.")
    dialogue = Dialogue(person, UserId(BOT))
    await dialogue.begin()
    assert await dialogue.news() == ["Health UK asks you something."]
    assert await person.direct_room(UserId(BOT)) == (offered, False)


async def test_what_was_said_before_in_a_known_room_is_left_alone(person: Person, bot: FakeUser) -> None:
    room, _ = await person.direct_room(UserId(BOT))
    bot.join(room)
    bot.send(room, "Last week's answer.")
    dialogue = Dialogue(person, UserId(BOT))
    await dialogue.begin()
    assert await dialogue.news() == []
    bot.send(room, "Today's question.")
    assert await dialogue.news() == ["Today's question."]


async def test_a_question_waits_for_its_answer(person: Person, bot: FakeUser, fake: FakeHomeserver) -> None:
    dialogue = Dialogue(person, UserId(BOT))
    await dialogue.begin()
    [room] = fake.world.rooms
    bot.join(room)
    asking = asyncio.create_task(dialogue.ask("tree"))
    question = await _heard(fake, room, "tree")
    relates = {"m.in_reply_to": {"event_id": question}}
    working = bot.send(room, "Looking …", **{"m.relates_to": relates})
    bot.edit(room, working.event_id, "There is no network yet.")
    assert await asking == ["There is no network yet."]


async def test_silence_is_told_as_such(person: Person) -> None:
    dialogue = Dialogue(person, UserId(BOT), patience=0.05)
    await dialogue.begin()
    with pytest.raises(Unavailable, match="No answer to “tree”"):
        await dialogue.ask("tree")


async def test_an_answer_that_stays_unfinished_is_taken_as_far_as_it_is(
    person: Person, bot: FakeUser, fake: FakeHomeserver
) -> None:
    dialogue = Dialogue(person, UserId(BOT), patience=0.5)
    await dialogue.begin()
    [room] = fake.world.rooms
    bot.join(room)
    asking = asyncio.create_task(dialogue.ask("archive"))
    question = await _heard(fake, room, "archive")
    working = bot.send(room, "Working …", **{"m.relates_to": {"m.in_reply_to": {"event_id": question}}})
    assert await asking == ["Working …"]
    bot.edit(room, working.event_id, "It is archived.")
    assert await dialogue.news() == ["It is archived."]


# -- coming into places ------------------------------------------------------------------------------


async def test_invitations_to_places_are_accepted_and_offered_direct_messages_and_strangers_are_not(
    person: Person, bot: FakeUser, alice: FakeUser, fake: FakeHomeserver
) -> None:
    place = await bot.create_room(invite=[alice.user_id], creation_content={"type": "m.space"})
    offered = await bot.create_dm(alice.user_id)
    strange = await fake.add_user("@mallory:hs.test").create_room(invite=[alice.user_id])
    await person.accept_invitations(UserId(BOT))
    assert _membership(fake, place, alice) == "join"
    assert _membership(fake, offered, alice) == "invite"
    assert _membership(fake, strange, alice) == "invite"


async def test_what_the_homeserver_refuses_is_raised(person: Person, bot: FakeUser) -> None:
    closed = await bot.create_room()
    with pytest.raises(Refused, match="M_FORBIDDEN"):
        await person.join(closed)


async def test_a_homeserver_that_does_not_answer_is_a_sentence(person: Person, fake: FakeHomeserver) -> None:
    await fake.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        await person.sync()


def _membership(fake: FakeHomeserver, room: str, user: FakeUser) -> str:
    return str(fake.room(room).state["m.room.member", user.user_id].content["membership"])


async def _heard(fake: FakeHomeserver, room: str, text: str) -> str:
    """The id of the message that says `text`, once it is there."""
    async with asyncio.timeout(10):
        while True:
            for event in fake.room(room).timeline:
                if event.content.get("body") == text:
                    return event.event_id
            await asyncio.sleep(0.01)
