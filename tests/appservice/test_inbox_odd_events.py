"""Events of any shape: each is handled or set aside, and the stream goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from appservice.event import Event
from appservice.listeners import Listeners
from appservice.store.database import Database
from appservice.work import UnitOfWork
from bot.conversation import Conversation
from bot.networks import network_commands
from config.blueprints import template
from tests.appservice.stage import (
    ALICE,
    BOT,
    DIRECT,
    PlayedRooms,
    Stage,
    member,
    message,
    says,
)


async def test_events_nested_as_deep_as_can_be_read_do_not_stop_the_others(stage: Stage) -> None:
    for levels in range(900, 1000):
        nested = json.dumps(message(levels, content={"x": "HERE"}))
        nested = nested.replace('"HERE"', "[" * levels + "]" * levels)
        await stage.mailbox.accept("1", f'{{"events":[{nested}]}}'.encode())
    actions = await stage.hears(message(1))
    answered = {said.said for said in says(actions)}
    assert {"answer:$m1", "answer:$m900"} <= answered


ODD_BODIES = [b"", b"[]", b"null", b'{"events":{}}', b'{"events":[null,5,"x",[]]}', b"\xff\xfe", b'{"events"']


async def test_a_transaction_that_is_none_does_not_stop_the_stream(stage: Stage) -> None:
    for body in ODD_BODIES:
        await stage.mailbox.accept("1", body)
    assert len(await stage.hears(message(1))) == 1


ODD_TEXT = ["a\0b", "\ud800", "\udfff\ud800", "x" * 5000, "\u202e", "\n", "", "𐍈" * 100, "e\u0301" * 1000]


@pytest.mark.parametrize("part", ["event_id", "type", "room_id", "sender", "state_key"])
async def test_a32_odd_text_in_any_part_of_an_event_does_not_stop_the_others(stage: Stage, part: str) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    odd = [{**member(n, "@ben:hs.test", "join", f"!{arts}"), part: text_} for n, text_ in enumerate(ODD_TEXT)]
    actions = await stage.hears(*odd, message(9))
    assert [said.said for said in says(actions)] == ["answer:$m9"]


async def test_a32_odd_text_in_a_body_is_answered_and_kept_safely(stage: Stage) -> None:
    events = [
        message(n, f"show {odd}", content={"formatted_body": odd, odd: odd}) for n, odd in enumerate(ODD_TEXT)
    ]
    actions = await stage.hears(*events)
    assert [said.said for said in says(actions)] == [f"answer:$m{n}" for n in range(len(ODD_TEXT))]


async def test_a32_odd_text_in_a_membership_does_not_stop_the_others(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    odd = [member(n, "@ben:hs.test", text_, f"!{arts}") for n, text_ in enumerate(ODD_TEXT)]
    actions = await stage.hears(*odd, message(9))
    assert [said.said for said in says(actions)] == ["answer:$m9"]


async def test_an_event_that_the_database_itself_refuses_is_set_aside_in_the_end(database: Database) -> None:
    class Unkeepable(Listeners):
        async def hear(self, event: Event, work: UnitOfWork) -> None:
            if event.id == "$m1":
                await work.connection.execute(text("INSERT INTO marks (name, value) VALUES ('x', NULL)"))
            await super().hear(event, work)

    conversation = Conversation(network_commands(template), BOT)
    stage = Stage(database, Unkeepable(conversation, BOT))
    await stage.knows(DIRECT, ALICE)
    actions = await stage.hears(message(1), message(2))
    assert "answer:$m2" in [said.said for said in says(actions)]
    assert [status for _, status, _, _ in await stage.stored()] == ["set aside", "handled"]


words = st.one_of(
    st.sampled_from(["m.room.message", "m.room.member", "m.room.encrypted", "m.room.name", "join", "m.text"]),
    st.sampled_from([ALICE, BOT, DIRECT, "!elsewhere", "@far:elsewhere.test", "help", "show Arts", ""]),
    st.text(st.characters(), max_size=8),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
CONTENT_KEYS = ["body", "msgtype", "membership", "m.relates_to", "m.mentions", "m.new_content", "is_direct"]
contents = st.dictionaries(st.sampled_from(CONTENT_KEYS) | words, values, max_size=4)
EVENT_KEYS = {"type": words, "room_id": words, "sender": words, "state_key": words, "content": contents}
odd_events = st.one_of(
    st.dictionaries(st.sampled_from([*EVENT_KEYS, "event_id", "unsigned"]), values, max_size=6),
    st.fixed_dictionaries({"event_id": words}, optional=EVENT_KEYS),
    st.fixed_dictionaries({"event_id": words, **EVENT_KEYS}),
    values,
)


@given(events=st.lists(odd_events, min_size=10, max_size=10))
@settings(
    max_examples=30,  # of ten events each
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the stream goes on from one to the next
)
async def test_a35_a62_events_of_any_shape_never_stop_the_stream(stage: Stage, events: list[Any]) -> None:
    async with stage.running():
        await stage.push(*events)
        await stage.until_worked_off()
