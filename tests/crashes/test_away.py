"""The homeserver is away for an hour, or forgets what it had to push: afterwards everything is done, once."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from appservice import app, engine, outbox
from tests.crashes.rounds import asked, idle, loud, new_homeserver, served, unexpected
from tests.databases import Databases
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import ADMIN

SECONDS_OF_AN_HOUR = 1.0
HOURS = 2  # of back-off alone there are 43 minutes in twelve tries
_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour in a second."""
    began, at = time.time(), time.monotonic()
    faster = 3600 / SECONDS_OF_AN_HOUR

    def clock() -> float:
        return began + (time.monotonic() - at) * faster

    monkeypatch.setattr(
        engine, "time", SimpleNamespace(time=clock, monotonic=clock, perf_counter=time.perf_counter)
    )
    monkeypatch.setattr(outbox, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(app, "_HEALTH_SECONDS", 0.05)
    monkeypatch.setattr(app, "_PROGRESS_SECONDS", 3600)


@asynccontextmanager
async def refusing(fake: FakeHomeserver) -> AsyncIterator[None]:
    """Nothing listens any more."""
    await fake.stop()
    yield
    await fake.start()


def answering(fault: Fault) -> Callable[[FakeHomeserver], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def away(fake: FakeHomeserver) -> AsyncIterator[None]:
        fake.script(lambda _: True, fault, times=None)
        yield
        fake.clear_script()

    return away


@asynccontextmanager
async def not_at_all(_: FakeHomeserver) -> AsyncIterator[None]:
    yield


AWAY = {
    "nothing listens": refusing,
    "500": answering(Fault.error(500)),
    "502 in HTML": answering(Fault.bad_gateway()),
}
Away = Callable[[FakeHomeserver], AbstractAsyncContextManager[None]]


async def came_of(away: Away, database: str, seconds: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What lasts, and what was logged, where the homeserver is away when it is asked for much."""
    async with new_homeserver() as fake:
        admin = fake.add_user(ADMIN)
        with loud() as log:
            async with served(fake, database) as service:
                room = await admin.create_dm(fake.bot)
                await asked(service, fake, admin, room, "ecosystem create Somerset")
                for text in ('network create "Arts UK" --under somerset --access public', "tree"):
                    admin.send(room, text)
                await fake.pushed()
                async with away(fake):
                    await asyncio.sleep(seconds)
                await asked(service, fake, admin, room, "whoami")
        return in_any_order(fake.end_state()), log


def in_any_order(end: dict[str, Any]) -> dict[str, Any]:
    """What is said in a room while much waits may be said in any order, and without links to what waits."""
    for room in end["rooms"].values():
        room["messages"] = sorted((who, _LINK.sub("", said)) for who, said in room["messages"])
    return end


@pytest.fixture(scope="module")
def always_there() -> dict[str, Any]:
    return {}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY.keys())
async def test_a22_a26_after_hours_away_all_that_waited_is_done_once(
    databases: Databases, always_there: dict[str, Any], away: Away
) -> None:
    if not always_there:
        with databases.empty() as database:
            always_there["end"], _ = await came_of(not_at_all, database, 0)
    with databases.empty() as database:
        end, log = await came_of(away, database, HOURS * SECONDS_OF_AN_HOUR)
    assert unexpected(log) == []
    assert [line for line in log if line["event"] == "delivery_given_up"] == []
    assert end == always_there["end"]


# -- what was never pushed ---------------------------------------------------------------------------


async def test_a18_pages_without_anything_to_read_are_not_the_end(service_database: str) -> None:
    async with new_homeserver() as fake, served(fake, service_database) as service:
        admin = fake.add_user(ADMIN)
        room = await admin.create_dm(fake.bot)
        await asked(service, fake, admin, room, "whoami")
        await service.reconciler.catch_up()
        fake.pusher.paused = True
        lost = admin.send(room, "tree")
        for n in range(200):
            fake.hide(admin.send(room, f"{n} is rejected").event_id)
        for n in range(60):  # more than one answer to /sync brings
            admin.send(room, f"{n} is a remark", msgtype="m.notice")
        fake.crash()
        fake.pusher.paused = False
        before = len(fake.calls)
        await service.reconciler.catch_up()
        await idle(service, fake)
        pages = [call for call in fake.calls[before:] if call.name == "GET /rooms/{room_id}/messages"]
        assert len(pages) > 4
        answers = [e.content.get("m.relates_to", {}).get("m.in_reply_to") for e in fake.room(room).timeline]
        assert answers.count({"event_id": lost.event_id}) == 1


@pytest.mark.parametrize("tokens", [("t1",), ("t1", "t2"), (5,), (None,)], ids=str)
async def test_a18_tokens_that_lead_in_a_circle_are_followed_only_so_far(
    service_database: str, tokens: tuple[object, ...]
) -> None:
    turn = 0

    def page(_: str) -> str:
        nonlocal turn
        turn += 1
        return json.dumps({"chunk": [], "start": "t0", "end": tokens[turn % len(tokens)]})

    async with new_homeserver() as fake, served(fake, service_database) as service:
        admin = fake.add_user(ADMIN)
        room = await admin.create_dm(fake.bot)
        await asked(service, fake, admin, room, "whoami")
        await service.reconciler.catch_up()
        for n in range(60):  # more than one answer to /sync brings
            admin.send(room, f"{n} is a remark", msgtype="m.notice")
        fake.script("GET /rooms/{room_id}/messages", Fault.garbled(page), times=None)
        before = len(fake.calls)
        await service.reconciler.catch_up()
        pages = [call for call in fake.calls[before:] if call.name == "GET /rooms/{room_id}/messages"]
        assert 1 <= len(pages) <= 20
        await asked(service, fake, admin, room, "tree")
