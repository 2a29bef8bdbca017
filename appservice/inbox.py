"""Transactions come in, are kept whole in one commit, and are worked off afterwards.

    PUT transaction ──▶ kept as it came ──▶ 200
                              │ (the loop, when nothing is coming in)
                              ▼
              split into events, each kept once by its id
                              ▼
              each handled in one unit of work; what cannot be is set aside with its reason

Transaction ids prove nothing: they start again at 1 when a homeserver restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from appservice.event import Event
from appservice.keyloop import KeyLoop
from appservice.listeners import Listeners, UnknownRoom
from appservice.sealed import NotMeant, Opened, Sealed
from appservice.speech import notice, reply_to
from appservice.store import inbox, journal, rooms
from appservice.store.database import Database, StoreError, is_passing
from appservice.store.inbox import Arrived
from appservice.watching import UNWATCHED, Watch
from appservice.work import Works
from bot.conversation import failure
from spaces.actions import Join, Say
from spaces.errors import Malformed, Refusal
from spaces.identifiers import printable

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_NEXT_SECONDS = 0.05
_CATCHING_UP_SECONDS = 5.0
_MOST_TRIES = 3
_DRAWN = re.compile(r"\$[A-Za-z0-9_+/~.-]+(:[A-Za-z0-9.:\[\]-]+)?")  # by a homeserver
_PROBE = "can be written to"
_PROBE_BYTES = 65_536
_SAID = ("m.room.message", "m.room.encrypted")


class Mailbox:
    """The inbox's mouth: keeps transactions, whether or not anybody works them off yet.

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
        async with self._database.writing(urgent=True, fenced=False) as connection:
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
                await asyncio.wait_for(self.arrived.wait(), _NEXT_SECONDS)
            now = monotonic()
        if now >= began + _CATCHING_UP_SECONDS:
            self._works_until = now + _CATCHING_UP_SECONDS


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
        self._sealed: Sealed | None = None
        self._keys: KeyLoop | None = None
        self._stopping = False
        self._refused: tuple[int, int] = (0, 0)
        self.set_aside = 0

    async def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Keep events that were read from the homeserver rather than pushed by it."""
        wanted = [event for event in events if self._is_wanted(event)]
        if wanted:
            async with self._database.writing() as connection:
                new = await inbox.keep_events(connection, wanted, self._works.surroundings.now())
            self._watch.kept(event["type"] for event in new)
            self._wake.set()

    def deciphers(self, sealed: Sealed, keys: KeyLoop) -> None:
        """Encrypted events are opened from now on, and `keys` gets what transactions bring for it."""
        self._sealed, self._keys = sealed, keys

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Work off what came in, until `stop`."""
        while not self._stopping:
            self._wake.clear()
            await self._mailbox.let_in()
            try:
                worked = await self._split() or await self._handle_next()
            except (StoreError, OSError) as error:
                log.error("inbox_waits_for_database", reason=type(error).__name__)
                worked = False
            except Exception:
                log.exception("inbox_failed")
                worked = False
            if not worked:
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
        """Split the oldest transaction into its events; whether there was one."""
        async with self._database.reading(apart=True) as connection:
            kept = await inbox.next_transaction(connection)
        if kept is None:
            return False
        id_, body, received_at = kept
        with bound_contextvars(transaction=id_):
            await self._take_apart(id_, body, received_at)
        return True

    async def _take_apart(self, id_: int, body: bytes, received_at: float) -> None:
        transaction = _transaction_in(body)
        if self._keys is not None:
            await self._keys.take_transaction(transaction)
        events = [event for event in _events_in(transaction) if self._is_wanted(event)]
        if len(events) == 1 and await self._heard_at_once(id_, events[0], received_at):
            return
        async with self._database.writing() as connection:
            new = await inbox.keep_events(connection, events, received_at)
            await inbox.drop_transaction(connection, id_)
        self._watch.kept(event["type"] for event in new)
        log.debug("transaction_split", events=len(events), new=len(new))

    async def _heard_at_once(self, id_: int, raw: Mapping[str, Any], received_at: float) -> bool:
        """Hear an event that came alone, and note it as handled, in one commit, if nothing waits before it.

        Whatever stands in the way, it goes the long way, where the reason is told.
        """
        try:
            event = Event.parse(raw, received_at)
            if self._sealed is not None and self._sealed.is_sealed(event):
                return False
            with bound_contextvars(event_id=_told(event.id)):
                async with self._works.begin(event.sender) as work:
                    if not await inbox.note_alone(work.connection, event.id, received_at):
                        return False
                    await self._listeners.hear(event, work)
                    await inbox.drop_transaction(work.connection, id_)
                log.debug("event_handled", at_once=True)
        except Exception as error:
            self._watch.undone()
            log.debug("event_goes_the_long_way", reason=type(error).__name__)
            return False
        self._watch.kept([event.type])
        self._watch.settled()
        return True

    def _is_wanted(self, event: Mapping[str, Any]) -> bool:
        id_ = event.get("event_id")
        return isinstance(id_, str) and _can_be_a_key(id_) and self._listeners.concerns_us(event)

    async def _handle_next(self) -> bool:
        async with self._database.reading(apart=True) as connection:
            arrived = await inbox.next_event(connection)
        if arrived is None:
            return False
        with bound_contextvars(event_id=_told(arrived.event.get("event_id"))):
            await self._try(arrived)
            log.debug("event_handled")
        return True

    async def _try(self, arrived: Arrived) -> None:
        """Handle it, or set it aside. Raises what is the database's fault, and not the event's."""
        self._watch.undone()
        try:
            event = Event.parse(arrived.event, arrived.received_at)
            await self._receive(arrived, event)
        except Malformed as reason:
            await self._set_aside(arrived, reason.sentence)
        except Exception as error:
            if isinstance(error, (StoreError, OSError)) and (
                is_passing(error) or not await self._is_refused_for_good(arrived.seq)
            ):
                raise
            reference = secrets.token_hex(4)
            log.exception("event_failed", reference=reference)
            await self._set_aside(arrived, f"{reference}: {type(error).__name__}", reference)
        self._watch.settled()

    async def _is_refused_for_good(self, seq: int) -> bool:
        """Whether the database fails at this one event again and again, and takes what is put to it besides.

        Raises `StoreError`, `OSError` where it is locked, full or gone, which is no fault of the event's.
        """
        async with self._database.writing() as connection:
            await journal.set_mark(connection, _PROBE, "x" * _PROBE_BYTES)
            await journal.clear_mark(connection, _PROBE)
        last, tries = self._refused
        self._refused = (seq, tries + 1 if seq == last else 1)
        return self._refused[1] >= _MOST_TRIES

    async def _receive(self, arrived: Arrived, event: Event) -> None:
        if self._sealed is None or not self._sealed.is_sealed(event):
            return await self._handle(arrived, event)
        try:
            opened = await self._sealed.open(event)
        except NotMeant:
            async with self._database.writing() as connection:
                return await inbox.handled(connection, arrived.seq)
        return await self._handle(arrived, opened.event if opened else event, opened)

    async def _handle(self, arrived: Arrived, event: Event, opened: Opened | None = None) -> None:
        try:
            async with self._works.begin(event.sender) as work:
                if self._sealed is not None and opened is None and self._sealed.is_sealed(event):
                    return await self._sealed.set_aside(work, arrived, event)
                if self._sealed is None or opened is None or await self._sealed.note(work, opened):
                    await self._listeners.hear(event, work)
                await inbox.handled(work.connection, arrived.seq)
        except UnknownRoom:
            async with self._works.begin(event.sender) as work:
                if await rooms.conversation(work.connection, event.room) is None:  # nor has it become known
                    work.put(Join(event.room, event.sender, invited=False))
                    await inbox.forget_event(work.connection, arrived.seq)
        except Refusal as refusal:
            await self._set_aside(arrived, refusal.sentence)

    async def _set_aside(self, arrived: Arrived, reason: str, reference: str | None = None) -> None:
        """Out of the way with it. Who waits for an answer in a direct message gets the reference number."""
        self.set_aside += 1
        log.warning("event_set_aside", reference=reference)
        async with self._works.begin("hedgerow") as work:
            await inbox.set_aside(work.connection, arrived.seq, reason)
            if reference is None or arrived.event.get("type") not in _SAID:
                return
            event = Event.parse(arrived.event, arrived.received_at)
            language = await work.language_of(event.sender)
            answer = notice(failure(reference), reply_to(event.id), language=language)
            work.put(Say(event.room, f"answer:{event.id}", answer))


def _can_be_a_key(event_id: str) -> bool:
    """Whether it can be an event's id: every database keeps it, and it is within the 255 bytes allowed."""
    return 0 < len(event_id) <= 255 and printable(event_id) == event_id


def _told(event_id: object) -> str | None:
    """The id as the log may have it: what is heard anew by our own doing has names in its id."""
    return event_id if isinstance(event_id, str) and _DRAWN.fullmatch(event_id) else None


def _transaction_in(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _events_in(transaction: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = transaction.get("events")
    return [event for event in found if isinstance(event, dict)] if isinstance(found, list) else []
