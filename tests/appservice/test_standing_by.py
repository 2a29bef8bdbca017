"""A76: two services on one PostgreSQL. One acts; the other listens, says so, and takes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.homeserver import Homeserver, Identity, Unreachable
from appservice.store.database import Database
from config.sections import Settings
from config.values import ListenAddress
from spaces.errors import Unavailable
from spaces.identifiers import UserId
from tests.fake import FakeHomeserver, FakeUser
from tests.hedgerow import running, settings_for
from tests.waiting import until


@pytest.fixture
def settings(fake: FakeHomeserver, migrated_postgres: str) -> Settings:
    return settings_for(fake.base_url, fake.registration, migrated_postgres)


def elsewhere(settings: Settings) -> Settings:
    """The same service at an address of its own."""
    return settings.model_copy(update={"listen": ListenAddress("127.0.0.1", free_port())})


@asynccontextmanager
async def standing_by(settings: Settings) -> AsyncIterator[Hedgerow]:
    """A service that has begun; another acts."""
    service, stop = Hedgerow(settings), asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    try:
        yield service
    finally:
        stop.set()
        await task


async def asked(settings: Settings, path: str) -> tuple[int, Any]:
    """The status and the JSON or text of a route; 0 where nothing listens."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{settings.listen.port}{path}") as answer,
        ):
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())
    except aiohttp.ClientError:
        return 0, None


async def until_ready(settings: Settings, status: int = 200, **told: bool) -> dict[str, bool]:
    async with asyncio.timeout(30):
        while True:
            found, body = await asked(settings, "/ready")
            if found == status and told.items() <= body.items():
                return dict(body)
            await asyncio.sleep(0.02)


async def answers(person: FakeUser, room: str, fake: FakeHomeserver, count: int) -> list[str]:
    """What the bot has said there, once there are so many."""
    async with asyncio.timeout(30):
        while True:
            said = [body for sender, body in person.messages(room) if sender == fake.bot]
            if len(said) >= count:
                return said
            await asyncio.sleep(0.02)


async def calm(fake: FakeHomeserver) -> None:
    """Until what a service does at its start is over."""
    calls = -1
    while calls != len(fake.calls):
        calls = len(fake.calls)
        await asyncio.sleep(0.3)


def acting(metrics: str) -> list[str]:
    return [line for line in metrics.splitlines() if line.startswith("hedgerow_acting ")]


async def test_a76_who_stands_by_listens_says_so_and_keeps_transactions_for_who_acts(
    fake: FakeHomeserver, settings: Settings
) -> None:
    other = elsewhere(settings)
    alice = fake.add_user("@alice:hs.test")
    async with running(settings), standing_by(other):
        told = await until_ready(other, 503, standing_by=True)
        assert told == {"database": True, "acting": False, "standing_by": True}
        assert await asked(other, "/live") == (200, {})
        assert acting((await asked(other, "/metrics"))[1]) == ["hedgerow_acting 0.0"]
        assert (await until_ready(settings))["acting"] is True
        assert acting((await asked(settings, "/metrics"))[1]) == ["hedgerow_acting 1.0"]
        room = await alice.create_dm(fake.bot)
        alice.send(room, "help")
        await answers(alice, room, fake, 1)
        fake.registration.url = f"http://{other.listen}"
        calls = len(fake.calls)
        alice.send(room, "whoami")
        assert "@alice:hs.test" in (await answers(alice, room, fake, 2))[-1]
        assert fake.pusher.sent[-1].status == 200
        assert len([c for c in fake.calls[calls:] if "/send/" in c.path]) == 1


async def test_a76_who_stands_by_takes_over_when_the_other_ends_and_is_ready_then(
    fake: FakeHomeserver, settings: Settings
) -> None:
    other = elsewhere(settings)
    alice = fake.add_user("@alice:hs.test")
    async with running(settings):
        room = await alice.create_dm(fake.bot)
        alice.send(room, "help")
        await answers(alice, room, fake, 1)
        second, stop = Hedgerow(other), asyncio.Event()
        task = asyncio.create_task(second.run(stop))
        await until_ready(other, 503, standing_by=True)
    fake.registration.url = f"http://{other.listen}"
    alice.send(room, "whoami")
    told = await until_ready(other)
    assert told == {"database": True, "acting": True, "homeserver": True, "ping": True}
    assert "@alice:hs.test" in (await answers(alice, room, fake, 2))[-1]
    stop.set()
    await task


async def test_at_the_others_address_it_stands_by_without_listening_and_listens_when_it_acts(
    fake: FakeHomeserver, settings: Settings
) -> None:
    async with running(settings):
        second, stop = Hedgerow(settings), asyncio.Event()
        task = asyncio.create_task(second.run(stop))
        await until(lambda: second._acting.stands_by, every=0)
    assert (await until_ready(settings))["acting"] is True
    stop.set()
    await task


async def test_a76_who_is_replaced_calls_nobody_any_more_and_ends_to_be_started_again(
    fake: FakeHomeserver, settings: Settings
) -> None:
    service, stop = Hedgerow(settings), asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    await until_ready(settings)
    await calm(fake)
    other = Database(settings.database_url)
    async with other.writing() as connection:
        await connection.execute(text("UPDATE acting SET epoch = epoch + 1"))
    await until(lambda: not service._acting.acts, every=0)
    calls = len(fake.calls)
    with pytest.raises(Unavailable, match="another process has begun to act") as ended:
        await task
    assert "started again" in ended.value.sentence
    assert len(fake.calls) == calls
    await other.close()


async def test_a76_nothing_is_called_while_the_lease_may_have_run_out(fake: FakeHomeserver) -> None:
    is_fresh = True
    identity = Identity(fake.base_url, UserId(fake.bot), fake.registration.as_token, "DEVICE")
    homeserver = Homeserver(identity, may_call=lambda: is_fresh)
    await homeserver.register()
    is_fresh, before = False, len(fake.calls)
    with pytest.raises(Unreachable, match="does not act"):
        await homeserver.who_am_i()
    with pytest.raises(Unreachable, match="does not act"):
        await homeserver.download("hs.test", "file", most=1)
    assert len(fake.calls) == before
    await homeserver.close()
