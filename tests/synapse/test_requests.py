"""Asking to be let in, on a real homeserver: by `join`, decided by a reaction; denied; by a knock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.second_client import Json, Refused, SecondClient
from tests.synapse.home import BOT, Home, user
from tests.synapse.talking import Talk, Village

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Orchard", "access": "private", "ask": True, "coordinators": [user("olga")]},
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("requests"), _BLUEPRINT) as village:
        yield village


async def _until(look: Callable[[], Awaitable[Any]], within: float = 30.0) -> Any:
    async with asyncio.timeout(within):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.1)


async def _told(talk: Talk, words: str) -> Json:
    """What the bot has told them unasked, with these words in it."""

    async def look() -> Json | None:
        said = await talk.person.messages(talk.room_id)
        told = [e for e in said if e["sender"] == BOT and words in e["content"].get("body", "")]
        return told[-1] if told else None

    return await _until(look)


async def _is_invited(person: SecondClient, room: str) -> bool:
    return room in await person.invites()


async def test_who_asks_is_let_in_by_a_reaction_and_gets_in(village: Village) -> None:
    orchard = (await village.room("Orchard")).id
    async with village.talking("olga", "pia") as (olga, pia):
        assert "You are" in await olga.ask("whoami")
        with pytest.raises(Refused):
            await pia.person.join(orchard)
        assert "is with its coordinators" in await pia.ask("join Orchard")
        wish = await _told(olga, f"{pia.user_id} would like to join Orchard")
        assert wish["content"]["msgtype"] == "m.text"
        assert wish["content"]["m.mentions"] == {"user_ids": [olga.user_id]}
        await pia.person.react(pia.room_id, (await _told(pia, "is with its"))["event_id"], "✅")
        await olga.person.react(olga.room_id, wish["event_id"], "✅")
        await _told(pia, "You may come in")
        await _told(olga, ", and I tell them.")
        await _until(lambda: _is_invited(pia.person, orchard))
        await pia.person.join(orchard)
        assert (await pia.person.members(orchard))[pia.user_id] == "join"
        assert "Nobody asks" in await olga.ask("requests")


async def test_who_is_denied_hears_it_and_stays_outside(village: Village) -> None:
    orchard = (await village.room("Orchard")).id
    async with village.talking("olga", "rob") as (olga, rob):
        await rob.ask("join Orchard")
        wish = await _told(olga, f"{rob.user_id} would like to join Orchard")
        number = str(wish["content"]["body"]).partition("approve ")[2].split()[0]
        assert "does not get into" in await olga.ask(f"deny {number} --word Come in spring")
        assert "“Come in spring”" in (await _told(rob, "cannot let you in"))["content"]["body"]
        assert not await _is_invited(rob.person, orchard)
        with pytest.raises(Refused):
            await rob.person.join(orchard)


async def _open_for_knocks(village: Village, room: str) -> None:
    """Make the join rule `knock`, as only the bot's account can."""
    token = yaml.safe_load((village.home.directory / "registration.yaml").read_text())["as_token"]
    path = f"/_matrix/client/v3/rooms/{quote(room)}/state/m.room.join_rules/"
    async with SecondClient(village.home.synapse.base_url, BOT, token) as bot:
        await bot.call("PUT", path, {"join_rule": "knock"}, user_id=BOT)


async def _knock(person: SecondClient, room: str, reason: str) -> None:
    await person.call("POST", f"/_matrix/client/v3/knock/{quote(room)}", {"reason": reason})


async def test_a_knock_is_shown_approved_or_sent_away_with_a_reason(village: Village) -> None:
    orchard = (await village.room("Orchard")).id
    await _open_for_knocks(village, orchard)
    async with village.talking("olga") as (olga,), village.home.people("ulf", "vera") as (ulf, vera):
        for person, reason in ((ulf, "I bring apples"), (vera, "I bring wasps")):
            await _knock(person, orchard, reason)
            assert f"“{reason}”" in (await _told(olga, f"{person.user_id} would like"))["content"]["body"]
        shown = await olga.ask("requests")
        first, second = (shown.partition(f"{p.user_id} would like")[2] for p in (ulf, vera))
        yes, no = (text.partition("approve ")[2].split()[0] for text in (first, second))
        assert "is invited to Orchard" in await olga.ask(f"approve {yes}")
        await _until(lambda: _is_invited(ulf, orchard))
        await ulf.join(orchard)
        assert "does not get into" in await olga.ask(f"deny {no} --word No wasps")
        gone = await ulf.content(orchard, "m.room.member", vera.user_id)
        assert (gone["membership"], gone["reason"]) == ("leave", "No wasps")
