"""The pages of codes: what they show, what they do not, and that nothing else is on their port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from appservice import pages
from appservice.codes import JoinPages
from appservice.demo.synapse import free_port
from appservice.public import PER_MINUTE, Visits, address_of, build_public
from appservice.server import Server
from appservice.store import codes
from appservice.store.database import Database
from bot.reply import Document
from spaces.codes import Code, digest
from spaces.identifiers import UserId
from spaces.network import Access
from tests.appservice.stage import ALICE, BOT, Stage
from tests.clock import Clock
from tests.fake import FakeHomeserver
from tests.hedgerow import ADMIN, running, settings_for

CODE, NAME, TOPIC = "bcdfg-hjkmn-pqrst", "Night <b>Garden</b>", "Owls & “friends”"
SERVED = pages.invitation(NAME, TOPIC, CODE, UserId("@bot:hs.test"), "1 May 2030", role=False)


@dataclass
class Played:
    """Pages in memory; `failing` as a database that does not answer."""

    known: dict[str, Document] = field(default_factory=lambda: {CODE: SERVED})
    failing: bool = False

    async def invitation(self, code: str) -> Document | None:
        if self.failing:
            raise OSError("the database at /secret/path is gone")
        return self.known.get(code)


@dataclass
class Page:
    status: int
    text: str
    headers: dict[str, str]
    raw: bytes


@dataclass
class Visitor:
    client: aiohttp.ClientSession
    server: Server
    pages: Played
    clock: Clock

    async def get(self, path: str, method: str = "GET", **headers: str) -> Page:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with self.client.request(method, url, headers=headers) as answer:
            raw = await answer.read()
            shown = {name: value for name, value in answer.headers.items() if name != "Date"}
            return Page(answer.status, raw.decode(), shown, raw)


@asynccontextmanager
async def visiting(invitations: Any, language: str = "en", per_minute: int = 1000) -> AsyncIterator[Visitor]:
    clock = Clock()
    server = Server(build_public(invitations, clock, language, per_minute=per_minute))
    await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as client:
            yield Visitor(client, server, invitations, clock)
    finally:
        await server.stop()


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    async with visiting(Played()) as made:
        yield made


# -- the page ---------------------------------------------------------------------------------------


async def test_the_page_says_what_to_type_to_whom(visitor: Visitor) -> None:
    page = await visitor.get(f"/join/{CODE}")
    assert page.status == 200
    assert "<code>redeem bcdfg-hjkmn-pqrst</code>" in page.text
    assert '<a href="https://matrix.to/#/@bot:hs.test">@bot:hs.test</a>' in page.text
    assert "until 1 May 2030" in page.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_what_people_wrote_is_text_and_no_tag(visitor: Visitor) -> None:
    page = await visitor.get(f"/join/{CODE}")
    assert "<title>You are invited to Night &lt;b&gt;Garden&lt;/b&gt;</title>" in page.text
    assert "Owls &amp; “friends”" in page.text
    assert "<b>" not in page.text
    assert "<script" not in page.text


async def test_no_page_is_kept_framed_or_allowed_to_load_anything(visitor: Visitor) -> None:
    for path in (f"/join/{CODE}", "/join/other", "/"):
        headers = (await visitor.get(path)).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Server"] == "hedgerow"


async def test_the_page_has_the_language_of_the_server() -> None:
    async with visiting(Played(), "cy") as visitor:
        assert '<html lang="cy">' in (await visitor.get(f"/join/{CODE}")).text
    assert pages.time_in_words(1_900_000_000, "en") == "17 March 2030, 17:46 UTC"
    assert pages.time_in_words(1_900_000_000, "cy") == "17 Mawrth 2030, 17:46 UTC"


async def test_head_is_answered_like_get_without_the_page(visitor: Visitor) -> None:
    got, head = await visitor.get(f"/join/{CODE}"), await visitor.get(f"/join/{CODE}", "HEAD")
    assert (head.status, head.raw) == (200, b"")
    assert head.headers == got.headers


# -- what is not there ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/join/wrong",
        "/join/",
        "/join/" + "b" * 5000,
        "/join/%3Cscript%3E",
        "/join/%FF",
        "/",
        "/live",
        "/metrics",
        "/_matrix/app/v1/transactions/1",
        "/_matrix/app/v1/users/@bot:hs.test",
        f"/join/{CODE}/more",
    ],
)
async def test_everything_else_is_one_page_byte_for_byte(visitor: Visitor, path: str) -> None:
    nothing = await visitor.get("/join/nothing")
    page = await visitor.get(path)
    assert (page.status, page.raw, page.headers) == (404, nothing.raw, nothing.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", [f"/join/{CODE}", "/join/wrong", "/_matrix/app/v1/transactions/1"])
async def test_nothing_can_be_sent_here(visitor: Visitor, method: str, path: str) -> None:
    page = await visitor.get(path, method)
    assert (page.status, page.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_failure_tells_nothing(visitor: Visitor) -> None:
    visitor.pages.failing = True
    page = await visitor.get(f"/join/{CODE}")
    assert page.status == 503
    assert "secret" not in page.text
    assert CODE not in page.text


# -- how often --------------------------------------------------------------------------------------


async def test_an_address_may_come_so_often_within_a_minute() -> None:
    async with visiting(Played(), per_minute=3) as visitor:
        assert [(await visitor.get(f"/join/{CODE}")).status for _ in range(4)] == [200, 200, 200, 429]
        assert (await visitor.get("/join/x")).headers["Retry-After"] == "60"
        elsewhere = {"X-Forwarded-For": "10.0.0.1, 192.0.2.7"}
        assert (await visitor.get(f"/join/{CODE}", **elsewhere)).status == 200
        visitor.clock.seconds += 60
        assert (await visitor.get(f"/join/{CODE}")).status == 200


async def test_what_a_visitor_says_before_the_proxy_changes_nothing_and_a_house_is_one_address() -> None:
    async with visiting(Played(), per_minute=1) as visitor:

        async def status(said: str) -> int:
            return (await visitor.get(f"/join/{CODE}", **{"X-Forwarded-For": said})).status

        assert [await status(f"10.0.0.{n}, 192.0.2.7") for n in range(2)] == [200, 429]
        assert [await status(f"2001:db8::{n}") for n in range(2)] == [200, 429]
        assert await status("2001:db8:0:1::1") == 200
        assert [await status("nonsense"), await status("other nonsense")] == [200, 429]


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("1.1.1.1", "", "1.1.1.1"),
        ("1.1.1.1", "8.8.8.8", "1.1.1.1"),  # who comes without a proxy may say what they like
        ("127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("::ffff:127.0.0.1", "9.9.9.9, 8.8.8.8", "8.8.8.8"),
        ("172.17.0.1", "8.8.8.8", "8.8.8.8"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("2606:4700::1111", "", "2606:4700::/64"),
        ("", "8.8.8.8", ""),
    ],
)
def test_a_proxy_of_ours_is_believed_and_nobody_else(peer: str, said: str, address: str) -> None:
    headers = {"X-Forwarded-For": said} if said else {}
    assert address_of(make_mocked_request("GET", "/", headers=headers).clone(remote=peer)) == address


def test_the_addresses_that_are_remembered_are_not_without_end() -> None:
    visits = Visits(lambda: 0.0)
    for number in range(10_050):
        assert visits.admit(str(number))
    assert len(visits._seen) == 10_000
    assert [visits.admit("again") for _ in range(PER_MINUTE + 1)] == [True] * PER_MINUTE + [False]


# -- with the store ---------------------------------------------------------------------------------


async def test_the_page_of_a_code_is_there_as_long_as_it_serves(database: Database) -> None:
    stage = Stage(database)
    garden = await stage.found("Night Garden", access=Access.INVITE)
    now = stage.clock()
    async with database.writing() as connection:
        for number, typed, uses in ((1, "bbb", 1), (2, "ccc", None), (3, "ddd", 0), (4, "fff", None)):
            code = Code(number, garden, ALICE, now + 60, uses_left=uses)
            await codes.keep(connection, code, digest(typed), now)
        await codes.revoke(connection, 4, now)
    async with visiting(JoinPages(database, BOT, "en", stage.clock)) as visitor:
        wrong = await visitor.get("/join/zzz")
        assert "You are invited to Night Garden" in (await visitor.get("/join/bbb")).text
        assert "<code>redeem ccc</code>" in (await visitor.get("/join/CcC")).text
        for path in ("/join/ddd", "/join/fff"):
            assert (await visitor.get(path)).raw == wrong.raw
        stage.clock.seconds += 60
        late = await visitor.get("/join/bbb")
        assert (late.status, late.raw, late.headers) == (404, wrong.raw, wrong.headers)


# -- the service ------------------------------------------------------------------------------------


async def test_the_service_shows_pages_on_a_port_of_their_own(
    fake: FakeHomeserver, service_database: str
) -> None:
    port = free_port()
    public = {"listen": f"127.0.0.1:{port}", "base_url": "https://hedgerow.example.org/hedge/"}
    settings = settings_for(fake.base_url, fake.registration, service_database, public=public)
    async with running(settings), aiohttp.ClientSession() as client:
        admin = fake.add_user(ADMIN)
        room = await admin.create_dm(fake.bot)

        admin.send(room, "network create Garden")
        await _said(fake, room, "is made")
        admin.send(room, "code create garden")
        said = await _said(fake, room, "This code lets people into Garden")
        path = said.partition("https://hedgerow.example.org/hedge")[2].split()[0]
        assert path.startswith("/join/")
        async with client.get(f"http://127.0.0.1:{port}{path}") as answer:
            assert answer.status == 200
            assert "You are invited to Garden" in await answer.text()
        async with client.get(f"http://127.0.0.1:{port}/garden/news") as answer:
            assert answer.status == 200
            assert "News of Garden" in await answer.text()
        token = {"Authorization": f"Bearer {fake.registration.hs_token}"}
        transaction = "/_matrix/app/v1/transactions/1"
        async with client.get(f"http://127.0.0.1:{port}{transaction}", headers=token) as answer:
            assert answer.status == 404
        async with client.put(f"http://127.0.0.1:{port}{transaction}", headers=token, json={}) as answer:
            assert answer.status == 405
        async with client.get(f"http://127.0.0.1:{fake.registration.port}{path}") as answer:
            assert answer.status == 404


async def _said(fake: FakeHomeserver, room: str, part: str) -> str:
    """What the bot said there that holds `part`."""
    async with asyncio.timeout(20):
        while True:
            contents = [e.content for e in fake.world.rooms[room].timeline if e.sender == fake.bot]
            bodies = [str(content.get("m.new_content", content).get("body", "")) for content in contents]
            if found := [body for body in bodies if part in body]:
                return found[-1]
            await asyncio.sleep(0.05)
