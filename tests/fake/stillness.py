"""While one looks at what the homeserver holds, nothing of it moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

_T = TypeVar("_T")


class Stillness:
    """What is being acted on can be waited for, and nothing more begins meanwhile."""

    def __init__(self) -> None:
        self._looking = asyncio.Lock()
        self._may_begin, self._nothing_begun = asyncio.Event(), asyncio.Event()
        self._may_begin.set()
        self._nothing_begun.set()
        self._begun = 0

    @asynccontextmanager
    async def still(self, at_once: Callable[[], None]) -> AsyncIterator[None]:
        """From here on, and with `at_once`, nothing begins; within, nothing is under way, either."""
        async with self._looking:
            self._may_begin.clear()
            at_once()
            await self._nothing_begun.wait()
            yield
            self._may_begin.set()

    async def passed(self) -> None:
        """Wait until things may begin."""
        await self._may_begin.wait()

    async def of(self, acting: Awaitable[_T]) -> _T:
        """Do what is to be waited for."""
        self._begun += 1
        self._nothing_begun.clear()
        try:
            return await acting
        finally:
            self._begun -= 1
            if not self._begun:
                self._nothing_begun.set()
