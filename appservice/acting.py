"""Several processes on one PostgreSQL: one acts, the others stand by.

stands by ──the lock is free, or who has it is silent──▶ acts ──another has taken over──▶ ends, with code 1

An older database is migrated by whoever has begun to act, never under an older version that still does.
Whoever stands by listens and keeps transactions, which is harmless: each event is handled once, by
whoever acts. Everything else is done by the one that acts: it alone opens the crypto store, and calls
the homeserver while its lease is fresh. Calls that were under way when it was stopped may still arrive.
They are repeated by the next one anyhow: a message has its transaction id, a room its alias as a lock,
state that is the same makes no event, and before each action it is read whether it still waits. What a
late call can do is to invite, or take out, once more somebody who in these seconds refused or came back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from appservice.engine import WANTED_MARK, Foundation, unusable
from appservice.store import journal
from appservice.store.database import StoreError
from appservice.store.lease import NOT_THERE
from appservice.store.locks import ActingLock
from spaces.errors import Unavailable

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_LOOKS_PER_WORD = 4


def steady() -> float:
    """Seconds that only grow, and go on while the machine sleeps where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Acting:
    """Whether this process acts. `replaced` is called once another does."""

    def __init__(self, foundation: Foundation, replaced: Callable[[], None]) -> None:
        self._foundation = foundation
        self._database = foundation.database
        self._replaced = replaced
        self.lock = ActingLock(self._database, steady, self._lose)
        self.stands_by = False
        self.is_lost = False

    async def begin(self, stop: asyncio.Event, listen: Callable[[], Awaitable[None]]) -> None:
        """Stand by until no other process acts, or `stop`. Raises `Unavailable` for a database of no use."""
        try:
            if not await self.lock.take():
                await self._stand_by(stop, listen)
            if not stop.is_set():
                # another may have had a newer device, or be of a newer version
                await self._foundation.lay(acts=True)
                async with self._database.writing() as connection:
                    await journal.clear_mark(connection, WANTED_MARK)
                log.info("acts")
        except (StoreError, OSError) as error:
            raise unusable(error) from error

    async def _stand_by(self, stop: asyncio.Event, listen: Callable[[], Awaitable[None]]) -> None:
        """A process that only applies a blueprint gives way when it is asked."""
        log.info("waiting_for_another_process_to_give_way")
        self.stands_by = True
        if self._foundation.fits:
            await self._foundation.lay()
        else:
            log.info("migrates_once_it_acts")
        if not self._database.is_sqlite:
            await _listen_if_it_can(listen)
        looks = 0
        while not stop.is_set() and not await self.lock.take():
            if looks % _LOOKS_PER_WORD == 0:
                await self._ask()
            looks += 1
            await asyncio.sleep(_LOOK_SECONDS)
        self.stands_by = False

    async def _ask(self) -> None:
        try:
            async with self._database.writing() as connection:
                await journal.set_mark(connection, WANTED_MARK, str(time.time()))
        except NOT_THERE as error:
            if self._database.is_sqlite:
                raise
            log.warning("stands_by_without_database", reason=type(error).__name__)

    @property
    def acts(self) -> bool:
        return self.lock.is_fresh()

    def _lose(self) -> None:
        self.is_lost = True
        self._replaced()

    async def ready(self) -> dict[str, bool]:
        """What `/ready` tells of it, and of the database."""
        answers = await self._database.answers() if self._database.is_sqlite else self.lock.is_answered()
        told = {"database": answers, "acting": self.acts}
        if self.stands_by:
            told["standing_by"] = True
        if not self._foundation.fits:
            told["migrated"] = False
        return told


async def _listen_if_it_can(listen: Callable[[], Awaitable[None]]) -> None:
    """On the other's machine it cannot, with the other's address: then it does once the other has ended."""
    try:
        await listen()
    except Unavailable as refusal:
        log.warning("stands_by_without_listening", until="the other has ended", reason=refusal.sentence)
