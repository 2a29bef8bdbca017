"""Two processes of Hedgerow on one PostgreSQL, as on two machines, and what brings transactions to them.

The homeserver knows one address. There a balancer listens, which asks `/ready` of both and sends to the
one that acts; where none does, to one that has its database: who stands by keeps transactions, too. It
hangs up on who is not ready any more, as balancers do with who is marked down.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from appservice.demo.synapse import free_port
from tests.forwarding import Forwarder
from tests.synapse.hedge import Hedge
from tests.synapse.home import Home
from tests.waiting import until

_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 1.0


@dataclass
class Half(Hedge):
    """One of the two, with its own address, its own keys and its own wire to the database."""

    port: int = 0
    wire: Forwarder = field(default_factory=lambda: Forwarder(list))

    def stop_for_a_while(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


class Pair:
    """Both halves. `patched` is what `Hedge` says of it."""

    def __init__(self, home: Home, directory: Path, postgres: str, patched: str = "") -> None:
        self._home, self._directory, self._postgres, self._patched = home, directory, postgres, patched
        self.halves: list[Half] = []
        self.only_who_acts = False
        self._balancer = Forwarder(self._chosen)
        self._statuses: dict[int, int] = {}
        self._told: dict[int, dict[str, bool]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Pair:
        self.halves = [await self._half(name) for name in ("one", "two")]
        await self._balancer.start(self._home.port)
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
        for half in self.halves:
            half.end()
            await half.wire.stop()
        await self._balancer.stop()

    async def _half(self, name: str) -> Half:
        server, _, database = self._postgres.rpartition("/")
        at, _, port = server.rpartition(":")
        wire, listen = Forwarder(lambda: [int(port)]), free_port()
        settings = {
            "HEDGEROW_DATABASE": f"{at}:{await wire.start()}/{database}",
            "HEDGEROW_LISTEN": f"127.0.0.1:{listen}",
            "HEDGEROW_ENCRYPTION__STORE": str(self._directory / name / "crypto"),
        }
        return Half(self._home, self._directory / name, settings, self._patched, port=listen, wire=wire)

    # -- who acts --------------------------------------------------------------------------------

    async def acting(self) -> Half:
        """The one whose `/ready` says 200, once there is one."""
        await until(lambda: 200 in self._statuses.values())
        return next(half for half in self.halves if self._statuses[half.port] == 200)

    async def stands_by(self, half: Half) -> None:
        await until(lambda: self._statuses.get(half.port) == 503)

    async def taken_over(self, former: Half) -> float:
        """Wait until the other acts; the seconds that it took."""
        begun, port = time.monotonic(), self.other(former).port
        await until(lambda: self._statuses.get(port) == 200)
        return time.monotonic() - begun

    async def kill_who_acts(self) -> float:
        """`kill -9`, and a start at once; the seconds until one of the two acts."""
        killed, begun = await self.acting(), time.monotonic()
        await killed.kill()
        self._statuses[killed.port], self._told[killed.port] = 0, {}
        killed.launch()
        await self.acting()
        return time.monotonic() - begun

    def other(self, half: Half) -> Half:
        return next(other for other in self.halves if other is not half)

    def _chosen(self) -> list[int]:
        """Whoever acts first, then who stands by."""
        usable = [half.port for half in self.halves if self._told.get(half.port, {}).get("database")]
        ranked = sorted(usable, key=lambda port: not self._told[port]["acting"])
        return [port for port in ranked if self._statuses[port] == 200 or not self.only_who_acts]

    async def _look(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_PATIENCE_SECONDS)) as session:
            while True:
                await asyncio.gather(*(self._ask(session, half.port) for half in self.halves))
                await asyncio.sleep(_LOOK_SECONDS)

    async def _ask(self, session: aiohttp.ClientSession, port: int) -> None:
        try:
            async with session.get(f"http://127.0.0.1:{port}/ready") as answer:
                status, told = answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            status, told = 0, {}
        before = self._statuses.get(port)
        self._statuses[port], self._told[port] = status, told
        if before == 200 != status:
            self._balancer.hang_up(port)
