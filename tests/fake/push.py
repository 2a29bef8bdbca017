"""Pushes events to the application service: in order, one transaction in flight, until it is taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass

import aiohttp

from tests.fake.rooms import Event
from tests.fake.wire import Json
from tests.fake.world import World

MOST_EVENTS = 100
Flight = tuple[int, tuple[str, list[Event]] | None]
"""The number of the newest transaction, and the one that is being handed over."""


@dataclass(frozen=True)
class Sent:
    """One attempt to hand over a transaction. `status` None: no answer."""

    txn_id: str
    events: list[Json]
    status: int | None
    taken: bool


class Pusher:
    """Synapse's way of pushing, with a back-off in milliseconds instead of seconds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[Sent] = []
        self.first_wait = 0.02
        self.longest_wait = 0.5
        self.paused = False
        self._txn_id = 0
        self._in_flight: tuple[str, list[Event]] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def flight(self) -> Flight:
        return self._txn_id, self._in_flight

    def instead(self, world: World, flight: Flight) -> Pusher:
        """One that goes on in `world`, with the same waits."""
        other = Pusher(world)
        other.first_wait, other.longest_wait = self.first_wait, self.longest_wait
        other._txn_id, other._in_flight = flight
        if other._in_flight is None and not world.queue:
            world.handed_over.set()
        return other

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.close()

    def forget(self) -> None:
        """What a crash does: the queue is lost, and numbering starts again at 1."""
        self.world.queue.clear()
        self._in_flight = None
        self._txn_id = 0
        self.world.handed_over.set()

    async def _run(self) -> None:
        wait = self.first_wait
        while True:
            if not await self._step():
                self.world.pushing.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.world.pushing.wait()
                wait = self.first_wait if self._in_flight is None else min(wait * 2, self.longest_wait)
            else:
                wait = self.first_wait

    async def _step(self) -> bool:
        """Hand over the next transaction; False if there is none or it was not taken."""
        if self.paused or self.world.registration.url is None:
            return False
        if self._in_flight is None:
            if not self.world.queue:
                return False
            self._txn_id += 1
            self._in_flight = (str(self._txn_id), self.world.queue[:MOST_EVENTS])
            del self.world.queue[:MOST_EVENTS]
        txn_id, events = flight = self._in_flight
        attempt = await self.put(txn_id, [event.as_json() for event in events])
        if attempt.taken and self._in_flight is flight:
            self._in_flight = None
            if not self.world.queue:
                self.world.handed_over.set()
        return attempt.taken

    async def put(self, txn_id: str, events: list[Json], **more: object) -> Sent:
        """Hand over a transaction once, whatever is queued. Taken is: 2xx and a JSON body."""
        if self._session is None:
            raise RuntimeError("the fake homeserver has not been started")
        registration = self.world.registration
        url = f"{registration.url}/_matrix/app/v1/transactions/{txn_id}"
        headers = {"Authorization": f"Bearer {registration.hs_token}"}
        status, taken = None, False
        try:
            async with self._session.put(url, json={"events": events, **more}, headers=headers) as answer:
                status = answer.status
                json.loads(await answer.text())
                taken = 200 <= status < 300
        except (aiohttp.ClientError, TimeoutError, ValueError):
            taken = False
        attempt = Sent(txn_id, events, status, taken)
        self.sent.append(attempt)
        return attempt
