"""Stopped at any single call while something is announced, it stands once in each news, and nowhere twice."""

from __future__ import annotations

import asyncio
from typing import Literal

from appservice.app import Hedgerow
from tests.crashes.test_command import homeserver, said, settings
from tests.fake import FakeHomeserver
from tests.hedgerow import ADMIN, crash, running

NEWS = ("Somerset: news", "Arts: news")
CALLS = 3  # one for each news, and one for the answer
WHEN: tuple[Literal["before", "after"], ...] = ("before", "after")


async def quiet(fake: FakeHomeserver) -> None:
    """Until nothing has been called for a while."""
    calm, seen = 0, -1
    while calm < 5:
        await asyncio.sleep(0.05)
        calm = calm + 1 if len(fake.calls) == seen else 0
        seen = len(fake.calls)


async def says(fake: FakeHomeserver, room: str, text: str) -> None:
    """The admin says it, and is answered."""
    before = len(said(fake, room))
    fake.add_user(ADMIN).send(room, text)
    async with asyncio.timeout(20):
        while len(said(fake, room)) == before:
            await quiet(fake)
    await quiet(fake)
    assert len(said(fake, room)) == before + 1


def news_rooms(fake: FakeHomeserver) -> list[str]:
    names = {room: fake.world.rooms[room].state.get(("m.room.name", "")) for room in fake.world.rooms}
    return [room for room, name in names.items() if name is not None and name.content.get("name") in NEWS]


async def stopped_at(
    fake: FakeHomeserver, database: str, room: str, n: int, when: Literal["before", "after"]
) -> str:
    """Announce something, and be stopped at the n-th call; what was announced."""
    text = f"Stopped {when} call {n}"
    service = Hedgerow(settings(fake, database))
    task = asyncio.create_task(service.run(asyncio.Event()))
    await service.started.wait()
    await quiet(fake)
    await says(fake, room, f"announce somerset {text} --to descendants")
    fake.stop_at(n, when)
    fake.add_user(ADMIN).send(room, "yes")
    await asyncio.wait_for(fake.stopped.wait(), 20)
    await crash(task)
    fake.resume()
    async with running(settings(fake, database)):
        await quiet(fake)
    return text


async def test_n3_an_announcement_stopped_at_any_call_stands_once_in_each_news(service_database: str) -> None:
    async with homeserver() as fake:
        async with running(settings(fake, service_database)):
            room = await fake.add_user(ADMIN).create_dm(fake.bot)
            await says(fake, room, "ecosystem create Somerset")
            await says(fake, room, "network create Arts --under somerset")
        for n in range(1, CALLS + 1):
            for when in WHEN:
                text = await stopped_at(fake, service_database, room, n, when)
                found = {news: sum(text in body for body in said(fake, news)) for news in news_rooms(fake)}
                assert list(found.values()) == [1] * len(NEWS), f"call {n}, {when}"
