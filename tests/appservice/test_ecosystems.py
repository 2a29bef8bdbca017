"""What Explore rooms in a client is told of ecosystems, from the first request on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from spaces import changes
from spaces.identifiers import NetworkId
from spaces.network import Access
from tests.appservice.stage import Stage
from tests.hedgerow import settings_for
from tests.registration import Registration

PROTOCOL = "/_matrix/app/v1/thirdparty/protocol/hedgerow"


async def founded(stage: Stage, name: str, access: Access) -> NetworkId:
    async with stage.work() as work:
        landscape, made = changes.create_network(work.landscape, work.ids, name=name, access=access)
        await work.change(landscape, what="network create", about=made)
    return made


@pytest.fixture
async def instances(stage: Stage, migrated_url: str) -> AsyncIterator[Any]:
    """Asks a service, for which no homeserver is there yet, for the ecosystems."""
    registration = Registration(url=f"http://127.0.0.1:{free_port()}")
    database = migrated_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    settings = settings_for(f"http://127.0.0.1:{free_port()}", registration, database)
    service, stop = Hedgerow(settings), asyncio.Event()
    running = asyncio.create_task(service.run(stop))
    token = {"Authorization": f"Bearer {registration.hs_token}"}

    async def ask() -> dict[str, str]:
        async with asyncio.timeout(20), aiohttp.ClientSession(registration.url, headers=token) as client:
            while True:
                try:
                    async with client.get(PROTOCOL) as answer:
                        told = await answer.json()
                    return {one["network_id"]: one["desc"] for one in told["instances"]}
                except aiohttp.ClientConnectionError:
                    assert not running.done()
                    await asyncio.sleep(0.02)

    with capture_logs():
        yield ask
        stop.set()
        await running
    assert not service.started.is_set()


async def test_a21_while_the_homeserver_does_not_answer_the_public_ecosystems_are_told_of_as_they_are(
    stage: Stage, instances: Any
) -> None:
    somerset = await founded(stage, "Somerset", Access.PUBLIC)
    await founded(stage, "Quiet Garden", Access.PRIVATE)
    assert await instances() == {somerset: "Somerset"}
    async with stage.work() as work:
        renamed = changes.rename(work.landscape, work.ids, somerset, "Zummerzet")
        await work.change(renamed, what="network rename", about=somerset)
    assert await instances() == {somerset: "Zummerzet"}
    async with stage.work() as work:
        hidden = changes.describe(work.landscape, work.ids, somerset, access=Access.PRIVATE)
        await work.change(hidden, what="network describe", about=somerset)
    assert await instances() == {}
