"""Calendars as programs read them: what stands in them, for whom, and what is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from icalendar import Calendar
from sqlalchemy import select

from appservice.ics import CalendarFiles
from appservice.public import build_public
from appservice.server import Server
from appservice.store import tables
from spaces import changes
from spaces.identifiers import UserId
from spaces.network import Access
from tests.appservice.hall import CAFE, Hall
from tests.appservice.stage import ALICE, BEN, BOT, Stage, says
from tests.appservice.yard import DAY, SAM, told

SERVED = "https://hedgerow.example.org/hedge"
NAME = "Café; BEGIN:VEVENT, with \\n “äöü” and " + "🎉" * 20
HOSTILE = f"event '{NAME}' 2027-03-06 14:00 --at 'Hall; x' --in arts"


@dataclass
class Answer:
    status: int
    raw: bytes
    headers: dict[str, str]

    @property
    def events(self) -> list[Any]:
        return list(Calendar.from_ical(self.raw).walk("VEVENT"))


@dataclass
class Reader:
    client: aiohttp.ClientSession
    port: int

    async def get(self, path: str, method: str = "GET") -> Answer:
        async with self.client.request(method, f"http://127.0.0.1:{self.port}{path}") as answer:
            shown = {name: value for name, value in answer.headers.items() if name != "Date"}
            return Answer(answer.status, await answer.read(), shown)


class Nobody:
    async def invitation(self, code: str) -> None:
        return None


@asynccontextmanager
async def reading(hall: Hall, *, per_minute: int = 1000, served: bool = True) -> AsyncIterator[Reader]:
    files = CalendarFiles(hall.stage.database, BOT, "Hedgerow", hall.stage.clock)
    now, calendars = hall.stage.clock, files if served else None
    server = Server(build_public(Nobody(), now, "en", per_minute=per_minute, calendars=calendars))
    await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as client:
            yield Reader(client, server.port)
    finally:
        await server.stop()


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await served(stage, Access.PUBLIC)


async def served(stage: Stage, access: Access) -> Hall:
    stage.works.surroundings = replace(stage.works.surroundings, public_url=SERVED)
    return await Hall(stage).begin(access)


async def own_path(hall: Hall, who: UserId, command: str = "calendar") -> str:
    """The path of their own calendar, out of the envelope in which it waits."""
    done = [one for one in says(await hall.say(who, command)) if one.said.startswith("answer:")]
    opened = hall.stage.works.surroundings.envelope.opened(done[-1].content)
    return str(opened).partition(SERVED)[2].partition("'")[0]


async def test_the_calendar_of_a_public_network_is_read_back_as_it_was_said(hall: Hall) -> None:
    number = await hall.notes()
    async with reading(hall) as reader:
        answer = await reader.get("/calendar/arts.ics")
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        [event] = answer.events
        assert event["UID"] == f"{number}-{int((await hall.occasion(number)).made_at)}@hs.test"
        assert event.decoded("DTSTART") == datetime(2027, 3, 6, 14, tzinfo=UTC)
        assert event.decoded("DTEND") == datetime(2027, 3, 6, 16, tzinfo=UTC)
        assert (event["SUMMARY"], event["LOCATION"]) == ("Repair café", "Village hall")
        assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
        assert event["URL"].startswith(f"https://matrix.to/#/{hall.news}/$said-occasion:{number}")
        uid = event["UID"]
        await hall.say(ALICE, f"event edit {number} --time 15:00")
        [event] = (await reader.get("/calendar/arts.ics")).events
        assert (event["UID"], event["SEQUENCE"], event.decoded("DTSTART").hour) == (uid, 1, 15)
        await hall.say(ALICE, f"event cancel {number}")
        await hall.say(ALICE, "yes")
        [event] = (await reader.get("/calendar/arts.ics")).events
        assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (uid, 2, "CANCELLED")
        hall.stage.clock.seconds += 65 * DAY
        assert (await reader.get("/calendar/arts.ics")).events == []


async def test_what_people_wrote_is_data_in_lines_of_a_bearable_length(hall: Hall) -> None:
    await hall.notes(HOSTILE)
    async with reading(hall) as reader:
        answer = await reader.get("/calendar/arts.ics")
    [event] = answer.events
    assert str(event["SUMMARY"]) == NAME
    assert event["LOCATION"] == "Hall; x"
    assert all(len(line) <= 75 for line in answer.raw.split(b"\r\n"))
    assert b"\n" not in answer.raw.replace(b"\r\n", b"")


async def test_hidden_unknown_and_elsewhere_are_one_page_byte_for_byte(stage: Stage) -> None:
    hall = await served(stage, Access.PRIVATE)
    await hall.notes(CAFE.replace(" --in arts", ""))
    slug = (await stage.works.landscape()).networks[hall.arts].slug
    async with reading(hall) as reader:
        nothing = await reader.get("/join/nothing")
        assert nothing.status == 404
        for path in (
            f"/calendar/{slug}.ics",
            "/calendar/arts.ics",
            "/calendar/.ics",
            "/calendar/arts",
            "/calendar/%FF.ics",
        ):
            assert await reader.get(path) == nothing
        assert await reader.get("/calendar/" + "x" * 5_000 + ".ics") == nothing
        assert await reader.get(f"/calendar/{hall.arts}%2Fnews.ics") == nothing
        for method in ("POST", "PUT", "DELETE"):
            assert (await reader.get("/calendar/arts.ics", method)).status == 405
    async with reading(hall, served=False) as reader:
        assert await reader.get("/calendar/arts.ics") == nothing


async def test_what_was_public_and_is_archived_or_private_is_not_there_any_more(hall: Hall) -> None:
    async with reading(hall) as reader:
        assert (await reader.get("/calendar/arts.ics")).status == 200
        head = await reader.get("/calendar/arts.ics", "HEAD")
        assert (head.status, head.raw) == (200, b"")
        async with hall.stage.work() as work:
            await work.change(changes.archive(work.landscape, hall.arts), what="", about=hall.arts)
        assert (await reader.get("/calendar/arts.ics")).status == 404


async def test_an_address_of_ones_own_shows_what_one_may_see_at_that_moment(stage: Stage) -> None:
    hall = await served(stage, Access.INVITE)
    await hall.notes(CAFE.replace(" --in arts", ""))
    path = await own_path(hall, BEN)
    async with reading(hall) as reader:
        [event] = (await reader.get(path)).events
        assert [str(one) for one in event["CATEGORIES"].cats] == ["Arts"]
        assert "URL" not in event, "he is not in the news"
        await hall.moves(BEN, "join", hall.news_place)
        [event] = (await reader.get(path)).events
        assert "URL" in event
        await hall.moves(BEN, "leave", hall.news_place)
        await hall.moves(BEN, "leave")
        assert (await reader.get(path)).events == []
        assert (await reader.get(path)).status == 200


async def test_a_new_address_ends_the_old_one_and_nobody_finds_either_in_the_database(hall: Hall) -> None:
    first = await own_path(hall, BEN)
    assert await own_path(hall, BEN) == first
    secret = first.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) >= 32
    second = await own_path(hall, BEN, "calendar new")
    others = await own_path(hall, SAM)
    assert len({first, second, others}) == 3
    async with reading(hall) as reader:
        assert [(await reader.get(path)).status for path in (first, second, others)] == [404, 200, 200]
    async with hall.stage.database.reading() as connection:
        for table in (tables.calendar_addresses, tables.outbox, tables.audit, tables.events):
            assert secret not in repr((await connection.execute(select(table))).all())


async def test_another_key_of_the_envelope_makes_another_address(hall: Hall) -> None:
    first = await own_path(hall, BEN)
    fresh = type(hall.stage.works.surroundings.envelope)("another token")
    hall.stage.works.surroundings = replace(hall.stage.works.surroundings, envelope=fresh)
    second = await own_path(hall, BEN)
    assert second != first
    assert "…" not in second


async def test_who_asks_too_often_is_told_so(hall: Hall) -> None:
    async with reading(hall, per_minute=2) as reader:
        assert [(await reader.get("/calendar/arts.ics")).status for _ in range(3)] == [200, 200, 429]


async def test_where_nothing_is_served_the_bot_says_so(hall: Hall) -> None:
    hall.stage.works.surroundings = replace(hall.stage.works.surroundings, public_url="")
    [said] = told(await hall.say(BEN, "calendar"), BEN)
    assert said.startswith("Nothing is served here")
    assert f"{SERVED}/calendar" not in await hall.answer(BEN, "events arts")
