"""The least that an application service can do: take a transaction, and put a text in answer to a message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import web

from tests.registration import Registration

Json = dict[str, Any]
_ANSWER = (
    "x" * 1700
)  # with what is around it as long as Hedgerow's answer, which is said twice: formatted, too


class Echo:
    """Answers each message of others in the name of `registration`'s bot, with a fixed text.

    It listens on `port`; the homeserver is at `url`. Nothing is kept, but whoever keeps something does so
    in `keep`, before the 200, and reads it in `read`, before the answer.
    """

    def __init__(self, url: str, port: int, registration: Registration) -> None:
        self._url, self._port, self._bot = url, port, registration.bot
        self._headers = {"Authorization": f"Bearer {registration.as_token}"}
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, events: list[Json]) -> None:
        """Called with the events of a transaction before it is acknowledged."""

    def read(self, event_id: str) -> None:
        """Called before a message is answered."""

    async def run(self, stop: asyncio.Event) -> None:
        async with aiohttp.ClientSession(headers=self._headers) as session:

            async def transaction(request: web.Request) -> web.Response:
                events = json.loads(await request.read())["events"]
                self.keep(events)
                for event in events:
                    if event["type"] == "m.room.message" and event["sender"] != self._bot:
                        task = asyncio.create_task(self._answer(session, event))
                        self._tasks.add(task)
                        task.add_done_callback(self._tasks.discard)
                return web.json_response({})

            app = web.Application(client_max_size=1 << 22)
            app.router.add_put("/_matrix/app/v1/transactions/{txn}", transaction)
            app.router.add_get("/ready", _ready)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            await stop.wait()
            await runner.cleanup()

    async def _answer(self, session: aiohttp.ClientSession, event: Json) -> None:
        self.read(event["event_id"])
        relates = {"m.in_reply_to": {"event_id": event["event_id"]}}
        content = {"msgtype": "m.notice", "body": _ANSWER, "m.relates_to": relates}
        path = f"/_matrix/client/v3/rooms/{event['room_id']}/send/m.room.message/{event['event_id']}"
        query = {"user_id": self._bot}
        async with session.put(self._url + path, json=content, params=query) as answer:
            answer.raise_for_status()
            await answer.read()


async def _ready(_: web.Request) -> web.Response:
    return web.json_response({})
