"""What is announced to those below, read in a member's own client; whom it notifies, as Synapse counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Json
from tests.synapse.home import BOT, Home, user
from tests.synapse.talking import Talk, Village, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Weald",
            "access": "public",
            "coordinators": [user("gwenda")],
            "networks": [{"name": "Hop Club", "access": "public", "coordinators": [user("hywel")]}],
        }
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("announcements"), _BLUEPRINT) as village:
        yield village


async def _announced(talk: Talk, text: str) -> str:
    """The preview of it, to which they say yes."""
    preview = await talk.ask(f"announce weald {text} --to descendants")
    assert "Announced as number" in await talk.ask("yes")
    return preview


async def _posts(talk: Talk, room: str) -> list[Json]:
    """What the bot has said there and was not redacted, the oldest first."""
    events = (e for e in await talk.person.messages(room) if e["type"] == "m.room.message")
    found = [e["content"] for e in events if e["sender"] == BOT and e["content"].get("body")]
    return sorted(found, key=lambda content: str(content["body"]))


async def _highlights(talk: Talk, room: str) -> int:
    joined = (await talk.person.call("GET", "/_matrix/client/v3/sync"))["rooms"]["join"]
    return int(joined[room]["unread_notifications"].get("highlight_count", 0))


async def test_n3_a_member_below_reads_it_once_and_is_notified_only_where_that_was_agreed_to(
    village: Village,
) -> None:
    news = (await village.room("Hop Club: news")).id
    async with village.talking("gwenda", "ifan") as (gwenda, ifan):
        await ifan.person.join((await village.room("Hop Club")).id)
        await ifan.person.join(news)

        async def knows() -> bool:
            return "Hop Club" in await ifan.ask("whoami")

        await soon(knows)
        preview = await _announced(gwenda, "@Room is no word that notifies anybody")
        assert "in the news of 2 networks" in preview
        assert "notified" not in preview

        async def there(count: int) -> bool:
            return len(await _posts(ifan, news)) == count

        await soon(lambda: there(1))
        [post] = await _posts(ifan, news)
        assert post["body"].startswith("Weald ")
        assert "by gwenda" in post["body"] or f"by {gwenda.user_id}" in post["body"]
        assert post["m.mentions"] == {}
        assert await _highlights(ifan, news) == 0
        assert "everyone in these rooms is notified" in await _announced(gwenda, "@room The hops are in")
        await soon(lambda: there(2))
        assert await _highlights(ifan, news) == 1
        listed = await ifan.ask("announcements")
        assert listed.count("The hops are in") == 1
        number = next(line for line in listed.splitlines() if "hops" in line).split()[1]
        assert "cannot be undone" in await gwenda.ask(f"announcement withdraw {number}")
        await gwenda.ask("yes")
        await soon(lambda: there(1))
