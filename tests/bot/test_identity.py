"""Nobody is taken for somebody else: look-alike names, borrowed aliases, other servers' bots."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appservice.listeners import Listeners
from bot.conversation import Conversation
from bot.networks import network_commands
from bot.ports import Heard
from spaces.identifiers import EventId, RoomId, UserId
from tests.bot.dialogue import BOT, Stage, no_templates

CYRILLIC = "Есоtopia"  # Е, с and о are not Latin
ALL_CYRILLIC = "Сосо"


@pytest.mark.parametrize("name", [CYRILLIC, "Eco\u200btopia\u202e"])
async def test_a38_a_name_of_mixed_or_hidden_letters_is_refused(name: str) -> None:
    stage = Stage(["ada"])
    await stage.say("ada", f"network create {name}")
    assert {network.name for network in stage.work.landscape.networks.values()} <= {"Ecotopia"}


async def test_a38_a_name_that_looks_like_one_that_can_be_seen_is_refused_and_says_which() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Coco")
    answer = await stage.say("ada", f"network create {ALL_CYRILLIC}")
    assert stage.writes == 0
    assert "looks just like “Coco” (coco)" in answer


async def test_a38_a_look_alike_of_a_hidden_network_is_not_refused_since_that_would_tell() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Coco --access invite")
    await stage.say("ada", "network create Fields")
    await stage.say("ada", "coordinator add @eve:example.org --in fields")
    answer = await stage.say("eve", f"network create {ALL_CYRILLIC} --under fields")
    assert "looks just like" not in answer
    assert stage.writes


async def test_a39_an_alias_leads_somewhere_only_if_it_is_ours_to_the_letter() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts")
    assert "Arts" in await stage.say("sam", "show #hedge_arts:example.org")
    for alias in ("#hedge_arts:evil.example", "#hеdge_arts:example.org", "#HEDGE_arts_:example.org"):
        assert "I know no" in await stage.say("sam", f"show {alias}")


async def test_a40_the_like_named_user_of_another_server_is_a_person_and_not_the_bot() -> None:
    other = UserId("@hedgerow:evil.example")
    conversation = Conversation(network_commands(no_templates), BOT)
    heard = Heard(other, RoomId("!r"), EventId("$e"), "help", datetime.now(UTC), is_direct=True)
    assert conversation.what_was_said(heard) == "help"
    listeners = Listeners(conversation, BOT)
    message = {"type": "m.room.message", "event_id": "$e", "room_id": "!r", "content": {}}
    assert listeners.concerns_us({**message, "sender": other})
    assert not listeners.concerns_us({**message, "sender": BOT})
