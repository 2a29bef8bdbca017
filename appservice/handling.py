"""What waits in the inbox is handled: what is in the clear together, the rest one by one.

    the oldest that wait ──▶ heard one after the other, and committed as one
                  │ one of them stands in the way: those before it, committed as one, and then
                  ▼
         the first alone ──▶ handled in a unit of work of its own, or set aside with its reason

What goes together takes no longer than who asks something may wait beside it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from time import monotonic

import structlog
from structlog.contextvars import bound_contextvars

from appservice.activity import note_all_said
from appservice.encrypted_rooms import ENCRYPTED
from appservice.event import Event
from appservice.listeners import Listeners, UnknownRoom
from appservice.sealed import NotMeant, Opened, Sealed
from appservice.speech import notice, reply_to
from appservice.store import inbox, journal, rooms
from appservice.store.database import StoreError, is_passing
from appservice.store.inbox import Arrived
from appservice.watching import Watch
from appservice.works import Together, Works
from bot.conversation import failure
from spaces.actions import Join, Say
from spaces.errors import Malformed, Refusal

log = structlog.get_logger(__name__)

_TOGETHER = 200
_TOGETHER_SECONDS = 0.05
_MOST_TRIES = 3
_DRAWN = re.compile(r"\$[A-Za-z0-9_+/~.-]+(:[A-Za-z0-9.:\[\]-]+)?")  # by a homeserver
_PROBE = "can be written to"
_PROBE_BYTES = 65_536
_SAID = ("m.room.message", "m.room.encrypted")


class Handling:
    """Handles what waits. `sealed` opens what is encrypted, once it is there."""

    def __init__(self, works: Works, listeners: Listeners, watch: Watch) -> None:
        self.sealed: Sealed | None = None
        self.set_aside = 0
        self._works = works
        self._database = works.database
        self._listeners = listeners
        self._watch = watch
        self._refused: tuple[int, int] = (0, 0)
        self._at_once = _TOGETHER
        """How many are read: where one that is sealed goes alone, the next is likely to be, too."""

    async def handle_next(self) -> bool:
        """Handle the oldest that wait, at least one; whether any waited."""
        async with self._database.reading(apart=True, brief=True) as connection:
            waiting = await inbox.next_events(connection, self._at_once)
        if not waiting:
            return False
        self._works.surroundings.health.waiting_since = waiting[0].received_at
        is_sealed = self.sealed is not None and waiting[0].event.get("type") == ENCRYPTED
        self._at_once = 1 if is_sealed else min(2 * self._at_once, _TOGETHER)
        while len(waiting) > 1 and not is_sealed:
            heard, is_kept = await self._together(waiting)
            if is_kept:
                return True
            waiting = waiting[: heard if heard < len(waiting) else 0] or waiting[:1]
        with bound_contextvars(event_id=told(waiting[0].event.get("event_id"))):
            await self._try(waiting[0])
            log.debug("event_handled")
        return True

    # -- several -------------------------------------------------------------------------------------

    async def _together(self, waiting: Sequence[Arrived]) -> tuple[int, bool]:
        """Handle those at the front in one commit: how many were heard, and whether that is kept.

        Whatever stands in the way is told where the event is handled alone.
        """
        done: list[int] = []
        self._watch.undone()
        try:
            async with self._works.together() as several:
                async for seq in self._hear(waiting, several):
                    done.append(seq)
                await inbox.handled(several.connection, *done)
        except Exception as error:
            self._watch.undone()
            self._listeners.undone()
            log.debug("events_go_alone", heard=len(done), reason=type(error).__name__)
            return len(done), False
        self._watch.settled()
        self._listeners.settled()
        log.debug("events_handled", together=len(done))
        return len(done), bool(done)

    async def _hear(self, waiting: Sequence[Arrived], several: Together) -> AsyncIterator[int]:
        """Each that was heard, as far as time goes. What is merely said is counted many at once."""
        until, said = monotonic() + _TOGETHER_SECONDS, list[Event]()
        now = self._works.surroundings.now()
        groups = await rooms.groups_in(several.connection, _rooms_of(waiting))
        for arrived in waiting:
            event = Event.parse(arrived.event, arrived.received_at)
            if self.is_sealed(event) or monotonic() > until:
                break
            if self._listeners.is_merely_said(event, groups.get(event.room), several.landscape, now):
                said.append(event)
            else:
                await note_all_said(several.connection, said)
                said.clear()
                with bound_contextvars(event_id=told(event.id)):
                    async with several.begin(event.sender) as work:
                        await self._listeners.hear(event, work)
            yield arrived.seq
        await note_all_said(several.connection, said)

    def is_sealed(self, event: Event) -> bool:
        return self.sealed is not None and self.sealed.is_sealed(event)

    # -- one -----------------------------------------------------------------------------------------

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
        self._listeners.settled()

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
        if self.sealed is None or not self.is_sealed(event):
            return await self._handle(arrived, event)
        try:
            opened = await self.sealed.open(event)
        except NotMeant:
            async with self._database.writing() as connection:
                return await inbox.handled(connection, arrived.seq)
        return await self._handle(arrived, opened.event if opened else event, opened)

    async def _handle(self, arrived: Arrived, event: Event, opened: Opened | None = None) -> None:
        try:
            async with self._works.begin(event.sender) as work:
                if self.sealed is not None and opened is None and self.sealed.is_sealed(event):
                    return await self.sealed.set_aside(work, arrived, event)
                if self.sealed is None or opened is None or await self.sealed.note(work, opened):
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


def _rooms_of(waiting: Iterable[Arrived]) -> set[str]:
    return {room for arrived in waiting if isinstance(room := arrived.event.get("room_id"), str)}


def told(event_id: object) -> str | None:
    """The id as the log may have it: what is heard anew by our own doing has names in its id."""
    return event_id if isinstance(event_id, str) and _DRAWN.fullmatch(event_id) else None
