"""What is served to everyone, without asking who they are, holds nothing hidden."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from appservice.codes import JoinPages
from appservice.ecosystems import Ecosystems
from appservice.hsds.api import Api
from appservice.hsds.served import EveryonesDirectory
from appservice.ics import CalendarFiles
from appservice.news_pages import NewsPages
from appservice.public import build_public
from appservice.public_news import PublicNews
from appservice.server import Server
from appservice.store.database import Database
from spaces.open_referral import own_id
from tests.appservice.stage import BOT, Stage
from tests.clock import Clock
from tests.leaks.furnishing import furnished

_PATHS = (
    "/",
    "/openapi.json",
    "/services",
    "/services?page=2&per_page=1",
    "/organizations",
    "/services?search=painting",
    "/organizations?search={word}",
    "/services?search={word}",
    "/services/{id}",
    "/organizations/{id}",
    "/services?organization_id={id}",
    "/services?modified_after=2000-01-01",
    "/services/{word}",
    "/join/{word}",
    "/calendar/somerset.ics",
    "/calendar/{word}.ics",
    "/{word}/news",
    "/{word}/feed.atom",
    "/somerset/news",
    "/somerset/feed.atom",
)


@asynccontextmanager
async def _served(database: Database) -> AsyncIterator[str]:
    api = Api(EveryonesDirectory(database, BOT.server), "https://directory.example.org")
    pages = JoinPages(database, BOT, "en", Clock())
    calendars = CalendarFiles(database, BOT, "Hedgerow", Clock())
    news = NewsPages(PublicNews(Stage(database).works), "", Clock())
    served = build_public(pages, Clock(), "en", per_minute=10_000, api=api, calendars=calendars, news=news)
    server = Server(served)
    await server.start("127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


async def test_a44_a21_the_public_api_and_the_room_directories_tell_of_nothing_hidden(
    database: Database,
) -> None:
    there = await furnished(database)
    canaries = there.place.canaries
    instances = repr(await Ecosystems(database).instances())
    assert "Somerset" in instances
    assert [what for word, what in canaries.items() if word in instances] == []
    async with _served(database) as base, aiohttp.ClientSession() as client:

        async def got(path: str) -> tuple[int, str, str]:
            async with client.get(base + path) as answer:
                headers = {name: value for name, value in answer.headers.items() if name != "Date"}
                return answer.status, json.dumps(headers), await answer.text()

        assert "Mill Trust" in (await got("/organizations"))[2]
        assert "Long ladder" in (await got("/somerset/news"))[2]
        for _, name, slug in there.places:
            for what in ("news", "feed.atom"):
                assert await got(f"/{slug.rpartition('/')[2]}/{what}") == await got(f"/no/{what}"), name
        nothing = {"word": there.place.words.new(), "id": own_id(BOT.server, 54321)}
        for word in canaries:
            for number in there.numbers[1:3]:
                fill = {"word": word, "id": own_id(BOT.server, number)}
                for path in _PATHS if word == next(iter(canaries)) else _PATHS[6:8]:
                    told, twin = await got(path.format(**fill)), await got(path.format(**nothing))
                    assert _without(told, fill) == _without(twin, nothing), path
                    text = told[2].replace(word, "")
                    assert [what for one, what in canaries.items() if one in text] == [], path


def _without(told: tuple[int, str, str], fill: dict[str, str]) -> str:
    text = repr(told)
    for one in fill.values():
        text = text.replace(one, "…")
    return text
