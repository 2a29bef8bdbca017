"""Who is banned from a network stays out of its Space and of what is made in it later, until it is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.second_client import Refused
from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Talk, Village

_BLUEPRINT: dict[str, Any] = {"networks": [{"name": "Orchard", "coordinators": [user("cora")]}]}
_SPACE = f"#hedge_orchard:{SERVER}"


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("bans"), _BLUEPRINT) as village:
        yield village


async def _is_kept_out(talk: Talk, alias: str) -> bool:
    try:
        await talk.person.join(alias)
    except Refused as error:
        return error.status == 403
    return False


async def _until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while True:
            if await look():
                return
            await asyncio.sleep(0.2)


async def test_s1_who_is_banned_cannot_come_back_until_it_is_undone(village: Village) -> None:
    async with village.talking("cora", "mia") as (cora, mia):
        await mia.person.join(_SPACE)
        await mia.person.join(f"#hedge_orchard_welcome:{SERVER}")
        await _until(lambda: _are_seen(village, cora, mia))
        assert "Shall I?" in await cora.ask(f"ban {mia.user_id} --in orchard --tree --reason Wasps")
        assert "is banned from Orchard." in await cora.ask("yes")
        for room in ("Orchard", "Orchard: welcome", "Orchard: news"):
            found = await village.room(room)
            assert found.members[mia.user_id] == "ban", room
            assert found.content("m.room.member", mia.user_id)["reason"] == "Wasps"
        assert await _is_kept_out(mia, _SPACE)
        await cora.ask("group create Pears --in orchard --access public")
        assert (await village.room("Pears")).members[mia.user_id] == "ban", "though she was never there"
        assert await _is_kept_out(mia, f"#hedge_orchard_pears:{SERVER}")
        assert "I cannot let you into" in await mia.ask("join orchard")
        listed = await cora.ask("bans orchard")
        assert mia.user_id in listed
        assert "Wasps" in listed
        assert "Shall I?" in await cora.ask("undo")
        assert "is undone" in await cora.ask("yes")
        await mia.person.join(_SPACE)
        await mia.person.join(f"#hedge_orchard_pears:{SERVER}")
        assert "undid entry" in await cora.ask("audit orchard")


async def _are_seen(village: Village, cora: Talk, mia: Talk) -> bool:
    return mia.user_id in await _preview(cora, mia)


async def _preview(cora: Talk, mia: Talk) -> str:
    said = await cora.ask(f"kick {mia.user_id} --in orchard")
    if "out of 2 rooms" in said:
        await cora.ask("no")
        return said
    return ""


async def test_h5_a_ban_with_elements_own_button_is_one_from_the_network(village: Village) -> None:
    async with village.talking("cora", "eve") as (cora, eve):
        space = (await village.room("Orchard")).id
        await cora.person.join(_SPACE)
        path = f"/_matrix/client/v3/rooms/{space}"
        await cora.person.call("POST", f"{path}/ban", {"user_id": eve.user_id, "reason": "Wasps"})
        await _until(lambda: _is_banned(village, "Orchard: welcome", eve))
        assert eve.user_id in await cora.ask("bans")
        assert "by hand, in a Matrix client" in await cora.ask("audit orchard")
        await cora.person.call("POST", f"{path}/unban", {"user_id": eve.user_id})
        await _until(lambda: _is_free(village, "Orchard: welcome", eve))
        await eve.person.join(_SPACE)


async def _is_banned(village: Village, room: str, talk: Talk) -> bool:
    return (await village.room(room)).members.get(talk.user_id) == "ban"


async def _is_free(village: Village, room: str, talk: Talk) -> bool:
    return not await _is_banned(village, room, talk)
