"""`hedgerow run` as a process beside the demonstration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import aiohttp

from appservice.demo.folder import Folder
from appservice.demo.process import ChildProcess, tail
from spaces.errors import Unavailable

_START_SECONDS = 90.0
_PAUSE_SECONDS = 0.1

T = TypeVar("T")


class Service:
    """Hedgerow with the settings in `folder`, listening at `url`."""

    def __init__(self, folder: Folder, url: str) -> None:
        self._folder = folder
        self._url = url
        words = ("appservice", "run", "--config", str(folder.config))
        # Settings of another Hedgerow in the environment are not for this one.
        environment = {name: said for name, said in os.environ.items() if not name.startswith("HEDGEROW_")}
        self._child = ChildProcess(words, folder.path, folder.log, environment)

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._child.pid

    async def start(self) -> None:
        """Start, and wait until the homeserver reaches it. Raises `Unavailable` with the end of its log."""
        self._child.start()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.while_running(self._wait_until_ready())
        except TimeoutError:
            raise Unavailable(
                f"Hedgerow was not ready in {_START_SECONDS:.0f} s. The end of its log:\n{self.log_tail()}"
            ) from None

    async def stop(self) -> None:
        """Ask it to end, and make it end after ten seconds."""
        await self._child.stop()

    async def while_running(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns. Raises `Unavailable` with the end of the log once Hedgerow has ended."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                if not self._child.running:
                    raise Unavailable(f"Hedgerow has ended. The end of its log:\n{self.log_tail()}")
                await asyncio.wait((task,), timeout=_PAUSE_SECONDS)
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def log_tail(self) -> str:
        return tail(self._folder.log)

    async def _wait_until_ready(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if await _is_ready(session, self._url):
                    return
                await asyncio.sleep(_PAUSE_SECONDS)


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
