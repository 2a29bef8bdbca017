"""Codes on a real homeserver: a stranger comes into a private network, another gets a coordinator's power.

Their pages: what they say leads in, and what they do not say tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import aiohttp
import pytest
import yaml

from appservice.demo.synapse import free_port
from tests.second_client import Refused
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Harbour",
            "access": "private",
            "topic": "Boats & tides",
            "coordinators": [user("cora")],
            "groups": [{"name": "Rowing"}, {"name": "Trustees", "access": "invite"}],
        }
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    listen = f"127.0.0.1:{free_port()}"
    pages = {"HEDGEROW_PUBLIC__LISTEN": listen, "HEDGEROW_PUBLIC__BASE_URL": f"http://{listen}"}
    with Village.of(home, tmp_path_factory.mktemp("codes"), _BLUEPRINT, settings=pages) as village:
        yield village


async def _code(talk: Talk, command: str) -> str:
    said = await talk.ask(command)
    if "Shall I?" in said:
        said = await talk.ask("yes")
    found = re.search(r"redeem ([2-9a-z]{5}-[2-9a-z]{5}-[2-9a-z]{5})", said)
    assert found, said
    return found[1]


async def test_a_stranger_redeems_a_code_and_joins_a_private_network_and_its_groups(village: Village) -> None:
    async with village.talking("cora", "sam") as (cora, sam):
        space, rowing = (await village.room("Harbour")).id, (await village.room("Rowing")).id
        trustees = (await village.room("Trustees")).id
        with pytest.raises(Refused):
            await sam.person.join(space, via=[SERVER])
        code = await _code(cora, "code create Harbour --uses 1 --groups Rowing, Trustees")
        said = await sam.ask(f"redeem {code.upper()}")
        assert said == (
            "Invitations to Harbour and Trustees wait for you: accept them in your client. "
            "From there you get into Rowing, too."
        )
        for room in (space, rowing, trustees):
            await sam.person.join(room, via=[SERVER])
        assert (await village.room("Trustees")).members[sam.user_id] == "join"
        async with village.talking("tom") as (tom,):
            assert (await tom.ask(f"redeem {code}")).startswith("That code does not let you in.")
            with pytest.raises(Refused):
                await tom.person.join(space, via=[SERVER])


async def test_a_code_for_the_role_gives_power_in_every_room_of_the_network(village: Village) -> None:
    async with village.talking("cora", "ruth") as (cora, ruth):
        code = await _code(cora, "code create Harbour --role coordinator")
        said = await ruth.ask(f"redeem {code}")
        assert said == (
            "You look after Harbour from now on. An invitation to it waits for you: accept it in your client."
        )
        for name in ("Harbour", "Harbour: welcome", "Harbour: news", "Rowing", "Trustees"):
            levels = (await village.room(name)).content("m.room.power_levels")
            assert levels["users"][ruth.user_id] == 50, name
        space = (await village.room("Harbour")).id
        await ruth.person.join(space, via=[SERVER])
        assert (await ruth.ask("code list")).startswith("There is no code at present")
        assert "is made" in await ruth.ask("group create Sailing --in Harbour")


# -- the pages --------------------------------------------------------------------------------------


async def _page(village: Village, path: str, method: str = "GET", **more: Any) -> tuple[int, str, list[Any]]:
    """Its status, its text and its headers but for the date, in their order."""
    url = f"{village.hedge.settings['HEDGEROW_PUBLIC__BASE_URL']}{path}"
    async with aiohttp.ClientSession() as client, client.request(method, url, **more) as answer:
        headers = [(name, value) for name, value in answer.headers.items() if name != "Date"]
        return answer.status, await answer.text(), headers


def _expired(village: Village, number: int) -> None:
    """Make a code one of long ago: the shortest lasts an hour."""
    village.hedge.store.rows("UPDATE codes SET expires_at = 1700000000 WHERE number = :n", n=number)


async def test_i2_whoever_types_what_the_page_says_is_in(village: Village) -> None:
    async with village.talking("cora", "paula") as (cora, paula):
        said = await cora.ask("code create Harbour --uses 1 --expires 2d")
        [address] = re.findall(r"http://127\.0\.0\.1:\d+(/join/\S+)", said)
        status, text, _ = await _page(village, address)
        assert status == 200
        assert "You are invited to Harbour" in text
        assert "Boats &amp; tides" in text
        assert re.search(r"can be used until \d+ \w+ \d{4}, \d\d:\d\d UTC", text)
        assert f'<a href="https://matrix.to/#/{BOT}">{BOT}</a>' in text
        [typed] = re.findall(r"<code>([^<]*)</code>", text)
        assert (await paula.ask(unescape(typed))).startswith("An invitation to Harbour waits for you")
        space = (await village.room("Harbour")).id
        await paula.person.join(space, via=[SERVER])
        assert (await village.room("Harbour")).members[paula.user_id] == "join"
        assert (await _page(village, address))[0] == 404  # it was the only use


async def test_i2_a_page_tells_nothing_of_why_a_code_lets_nobody_in(village: Village) -> None:
    async with village.talking("cora", "quinn") as (cora, quinn):
        codes = [await cora.ask("code create Harbour --uses 1") for _ in range(3)]
        used, revoked, expired = [
            (re.findall(r"/join/\S+", said)[0], int(re.findall(r"code revoke (\d+)", said)[0]))
            for said in codes
        ]
        assert {(await _page(village, path))[0] for path, _ in (used, revoked, expired)} == {200}
        await quinn.ask(f"redeem {used[0]}")
        await cora.ask(f"code revoke {revoked[1]}")
        _expired(village, expired[1])
        wrong = await _page(village, "/join/bcdfg-hjkmn-pqrst")
        assert wrong[0] == 404
        for path in (used[0], revoked[0], expired[0], "/join", "/join/", "/join/no-code-at-all"):
            assert await _page(village, path) == wrong, path


async def test_nothing_of_the_application_service_api_is_on_the_port_of_the_pages(village: Village) -> None:
    registration = yaml.safe_load((village.home.directory / "registration.yaml").read_text())
    token = {"Authorization": f"Bearer {registration['hs_token']}"}
    nothing = await _page(village, "/join/bcdfg-hjkmn-pqrst")
    for path in (f"users/{BOT}", "rooms/%23hedge_x:hs.test", "thirdparty/protocol/hedgerow", "ping"):
        assert await _page(village, f"/_matrix/app/v1/{path}", headers=token) == nothing
    assert await _page(village, "/live") == nothing == await _page(village, "/ready")
    sent = await _page(village, "/_matrix/app/v1/transactions/9", "PUT", headers=token, json={"events": []})
    assert (sent[0], sent[1]) == (405, nothing[1])
