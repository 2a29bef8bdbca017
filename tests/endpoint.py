"""The Application Service API without a socket: the bytes of a body in, the status of the answer out.

Everything between is as it is when a homeserver calls: aiohttp reads the request, the gate lets it in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from appservice.server import build

_TOKEN = "made up"
_MOST_TURNS = 1000


class _Line(asyncio.Transport):
    """What is written to it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Endpoint:
    """One server, and one line to it for as long as it holds; `kept` are the transactions it took."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        app = build(hs_token=_TOKEN, transactions=self, pings=self, networks=self)
        self._runner = web.AppRunner(app)
        self._lines: list[tuple[_Line, asyncio.Protocol]] = []
        self.kept: list[bytes] = []
        loop.run_until_complete(self._runner.setup())

    def put(self, body: bytes) -> int:
        """Send a transaction; the status with which it is answered."""
        return self._loop.run_until_complete(self._answered(body))

    async def _answered(self, body: bytes) -> int:
        if not self._lines or self._lines[0][0].is_closed:
            self._lines = [self._dialled()]
        line, protocol = self._lines[0]
        line.written = b""
        head = f"PUT /_matrix/app/v1/transactions/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {_TOKEN}"
        protocol.data_received(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        for _ in range(_MOST_TURNS):
            if line.written:
                return int(line.written.split(None, 2)[1])
            await asyncio.sleep(0)
        raise AssertionError("there is no answer")

    def _dialled(self) -> tuple[_Line, asyncio.Protocol]:
        server = self._runner.server
        assert server is not None
        line, protocol = _Line(), server()
        protocol.connection_made(line)
        return line, protocol

    # -- what the server hands over to -------------------------------------------------------------

    async def accept(self, txn_id: str, body: bytes, *, full: bool) -> None:
        self.kept.append(body)

    def received(self, txn_id: str | None) -> None: ...

    async def instances(self) -> Sequence[Mapping[str, object]]:
        return []
