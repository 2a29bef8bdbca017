"""A running server with everything behind it played, and a client that speaks to it as a homeserver would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from appservice.server import Server, build
from spaces.identifiers import UserId

TOKEN = "hs-canary-5f1c0c"
BOT = UserId("@hedgerow:hs.test")
BASE = "/_matrix/app/v1"
TRANSACTION = f"{BASE}/transactions/1"
EMPTY = b'{"events":[]}'


class Inbox:
    """Keeps transactions in a list, or fails, or waits, as it was told to."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.failure: BaseException | None = None
        self.asked = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def accept(self, txn_id: str, body: bytes, *, full: bool) -> None:
        self.asked.set()
        await self.may_go_on.wait()
        if self.failure is not None:
            raise self.failure
        self.kept.append((txn_id, body))


class Pings:
    def __init__(self) -> None:
        self.heard: list[str | None] = []

    def received(self, txn_id: str | None) -> None:
        self.heard.append(txn_id)


class Networks:
    async def instances(self) -> Sequence[Mapping[str, object]]:
        return [{"network_id": "n.aaaa", "desc": "Arts UK", "fields": {}}]


class Health:
    def __init__(self) -> None:
        self.parts = {"database": True, "ping": True}

    async def ready(self) -> Mapping[str, bool]:
        return self.parts


class Counted:
    def render(self) -> str:
        return "hedgerow_events_total 5\n"


@dataclass
class Side:
    client: aiohttp.ClientSession
    inbox: Inbox = field(default_factory=Inbox)
    pings: Pings = field(default_factory=Pings)
    health: Health = field(default_factory=Health)
    server: Server = field(init=False)

    def app(self, **settings: Any) -> web.Application:
        played = {"transactions": self.inbox, "pings": self.pings, "networks": Networks()}
        watched = {"health": self.health, "metrics": Counted()}
        return build(**{"hs_token": TOKEN, **played, **watched, **settings})

    async def ask(self, method: str, path: str, *, token: str | None = TOKEN, **more: Any) -> tuple[int, Any]:
        """The status and the JSON body of the answer, None if there is no body."""
        headers = {**more.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = URL(f"http://127.0.0.1:{self.server.port}{path}", encoded=True)
        async with asyncio.timeout(20), self.client.request(method, url, headers=headers, **more) as answer:
            body = await answer.read()
            assert not body or answer.content_type == "application/json"
            return answer.status, json.loads(body) if body else None

    async def push(self, body: Any, **more: Any) -> tuple[int, Any]:
        return await self.ask("PUT", TRANSACTION, data=body, **more)

    async def raw(self, request: bytes) -> bytes:
        """The answer, head and body, to bytes written as they are."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(request)
            async with asyncio.timeout(20):
                answer = await reader.readuntil(b"\r\n\r\n")
                length = answer.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
                return answer + await reader.readexactly(int(length))
        finally:
            writer.close()


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Side]:
    """A server on a free port, stopped at the end."""
    async with aiohttp.ClientSession() as client:
        side = Side(client)
        side.server = Server(side.app(**settings), drain_seconds=2)
        await side.server.start("127.0.0.1", 0)
        try:
            yield side
        finally:
            side.inbox.may_go_on.set()
            await side.server.stop()


def head(path: str = TRANSACTION, *headers: str, method: str = "PUT") -> bytes:
    """The bytes of a request's head with the right token."""
    lines = (f"{method} {path} HTTP/1.1", "Host: hedgerow.test", f"Authorization: Bearer {TOKEN}", *headers)
    return "\r\n".join((*lines, "", "")).encode("latin-1")
