"""An event in the news of a network: people react in their own clients, and who comes is counted right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import BOT, Home, user
from tests.synapse.talking import Talk, Village, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [{"name": "Jubilee", "access": "public", "coordinators": [user("jonas")]}]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("calendar"), _BLUEPRINT) as village:
        yield village


async def _shows(talk: Talk, number: str, words: str) -> None:
    async def is_so() -> bool:
        return words in await talk.ask(f"event {number}")

    await soon(is_so)


async def _last(talk: Talk, room: str) -> tuple[str, str]:
    """The bot's message in the news, and its words as they stand now."""
    said = [e for e in await talk.person.messages(room) if e["sender"] == BOT and "body" in e["content"]]
    relation = said[-1]["content"].get("m.relates_to", {})
    content = said[-1]["content"].get("m.new_content", said[-1]["content"])
    return relation.get("event_id", said[-1]["event_id"]), content["body"]


async def test_who_comes_is_counted_by_ticks_that_stand_of_people_who_are_there(village: Village) -> None:
    news = (await village.room("Jubilee: news")).id
    async with village.talking("jonas", "karin", "lothar") as (jonas, karin, lothar):
        for talk in (karin, lothar):
            await talk.person.join(news)
        said = await jonas.ask('event "Tea and cake" 30d 15:00 --until 5pm --at "The long barn"')
        number = said.partition("Event ")[2].split(",")[0]
        message, words = await _last(karin, news)
        assert words.startswith("Tea and cake\nWhen: ")
        assert "Where: The long barn" in words
        first = await karin.person.react(news, message, "✅")
        second = await karin.person.react(news, message, "✔️")
        theirs = await lothar.person.react(news, message, "✅")
        await _shows(karin, number, "2 people come. You come.")
        await karin.person.redact(news, first)
        await lothar.person.redact(news, theirs)
        await _shows(jonas, number, f"One person comes.\nWho comes: {karin.user_id}")
        await karin.person.redact(news, second)
        await _shows(karin, number, "Nobody has said yet")
        await lothar.person.react(news, message, "✅")
        await _shows(karin, number, "One person comes.")
        await lothar.person.leave(news)
        await _shows(karin, number, "Nobody has said yet")
        assert "is changed" in await jonas.ask(f"event edit {number} --time 16:00")

        async def is_edited() -> bool:
            edited, words = await _last(karin, news)
            return edited == message and ", 16:00 to 18:00" in words

        await soon(is_edited)
