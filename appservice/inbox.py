"""What was kept as it came is worked off.

PUT transaction ──▶ kept as it came (`mailbox`) ──▶ 200
                          │ (the loop, when nothing is coming in)
                          ▼
          split into events, each kept once by its id
                          ▼
          handled (`handling`); what cannot be is set aside with its reason
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from appservice.event import Event
from appservice.handling import Handling, told
from appservice.keyloop import KeyLoop
from appservice.listeners import Listeners
from appservice.mailbox import Mailbox
from appservice.sealed import Sealed
from appservice.store import inbox
from appservice.store.database import StoreError
from appservice.store.inbox import Kept
from appservice.watching import UNWATCHED, Watch
from appservice.works import Works
from spaces.identifiers import printable

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0


class Inbox:
    """The inbox loop."""

    def __init__(
        self, mailbox: Mailbox, works: Works, listeners: Listeners, watch: Watch = UNWATCHED
    ) -> None:
        self._watch = watch
        self._mailbox = mailbox
        self._works = works
        self._database = works.database
        self._listeners = listeners
        self._wake = mailbox.arrived
        self._handling = Handling(works, listeners, watch)
        self._keys: KeyLoop | None = None
        self._stopping = False

    async def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Keep events that were read from the homeserver rather than pushed by it."""
        wanted = [event for event in events if self._is_wanted(event)]
        if wanted:
            async with self._database.writing(brief=True) as connection:
                new = await inbox.keep_events(connection, wanted, self._works.surroundings.now())
            self._watch.kept(event["type"] for event in new)
            self._wake.set()

    def deciphers(self, sealed: Sealed, keys: KeyLoop) -> None:
        """Encrypted events are opened from now on, and `keys` gets what transactions bring for it."""
        self._handling.sealed, self._keys = sealed, keys

    @property
    def set_aside(self) -> int:
        """How many events could not be handled since this process began."""
        return self._handling.set_aside

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Work off what came in, until `stop`."""
        while not self._stopping:
            self._wake.clear()
            await self._mailbox.let_in()
            try:
                worked = await self._split() or await self._handling.handle_next()
            except (StoreError, OSError) as error:
                log.error("inbox_waits_for_database", reason=type(error).__name__)
                worked = False
            except Exception:
                log.exception("inbox_failed")
                worked = False
            if not worked:
                self._works.surroundings.health.waiting_since = None
                await self._rest()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _split(self) -> bool:
        """Split the oldest transactions into their events; whether there were any."""
        async with self._database.reading(apart=True, brief=True) as connection:
            kept = await inbox.next_transactions(connection)
        if not kept:
            return False
        with bound_contextvars(transaction=kept[0].id):
            await self._take_apart(kept)
        return True

    async def _take_apart(self, kept: Sequence[Kept]) -> None:
        arrived = list[tuple[Mapping[str, Any], float]]()
        for one in kept:
            transaction = _transaction_in(one.body)
            if self._keys is not None:
                await self._keys.take_transaction(transaction)
            arrived += [(e, one.received_at) for e in _events_in(transaction) if self._is_wanted(e)]
        if len(kept) == len(arrived) == 1 and await self._heard_at_once(kept[0], arrived[0][0]):
            return
        async with self._database.writing(brief=True) as connection:
            new = await inbox.keep_all(connection, arrived)
            await inbox.drop_transactions(connection, kept)
        self._watch.kept(event["type"] for event in new)
        log.debug("transactions_split", transactions=len(kept), events=len(arrived), new=len(new))

    async def _heard_at_once(self, kept: Kept, raw: Mapping[str, Any]) -> bool:
        """Hear an event that came alone, and note it as handled, in one commit, if nothing waits before it.

        Whatever stands in the way, it goes the long way, where the reason is told.
        """
        try:
            event = Event.parse(raw, kept.received_at)
            if self._handling.is_sealed(event):
                return False
            with bound_contextvars(event_id=told(event.id)):
                async with self._works.begin(event.sender) as work:
                    if not await inbox.note_alone(work.connection, event.id, kept.received_at):
                        return False
                    await self._listeners.hear(event, work)
                    await inbox.drop_transactions(work.connection, [kept])
                log.debug("event_handled", at_once=True)
        except Exception as error:
            self._watch.undone()
            self._listeners.undone()
            log.debug("event_goes_the_long_way", reason=type(error).__name__)
            return False
        self._watch.kept([event.type])
        self._watch.settled()
        self._listeners.settled()
        return True

    def _is_wanted(self, event: Mapping[str, Any]) -> bool:
        id_ = event.get("event_id")
        return isinstance(id_, str) and _can_be_a_key(id_) and self._listeners.concerns_us(event)


def _can_be_a_key(event_id: str) -> bool:
    """Whether it can be an event's id: every database keeps it, and it is within the 255 bytes allowed."""
    return 0 < len(event_id) <= 255 and printable(event_id) == event_id


def _transaction_in(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _events_in(transaction: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = transaction.get("events")
    return [event for event in found if isinstance(event, dict)] if isinstance(found, list) else []
