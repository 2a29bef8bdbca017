"""What the bot has asked back, as it is kept in the store: answered by a message, a reply or a reaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appservice.languages import language_of
from appservice.store import outbox, people
from appservice.store.database import Database
from bot.reply import from_json, plain
from spaces.access import Standing
from spaces.identifiers import EventId, NetworkId, UserId
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, DIRECT, Json, PlayedRooms, Stage, member, message, says

pytestmark = pytest.mark.both_databases


class Told:
    """A network that Alice looks after with Ben, and what is said about it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.network = NetworkId("")

    @built_once
    async def begin(self) -> None:
        await self.stage.knows(DIRECT, ALICE)
        self.network = await self.stage.found("Arts UK", by=(ALICE, BEN))
        await self.rooms.settle_all()

    async def hears(self, *events: Json) -> str:
        """What is answered, and done, because of these."""
        await self.stage.hears(*events)
        answers = says(await self.rooms.settle_all())
        return "\n".join(plain(from_json(answer.content["document"])) for answer in answers)

    async def looks_after(self) -> bool:
        landscape = await self.stage.works.landscape()
        return ALICE in landscape.coordinators_of(self.network)


@pytest.fixture
async def told(stage: Stage) -> Told:
    made = Told(stage)
    await made.begin()
    return made


LEAVE = message(1, "leave arts-uk")


def reaction(n: int, key: str, on: str, **more: Any) -> Json:
    relates = {"rel_type": "m.annotation", "event_id": on, "key": key}
    event = {"event_id": f"$r{n}", "type": "m.reaction", "room_id": DIRECT, "sender": ALICE}
    return {**event, "content": {"m.relates_to": relates}, **more}


PREVIEW = "$said-answer:$m1"


async def test_a_preview_changes_nothing_until_the_yes(told: Told) -> None:
    assert "Shall I?" in await told.hears(LEAVE)
    assert await told.looks_after()
    await told.hears(message(2, "yes"))
    assert not await told.looks_after()


async def test_the_question_outlives_the_process(told: Told, database: Database) -> None:
    await told.hears(LEAVE)
    again = Told(Stage(database))
    again.network = told.network
    again.stage.clock.seconds = told.stage.clock.seconds + 500
    again.rooms = told.rooms
    told.rooms._stage = again.stage
    for place, room in told.stage.places.all():
        again.stage.places.put(place, room)
    await again.hears(message(2, "yes"))
    assert not await again.looks_after()


async def test_a_tick_on_the_preview_is_a_yes_and_is_answered_as_the_question_was(told: Told) -> None:
    await told.hears(LEAVE)
    await told.stage.hears(reaction(1, "✅", PREVIEW))
    [*_, answer] = says(await told.rooms.settle_all())
    assert answer.content["relates"] == {"m.in_reply_to": {"event_id": "$m1"}}
    assert not await told.looks_after()


@pytest.mark.parametrize(
    "event",
    [
        reaction(1, "✅", PREVIEW, sender=BEN),
        reaction(1, "✅", "$somewhere-else"),
        reaction(1, "❌", PREVIEW),
        reaction(1, "👀", PREVIEW),
        {**reaction(1, "✅", PREVIEW), "content": {"m.relates_to": {"event_id": PREVIEW, "key": "✅"}}},
        {**reaction(1, "✅", PREVIEW), "content": {"m.relates_to": [PREVIEW]}},
        message(2, "yes", sender=BEN),
        message(2, "* yes", content={"m.new_content": {"body": "yes"}}),
        message(2, "yes", content={"msgtype": "m.notice"}),
    ],
)
async def test_a60_nothing_else_is_a_yes(told: Told, event: Json) -> None:
    await told.hears(LEAVE)
    await told.hears(event)
    assert await told.looks_after()


async def test_a60_a_yes_after_ten_minutes_does_nothing(told: Told) -> None:
    await told.hears(LEAVE)
    told.stage.clock.seconds += 601
    assert "more than ten minutes old" in await told.hears(message(2, "yes"))
    assert await told.looks_after()


async def test_a64_an_edit_of_the_question_never_becomes_a_command(told: Told) -> None:
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$m1"}, "m.new_content": {"body": "yes"}}
    await told.hears(LEAVE)
    assert await told.hears(message(2, "* yes", content=edit)) == ""
    assert await told.looks_after()


@pytest.mark.parametrize("inside", [True, False])
async def test_a60_who_takes_the_command_back_is_not_asked_any_more(told: Told, inside: bool) -> None:
    await told.hears(LEAVE)
    event = {"event_id": "$x1", "type": "m.room.redaction", "room_id": DIRECT, "sender": ALICE, "content": {}}
    await told.hears({**event, "content": {"redacts": "$m1"}} if inside else {**event, "redacts": "$m1"})
    assert await told.hears(message(2, "yes")) == "Nothing waits for a yes or no of yours here."
    assert await told.looks_after()


async def test_the_same_yes_pushed_again_is_heard_once(told: Told) -> None:
    await told.hears(LEAVE)
    assert "You have left" in await told.hears(message(2, "yes"))
    assert await told.hears(message(2, "yes")) == ""


async def test_what_was_asked_long_ago_is_forgotten(told: Told) -> None:
    await told.hears(LEAVE)
    async with told.stage.work() as work:
        await people.forget(work.connection, before=told.stage.clock.seconds + 1)
        assert await work.awaited(ALICE, DIRECT) == {}


# -- languages --------------------------------------------------------------------------------------


async def test_a_person_is_spoken_to_in_their_language_the_networks_or_the_servers(told: Told) -> None:
    async with told.stage.work() as work:
        await told_in(work, "cy")
        landscape = work.landscape
        member = Standing(ALICE, joined=frozenset({told.network}))
        stranger = Standing(UserId("@stranger:hs.test"))
        assert await language_of(work.connection, landscape, member, None, "en", direct=True) == "cy"
        assert (
            await language_of(work.connection, landscape, stranger, told.network, "en", direct=False) == "cy"
        )
        assert await language_of(work.connection, landscape, stranger, None, "en", direct=True) == "en"
        assert await language_of(work.connection, landscape, member, None, "en", direct=False) == "en"
        await work.set_language(ALICE, "en")
        assert await language_of(work.connection, landscape, member, told.network, "cy", direct=False) == "en"
        assert await work.language_of(ALICE) == "en"


async def told_in(work: Any, language: str) -> None:
    [network] = work.landscape.networks.values()
    await work.change(work.landscape.having(replace(network, language=language)), what="x", about=network.id)


async def test_a_reply_to_a_message_of_the_bot_finds_what_it_answered(told: Told) -> None:
    await told.hears(LEAVE)
    async with told.stage.work() as work:
        assert await outbox.answered_by(work.connection, EventId(PREVIEW)) == "$m1"
        assert await outbox.answered_by(work.connection, EventId("$other")) is None


async def test_when_a_third_person_comes_nothing_private_is_awaited_any_more(told: Told) -> None:
    await told.hears(LEAVE)
    await told.stage.hears(member(1, BEN, "invite", room=DIRECT))
    assert await told.hears(message(2, "!hedge yes")) == "Nothing waits for a yes or no of yours here."
    assert await told.looks_after()


@pytest.mark.parametrize("wrong", [{"sender": BEN}, {"room_id": "!other"}])
async def test_nobody_else_and_from_nowhere_else_takes_a_command_back(told: Told, wrong: Json) -> None:
    await told.hears(LEAVE)
    event = {"event_id": "$x1", "type": "m.room.redaction", "room_id": DIRECT, "sender": ALICE}
    await told.hears({**event, "content": {"redacts": "$m1"}, **wrong})
    await told.hears(message(2, "yes"))
    assert not await told.looks_after()


@pytest.mark.parametrize("odd", ["$\ud800", "$" + "a" * 255, "", 5, None, ["$m1"]])
async def test_an_event_id_that_is_none_is_no_relation(told: Told, odd: object) -> None:
    await told.hears(LEAVE)
    relates = {"m.in_reply_to": {"event_id": odd}, "event_id": odd, "rel_type": "m.thread"}
    await told.hears(message(2, "whoami", content={"m.relates_to": relates}))
    assert (await told.stage.events()).get("set aside", 0) == 0
