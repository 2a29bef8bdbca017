"""What is read of the service when somebody asks for its numbers, and what is measured from time to time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from appservice.engine import Foundation
from appservice.inbox import Inbox
from appservice.listeners import Listeners
from appservice.mailbox import Mailbox
from appservice.secrecy import Secrecy
from appservice.store.backlog import backlog
from appservice.store.database import StoreError


class Measuring:
    """Tells the foundation's meters what the parts have counted. `now` gives seconds."""

    def __init__(self, foundation: Foundation, mailbox: Mailbox, now: Callable[[], float]) -> None:
        self._foundation = foundation
        self._mailbox = mailbox
        self._now = now
        self._inbox: Inbox | None = None
        self._listeners: Listeners | None = None
        self._secrecy: Secrecy | None = None
        foundation.meters.reads(self.read)

    def attend(self, inbox: Inbox, listeners: Listeners, secrecy: Secrecy | None) -> None:
        """These work from now on."""
        self._inbox, self._listeners, self._secrecy = inbox, listeners, secrecy

    def read(self) -> Mapping[str, float]:
        """The numbers of `metrics.READ`."""
        health = self._foundation.health
        return {
            "hedgerow_transactions_total": self._mailbox.transactions,
            "hedgerow_events_set_aside_total": self._inbox.set_aside if self._inbox else 0,
            "hedgerow_invitations_refused_total": self._refused(),
            "hedgerow_homeserver_answers": float(health.homeserver_answers),
            "hedgerow_pinged": float(health.pinged),
            **self._of_secrecy(),
        }

    def _of_secrecy(self) -> Mapping[str, float]:
        """Nothing without encryption."""
        if self._secrecy is None:
            return {}
        return {
            "hedgerow_undecryptable_total": self._secrecy.sealed.given_up,
            "hedgerow_cross_signed": float(self._foundation.health.cross_signed or False),
        }

    def _refused(self) -> int:
        return self._listeners.invitations.refused if self._listeners else 0

    async def look(self) -> None:
        """Measure what waits. Where the database does not answer, that is counted there."""
        with suppress(StoreError, OSError):
            async with self._foundation.database.reading(apart=True) as connection:
                self._foundation.meters.measured(await backlog(connection, self._now()))
