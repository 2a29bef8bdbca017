"""A message becomes a story of two networks on a real homeserver, and is gone once it is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from appservice.store.database import Database
from appservice.story_news import StoriesSource
from bot.digests.items import Period, Reader
from bot.reply import plain_text
from spaces.identifiers import UserId
from spaces.nearness import Nearness
from tests.appservice.stage import Stage
from tests.synapse.home import Home, user
from tests.synapse.talking import Talk, Village, soon

_UNKNOWN = "No story {} waits for you. stories shows those that do."
_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Storyshire",
            "access": "public",
            "coordinators": [user("petra")],
            "networks": [
                {
                    "name": "Storyarts",
                    "access": "private",
                    "coordinators": [user("carys")],
                    "groups": [{"name": "Storysong", "access": "private"}],
                }
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("stories"), _BLUEPRINT) as village:
        yield village


async def _joins(talk: Talk, village: Village, *names: str) -> None:
    for name in names:
        await talk.person.join((await village.room(name)).id)

    async def is_known() -> bool:
        return names[:2][-1] in await talk.ask("whoami")

    await soon(is_known)


async def _told(village: Village, reader: str) -> list[str]:
    """The lines of stories that a digest would have for them now."""
    database = Database(village.hedge.store.driven_url)
    try:
        async with Stage(database).works.preview("test") as work:
            standing = await work.standing_of(UserId(reader))
            sight = work.directory.sight_of(standing)
            near = Nearness(work.landscape, sight)
            whose = Reader(UserId(reader), standing, sight, sight.member_of, near)
            found = await StoriesSource(work).items(whose, Period(0.0, 4e9))
            return [plain_text(item.line) for item in found]
    finally:
        await database.close()


async def test_a_story_goes_up_from_a_star_to_a_reader_above_and_is_gone_when_it_is_taken_back(
    village: Village,
) -> None:
    async with village.talking("petra", "carys", "anwen", "bryn", "rhys") as (
        petra,
        carys,
        anwen,
        bryn,
        rhys,
    ):
        await _joins(rhys, village, "Storyshire")
        for talk in (anwen, bryn):
            await _joins(talk, village, "Storyshire", "Storyarts", "Storysong")
        song = (await village.room("Storysong")).id
        event = await anwen.person.say(song, "We sang for too hours")
        new = {"msgtype": "m.text", "body": "We sang for two hours"}
        relation = {"rel_type": "m.replace", "event_id": event}
        await anwen.person.say(song, "* We sang", **{"m.new_content": new, "m.relates_to": relation})
        await bryn.person.react(song, event, "⭐")
        await soon(lambda: anwen.has_heard("proposed as a story to the coordinators of Storyarts"))
        shown = await carys.ask("stories")
        assert "“We sang for two hours”, by anwen (Storysong → Storyarts)" in shown
        number = shown.partition(" for Storyarts")[0].split()[-1]
        assert await petra.ask(f"story take {number}") == _UNKNOWN.format(number)
        assert "offered to Storyshire" in await carys.ask(f"story take {number} --headline Singing helps")
        assert await _told(village, rhys.user_id) == []
        assert "takes “Singing helps”" in await petra.ask(f"story take {number}")
        assert await _told(village, rhys.user_id) == [
            "“Singing helps”, by anwen (a group of Storyarts → Storyshire)"
        ]
        assert "taken away" in await anwen.ask(f"withdraw {number}")
        assert await _told(village, rhys.user_id) == []
        other = await anwen.person.say(song, "And again")
        refused = await bryn.person.say(
            song, "story", **{"m.relates_to": {"m.in_reply_to": {"event_id": other}}}
        )
        assert (
            "It is proposed"
            in (await bryn.person.wait_for_reply(song, refused, 20.0, 1))[0]["content"]["body"]
        )
        await anwen.person.redact(song, other)

        async def is_gone() -> bool:
            return "And again" not in await carys.ask("stories")

        await soon(is_gone)
