"""Units of work that come while others are being committed go together with the next, in one commit.

    the first ──▶ commits alone
                      │ meanwhile some more come
                      ▼
                 the first of those commits all of them, each as if it were alone

So each waits no longer than it would have waited for its turn, and the disk is waited for once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from appservice.work import UnitOfWork
from appservice.works import Works

_MOST = 20  # so that nobody waits long for their turn to write
T = TypeVar("T")


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """What one unit of work does, and what it gives once it is committed."""

    does: Callable[[UnitOfWork], Awaitable[T]]
    given: asyncio.Future[T] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class GroupCommit:
    """Commits units of work on behalf of `who`."""

    def __init__(self, works: Works, who: str) -> None:
        self._works = works
        self._who = who
        self._waiting: list[_Waiting[Any]] = []
        self._turn = asyncio.Lock()

    async def commit(self, does: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """What `does` gives, once what it does is on disk; what it raises undoes it.

        It may be called again, where one that went together with it has failed and was undone.
        """
        mine = _Waiting(does)
        self._waiting.append(mine)
        async with self._turn:
            if not mine.given.done():
                together, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._commit(together)
        return await mine.given

    async def _commit(self, together: Sequence[_Waiting[Any]]) -> None:
        given = []
        try:
            async with self._works.together() as several:
                for one in together:
                    async with several.begin(self._who) as work:
                        given.append(await one.does(work))
        except Exception as error:
            if len(together) == 1:
                together[0].given.set_exception(error)
            else:
                for one in together:
                    await self._commit([one])
        else:
            for one, its in zip(together, given, strict=True):
                one.given.set_result(its)
