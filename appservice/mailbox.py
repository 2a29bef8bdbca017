"""The inbox's mouth: transactions come in and are kept whole, each in one commit, before they are answered.

Transaction ids prove nothing: they start again at 1 when a homeserver restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from appservice.store import inbox
from appservice.store.database import Database
from appservice.surroundings import Health


@dataclass(frozen=True, slots=True)
class Pace:
    """For how many seconds the next transaction is waited for, and all of them in a row."""

    next: float
    together: float


CATCHING_UP = Pace(0.05, 5.0)
"""A homeserver sends as many events at once as it ever does: more wait there."""
IN_A_ROW = Pace(0.003, 0.05)
"""One transaction comes as soon as the one before is answered."""


class Mailbox:
    """Keeps transactions, whether or not anybody works them off yet.

    `answers` says whether the database does, so that none waits for one that is cut off.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], float],
        answers: Callable[[], bool] = lambda: True,
        health: Health | None = None,
    ) -> None:
        self._database = database
        self._health = health or Health()
        self._now = now
        self._answers = answers
        self._last_txn = 0
        self._pace: Pace | None = None
        self._answered_at = self._works_until = -math.inf
        self.arrived = asyncio.Event()
        self.restarts_seen = 0
        self.transactions = 0

    async def accept(self, txn_id: str, body: bytes, *, full: bool = False) -> None:
        """Keep a transaction; once this returns it is on disk. Any exception: it is not.

        A process that does not act may do so, too: whoever acts finds it, and each event once.
        """
        if not self._answers():
            raise ConnectionError("the database does not answer")
        is_next = monotonic() < self._answered_at + IN_A_ROW.next
        received_at = self._now()
        async with self._database.alone(urgent=True) as connection:
            await inbox.keep_transaction(connection, body, received_at)
        if self._health.waiting_since is None:
            self._health.waiting_since = received_at
        self.transactions += 1
        number = int(txn_id) if txn_id.isascii() and txn_id.isdigit() and len(txn_id) < 20 else 0
        if number and number < self._last_txn:
            self.restarts_seen += 1
        self._last_txn = number
        self._pace = CATCHING_UP if full else IN_A_ROW if is_next else None
        self._answered_at = monotonic()
        self.arrived.set()

    async def let_in(self) -> None:
        """Take in one transaction after the other, as long as more are likely to come, and do nothing else.

        For as long as the pace says at most; then what has come is worked off for as long.
        """
        began = now = monotonic()
        while self._pace is not None and self._works_until < now:
            pace, self._pace = self._pace, None
            self.arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pace.next):
                    await self.arrived.wait()
            now = monotonic()
            if now >= began + pace.together:
                self._works_until = now + pace.together
