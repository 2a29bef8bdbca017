"""Somebody gets a digest in their own client at its hour, and ends it with one word; nobody else gets one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import BOT, Home
from tests.synapse.talking import Talk, Village, soon, without_links

_BLUEPRINT: dict[str, Any] = {"networks": [{"name": "Lantern Lane", "access": "public"}]}
_SOURCES = "appservice.newsroom:sources_of=__import__('tests.synapse.gazette', fromlist=['_']).sources_of"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    directory = tmp_path_factory.mktemp("digests")
    with Village.of(home, directory, _BLUEPRINT, patched=_SOURCES) as village:
        yield village


def _is_eight(village: Village) -> None:
    """The hour at which the next digest of everybody is due has come."""
    now = float(int(time.time()))
    village.hedge.store.rows("UPDATE digest_subscriptions SET next_at = :now", now=now)


async def _is_in_the_lane(talk: Talk, room: str) -> None:
    await talk.person.join(room)

    async def knows() -> bool:
        return "Lantern Lane" in await talk.ask("whoami")

    await soon(knows)


async def _digests(talk: Talk) -> list[list[str]]:
    bodies = await talk.person.bodies(talk.room_id, BOT)
    return [without_links(body).splitlines() for body in bodies if body.startswith("Your digest,")]


async def test_a_digest_comes_once_at_its_hour_and_stop_ends_it(village: Village) -> None:
    lane = (await village.room("Lantern Lane")).id
    async with village.talking("dora", "emil") as (dora, emil):
        for talk in (dora, emil):
            await _is_in_the_lane(talk, lane)
        assert "every day at 08:00" in await dora.ask("digest daily")
        _is_eight(village)
        await soon(lambda: _digests(dora), within=20)
        [said] = await _digests(dora)
        assert said[1:] == ["New networks and groups", "- Lantern Lane", "stop ends these digests."]
        assert "no digests any more" in await dora.ask("stop")
        assert await dora.ask("digest") == (
            "You get no digests. digest weekly or digest daily brings them. Your time zone is Europe/London."
        )
        assert [len(await _digests(talk)) for talk in (dora, emil)] == [1, 0]
