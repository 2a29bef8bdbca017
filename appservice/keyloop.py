"""The key loop: brings the device what others sent it, beside the inbox and the outbox.

    /sync, for keys only ──▶ taken in ──▶ its token kept ──▶ what waited for a key is tried again

Where keys come by transaction the inbox hands them over before the events, and the loop only tends
to what has to be published.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from appservice.device import SINCE_MARK, Device
from appservice.encryption import Encryption
from appservice.homeserver import HomeserverError
from appservice.key_calls import KeyCalls
from appservice.key_news import KeyNews
from appservice.sealed import Sealed
from appservice.store import journal
from appservice.store.database import Database, StoreError

log = structlog.get_logger(__name__)

_SHORTEST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


class KeyLoop:
    """The loop. `by_transaction`: keys come with the events, not by `/sync`."""

    def __init__(
        self,
        database: Database,
        calls: KeyCalls,
        device: Device,
        encryption: Encryption,
        sealed: Sealed,
        now: Callable[[], float],
        *,
        by_transaction: bool,
    ) -> None:
        self._database = database
        self._calls = calls
        self._device = device
        self._encryption = encryption
        self._sealed = sealed
        self._now = now
        self._by_transaction = by_transaction
        self._stop = asyncio.Event()
        self._came = asyncio.Event()

    async def run(self) -> None:
        """Bring keys until `stop`."""
        pause = _SHORTEST_PAUSE_SECONDS
        while not self._stop.is_set():
            try:
                await self._round()
                pause = _SHORTEST_PAUSE_SECONDS
                continue
            except HomeserverError as error:
                log.warning("keys_do_not_come", status=error.status, errcode=error.errcode)
            except (StoreError, OSError) as error:
                log.error("keys_wait_for_database", reason=type(error).__name__)
            except Exception:
                log.exception("key_loop_failed")
            self._sealed.listens(None)
            await self._until_stop(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        self._stop.set()

    async def take_transaction(self, body: Mapping[str, Any]) -> None:
        """Take what a transaction brings, if that is how keys come. Doing it again does no harm."""
        if not self._by_transaction:
            return
        news = KeyNews.of_transaction(body, self._calls.user, self._calls.device_id)
        if news:
            await self._take(news)
            self._came.set()

    async def _round(self) -> None:
        if self._by_transaction:
            self._sealed.listens(self._now())
            await self._or_stop(self._came.wait())
            self._came.clear()
        else:
            await self._sync()
        try:
            await self._encryption.tend()
        except HomeserverError as error:
            if error.status != 400:
                raise
            await self._device.renew()

    async def _sync(self) -> None:
        async with self._database.reading() as connection:
            since = await journal.mark(connection, SINCE_MARK)
        answer = await self._or_stop(self._calls.sync(since))
        if answer is None:
            return
        await self._take(KeyNews.of_sync(answer))
        self._sealed.listens(self._now())
        token = answer.get("next_batch")
        if isinstance(token, str) and token != since:
            async with self._database.writing() as connection:
                await journal.set_mark(connection, SINCE_MARK, token)

    async def _take(self, news: KeyNews) -> None:
        if await self._encryption.take(news):
            await self._sealed.try_again()

    async def _or_stop(self, coming: Any) -> Any:
        """What comes, or None where `stop` is said first."""
        waited = asyncio.ensure_future(coming)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((waited, stopping), return_when=asyncio.FIRST_COMPLETED)
            return waited.result() if waited.done() else None
        finally:
            for task in (waited, stopping):
                task.cancel()
            await asyncio.gather(waited, stopping, return_exceptions=True)

    async def _until_stop(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            pass
