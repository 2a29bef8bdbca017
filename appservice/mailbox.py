"""The inbox's mouth: transactions come in and are kept whole, each in one commit, before they are answered.

Transaction ids prove nothing: they start again at 1 when a homeserver restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic

from appservice.store import inbox
from appservice.store.database import Database

_NEXT_SECONDS = 0.05
_CATCHING_UP_SECONDS = 5.0


class Mailbox:
    """Keeps transactions, whether or not anybody works them off yet.

    `answers` says whether the database does, so that none waits for one that is cut off.
    """

    def __init__(
        self, database: Database, now: Callable[[], float], answers: Callable[[], bool] = lambda: True
    ) -> None:
        self._database = database
        self._now = now
        self._answers = answers
        self._last_txn = 0
        self._is_full = False
        self._works_until = 0.0
        self.arrived = asyncio.Event()
        self.restarts_seen = 0
        self.transactions = 0

    async def accept(self, txn_id: str, body: bytes, *, full: bool = False) -> None:
        """Keep a transaction; once this returns it is on disk. Any exception: it is not.

        A process that does not act may do so, too: whoever acts finds it, and each event once.
        """
        if not self._answers():
            raise ConnectionError("the database does not answer")
        async with self._database.alone(urgent=True) as connection:
            await inbox.keep_transaction(connection, body, self._now())
        self.transactions += 1
        number = int(txn_id) if txn_id.isascii() and txn_id.isdigit() and len(txn_id) < 20 else 0
        if number and number < self._last_txn:
            self.restarts_seen += 1
        self._last_txn = number
        self._is_full = full
        self.arrived.set()

    async def let_in(self) -> None:
        """While a homeserver catches up, take in one full transaction after the other, and do nothing else.

        For five seconds at most; then what has come is worked off for as long.
        """
        began = now = monotonic()
        while self._is_full and self._works_until < now < began + _CATCHING_UP_SECONDS:
            self._is_full = False
            self.arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_NEXT_SECONDS):
                    await self.arrived.wait()
            now = monotonic()
        if now >= began + _CATCHING_UP_SECONDS:
            self._works_until = now + _CATCHING_UP_SECONDS
