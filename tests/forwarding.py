"""A TCP forwarder on loopback that can be cut as a network is: nothing comes through, and nobody is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

_PART_BYTES = 65_536
Wire = tuple[int, asyncio.StreamWriter, asyncio.StreamWriter]


class Forwarder:
    """Forwards each connection to the first port, of those that `to` names at the time, where one listens."""

    def __init__(self, to: Callable[[], Sequence[int]]) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._wires: set[Wire] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on `port`, or on any that is free; which one it is."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", port)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.mend()
        self.hang_up()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """From now on nothing comes through, either way."""
        self._is_whole.clear()

    def mend(self) -> None:
        """What was on its way comes through after all."""
        self._is_whole.set()

    def hang_up(self, port: int | None = None) -> None:
        """Close the connections to `port`, or all."""
        for target, *ends in list(self._wires):
            if port in (None, target):
                for end in ends:
                    end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_whole.wait()
        for port in self._to():
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", port)
                await self._hold((port, writer, back), reader, there)
                break
        writer.transport.abort()

    async def _hold(self, wire: Wire, reader: asyncio.StreamReader, there: asyncio.StreamReader) -> None:
        _, writer, back = wire
        self._wires.add(wire)
        try:
            with contextlib.suppress(OSError):
                await asyncio.gather(self._pour(reader, back), self._pour(there, writer))
        finally:
            self._wires.discard(wire)
            back.transport.abort()

    async def _pour(self, come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        while part := await come.read(_PART_BYTES):
            await self._is_whole.wait()
            go.write(part)
            await go.drain()
        await self._is_whole.wait()
        go.close()
