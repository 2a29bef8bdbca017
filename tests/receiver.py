"""The bare other end of pushing: an application service that writes down what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.registration import Registration

Json = dict[str, Any]


class Receiver:
    """Takes transactions. `answer` may be set, to refuse them; `asked` are the aliases asked for."""

    def __init__(self, registration: Registration) -> None:
        self.transactions: list[tuple[str, list[Json]]] = []
        self.asked: list[str] = []
        self.most_at_once = 0
        self.ping_status = 200
        self.answer: Callable[[], web.Response] = lambda: web.json_response({})
        self._registration = registration
        self._at_once = 0
        self._heard = asyncio.Event()

    @property
    def events(self) -> list[Json]:
        """All events that came, each as often as it came."""
        return [event for _, events in self.transactions for event in events]

    async def until(self, heard: Callable[[list[Json]], bool], within: float = 20.0) -> None:
        """Wait until `heard` is true of the events. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not heard(self.events):
                self._heard.clear()
                await self._heard.wait()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Receiver]:
        """Listen on the registration's port."""
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_put("/_matrix/app/v1/transactions/{txn_id}", self._transaction)
        app.router.add_get("/_matrix/app/v1/rooms/{alias}", self._alias)
        app.router.add_post("/_matrix/app/v1/ping", self._ping)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._registration.port).start()
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _transaction(self, request: web.Request) -> web.Response:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        body = await request.json()
        await asyncio.sleep(0.001)
        self.transactions.append((request.match_info["txn_id"], body["events"]))
        self._heard.set()
        self._at_once -= 1
        return self.answer()

    async def _alias(self, request: web.Request) -> web.Response:
        self.asked.append(request.match_info["alias"])
        return web.json_response({"errcode": "M_NOT_FOUND", "error": "No such room"}, status=404)

    async def _ping(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._registration.hs_token}":
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "Wrong token"}, status=403)
        return web.json_response({}, status=self.ping_status)
