"""The news on the public listener: who is shown it, when it has changed, and the one answer for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import pytest

from appservice.hsds.api import Api
from appservice.hsds.served import EveryonesDirectory
from appservice.news_pages import FirstSeen, NewsPages
from appservice.paper import page
from appservice.public import build_public
from appservice.server import Server
from appservice.store.database import Database
from spaces.news import News
from tests.appservice.paper.made_up import hostile, story, whole_week
from tests.appservice.test_public import Page, Played
from tests.clock import Clock

PATHS = ("/somerset/news", "/somerset/feed.atom")


@dataclass
class Told:
    """News in memory, by short name."""

    known: dict[str, News] = field(default_factory=lambda: {"somerset": whole_week(), "old": whole_week()})
    failing: bool = False

    async def lately(self, slug: str) -> News | None:
        if self.failing:
            raise OSError("the database at /secret/path is gone")
        return self.known.get(slug)


@dataclass
class Reader:
    client: aiohttp.ClientSession
    port: int
    told: Told
    clock: Clock

    async def get(self, path: str, method: str = "GET", **headers: str) -> Page:
        url = f"http://127.0.0.1:{self.port}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(method, url, headers=named, allow_redirects=False) as answer:
            raw = await answer.read()
            shown = {name: value for name, value in answer.headers.items() if name != "Date"}
            return Page(answer.status, raw.decode(), shown, raw)


@asynccontextmanager
async def reading(
    *, news: bool = True, per_minute: int = 1000, api: Api | None = None
) -> AsyncIterator[Reader]:
    told, clock = Told(), Clock()
    pages = NewsPages(told, "https://hedgerow.example.org", clock) if news else None
    server = Server(build_public(Played(), clock, "en", per_minute=per_minute, api=api, news=pages))
    await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as client:
            yield Reader(client, server.port, told, clock)
    finally:
        await server.stop()


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with reading() as made:
        yield made


async def test_n5_the_page_and_the_feed_of_a_network_are_there(reader: Reader) -> None:
    shown, feed = [await reader.get(path) for path in PATHS]
    assert (shown.status, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<h1" in shown.text
    assert (feed.status, feed.headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    assert 'href="https://hedgerow.example.org/somerset/feed.atom"' in feed.text


async def test_nothing_is_loaded_and_only_its_own_style_holds(reader: Reader) -> None:
    reader.told.known["somerset"] = hostile()
    for path in PATHS:
        answer = await reader.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "<script" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.STYLE_HASH in (await reader.get(PATHS[0])).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/hidden/news",
        "/hidden/feed.atom",
        "/join/news",
        "/%3Cscript%3E/news",
        "/SOMERSET/news",
        "/somerset/news/",
        "/somerset/feed",
        "/news",
        f"/{'a' * 500}/news",
        "/services/news",
    ],
)
async def test_a44_what_has_no_news_is_what_is_not_there_byte_for_byte(reader: Reader, path: str) -> None:
    nothing, answer = await reader.get("/nothing/news"), await reader.get(path)
    assert (answer.status, answer.raw, answer.headers) == (404, nothing.raw, nothing.headers)
    assert (nothing.raw, nothing.headers) == ((other := await reader.get("/join/no")).raw, other.headers)
    assert "Etag" not in nothing.headers


async def test_switched_off_it_is_not_there() -> None:
    async with reading(news=False) as reader:
        nothing = await reader.get("/nothing")
        for path in PATHS:
            answer = await reader.get(path)
            assert (answer.status, answer.raw, answer.headers) == (404, nothing.raw, nothing.headers)


async def test_a_network_called_as_a_path_of_the_directory_has_its_news_too() -> None:
    directory = Api(EveryonesDirectory(Database("sqlite+aiosqlite://"), "hs.test"), "")
    async with reading(api=directory) as reader:
        reader.told.known["services"] = whole_week(slug="services")
        assert "News of Somerset" in (await reader.get("/services/news")).text
        other = await reader.get("/services/an/other")
        assert (other.status, other.headers["Content-Type"]) == (404, "application/json; charset=utf-8")


async def test_a_name_that_it_once_had_leads_to_it(reader: Reader) -> None:
    for what in ("news", "feed.atom"):
        answer = await reader.get(f"/old/{what}")
        assert (answer.status, answer.headers["Location"]) == (301, f"../somerset/{what}")


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_it_as_it_is_is_told_so(reader: Reader, path: str) -> None:
    first = await reader.get(path)
    tag, since = first.headers["Etag"], first.headers["Last-Modified"]
    assert first.headers["Cache-Control"] == "no-cache"
    for known in ({"If_None_Match": tag}, {"If_None_Match": f'"x", W/{tag}'}, {"If_Modified_Since": since}):
        again = await reader.get(path, **known)
        assert (again.status, again.raw) == (304, b"")
        assert (again.headers["Etag"], again.headers["Last-Modified"]) == (tag, since)
    assert (await reader.get(path, If_None_Match='"x"', If_Modified_Since=since)).status == 200
    head = await reader.get(path, "HEAD")
    assert (head.status, head.raw, head.headers["Etag"]) == (200, b"", tag)


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_withdrawn_is_gone_for_who_asks_by_time_alone_too(reader: Reader, path: str) -> None:
    first = await reader.get(path)
    reader.told.known["somerset"] = replace(whole_week(), stories=(story(),))
    after = await reader.get(path, If_Modified_Since=first.headers["Last-Modified"])
    assert after.status == 200
    assert "Frogs" in first.text
    assert "Frogs" not in after.text
    assert after.headers["Etag"] != first.headers["Etag"]


def test_the_time_of_a_change_goes_only_forward() -> None:
    clock = Clock()
    seen = FirstSeen(clock)
    began = int(clock.seconds)
    assert [seen.at("/a", tag) for tag in "xxyx"] == [began, began, began + 1, began + 2]
    clock.seconds += 100
    assert seen.at("/a", "x") == began + 2
    assert seen.at("/a", "z") == began + 100
    for number in range(1_500):
        seen.at(f"/{number}", "x")
    assert len(seen._kept) == 1_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_sent_there(reader: Reader, method: str) -> None:
    for path in PATHS:
        assert (await reader.get(path, method)).status == 405


async def test_it_is_read_so_often_within_a_minute_and_a_failure_tells_nothing() -> None:
    async with reading(per_minute=2) as reader:
        assert [(await reader.get(PATHS[1])).status for _ in range(3)] == [200, 200, 429]
    async with reading() as reader:
        reader.told.failing = True
        answer = await reader.get(PATHS[0])
        assert (answer.status, "secret" in answer.text) == (503, False)
