"""People in the directory on a real homeserver: each finds what is shown to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Village, soon

_BLUEPRINT: dict[str, Any] = {
    "networks": [{"name": "Harbour", "access": "private", "ask": True, "coordinators": [user("cora")]}]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("profiles"), _BLUEPRINT) as village:
        yield village


async def test_d2_two_members_and_a_stranger_find_what_is_shown_to_each(village: Village) -> None:
    async with village.talking("cora", "mia", "ben", "sam") as (cora, mia, ben, sam):
        space = (await village.room("Harbour")).id
        for talk in (cora, mia, ben):
            if talk is not cora:
                await cora.ask(f"invite {talk.user_id} --to harbour")
            await talk.person.join(space, via=[SERVER])

        async def is_found(talk: Any, word: str) -> bool:
            return user("mia") in await talk.ask(f"find {word} --kind person")

        async def is_member() -> bool:
            return "members of Harbour" in await mia.ask("profile show network harbour --field skills")

        await mia.ask("profile set skills: caulking; place: Watchet")
        assert not await is_found(ben, "caulking")
        await soon(is_member)
        assert "everyone finds it" in await mia.ask("profile show public --field place")
        assert await is_found(ben, "caulking")
        assert not await is_found(sam, "caulking")
        assert await is_found(sam, "watchet")
        await mia.person.leave(space)

        async def is_gone() -> bool:
            return not await is_found(ben, "caulking")

        await soon(is_gone)
        assert await is_found(ben, "watchet")
        assert (await mia.ask("profile hide")).startswith("Nobody finds you")
        assert not await is_found(sam, "watchet")
