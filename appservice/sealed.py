"""Encrypted events on their way in: read, or set aside until their key comes, or given up.

waiting ──▶ read ──────────────▶ heard like any other
   │  ▲
   ▼  │ a room key has come, or a look each second
sealed ──5 s, while keys do come──▶ given up: told to who wrote it, in a direct message,
                                    once an hour; elsewhere only counted
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from appservice import overhearing
from appservice.encrypted_rooms import ENCRYPTED
from appservice.encryption import Deciphered, Encryption
from appservice.event import Event
from appservice.homeserver import HomeserverError
from appservice.key_calls import KeyCalls
from appservice.listeners import Listeners, UnknownRoom
from appservice.store import encryption as store
from appservice.store import inbox
from appservice.store.encryption import Place, Rotation
from appservice.store.inbox import Arrived
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.greetings import cannot_decipher
from bot.languages import words_in
from bot.ports import Heard
from bot.reply import in_language
from spaces.errors import Malformed
from spaces.identifiers import RoomId

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5.0
_COMPLAINT_SECONDS = 3600.0
_MEANT = ("m.room.message", "m.reaction")
_OPEN_SECONDS = 60.0
_MOST_OPEN_ROOMS = 1000
REMEMBERED_SECONDS = 40 * 86_400.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An event as it is to be heard, and which place in its session it took."""

    event: Event
    place: Place


class NotMeant(Exception):
    """Nothing that anybody can read: taken back, or encrypted in a room that is not."""


class Sealed:
    """Opens encrypted events. `wake` has the inbox look again."""

    def __init__(
        self,
        works: Works,
        listeners: Listeners,
        calls: KeyCalls,
        encryption: Encryption,
        prefix: str,
        wake: Callable[[], None],
    ) -> None:
        self._works = works
        self._listeners = listeners
        self._calls = calls
        self._encryption = encryption
        self._prefix = prefix
        self._wake = wake
        self._listening_since: float | None = None
        self._open_rooms: dict[RoomId, float] = {}  # not encrypted → until when that is believed
        self.given_up = 0

    def listens(self, now: float | None) -> None:
        """Keys come, from `now` on at the latest; None: they do not."""
        self._listening_since = now if now is None else (self._listening_since or now)

    # -- one event -------------------------------------------------------------------------------

    def is_sealed(self, event: Event) -> bool:
        return event.type == ENCRYPTED and event.state_key is None

    async def open(self, event: Event) -> Opened | None:
        """What is in it; None while its key, or word of its room, is not here. Raises `NotMeant`."""
        try:
            if not isinstance(event.content.get("ciphertext"), str) or not await self._is_at_home(event.room):
                raise NotMeant(event.id)
            found = await self._encryption.decipher(event.room, event.sender, event.content)
        except HomeserverError as error:
            log.warning("event_stays_sealed", status=error.status, errcode=error.errcode)
            return None
        if found is not None and found.kind not in _MEANT:
            raise NotMeant(event.id)
        if found is None:
            return None
        return Opened(_as_said(event, found), Place(found.session, found.sender_key, found.index))

    async def _is_at_home(self, room: RoomId) -> bool:
        """Whether the room is encrypted: else whoever writes so could make the bot answer in riddles.

        That it became so stands in the database as soon as its m.room.encryption has come.
        """
        async with self._works.database.reading() as connection:
            if await store.rotation_of(connection, room) is not None:
                return True
        now = self._works.surroundings.now()
        if self._open_rooms.get(room, now) > now:
            return False
        content = await self._calls.encryption_of(room)
        if content is None:
            self._open_rooms[room] = now + _OPEN_SECONDS
            while len(self._open_rooms) > _MOST_OPEN_ROOMS:
                del self._open_rooms[next(iter(self._open_rooms))]
            return False
        async with self._works.database.writing() as connection:
            await store.note_room(connection, room, Rotation.of(content))
        return True

    async def note(self, work: UnitOfWork, opened: Opened) -> bool:
        """Remember that it was read; False for a repetition of what was read before as another event."""
        where = (opened.place, opened.event.id)
        forgotten_before = work.now - REMEMBERED_SECONDS
        if await store.is_replayed(work.connection, *where, forgotten_before=forgotten_before):
            log.warning("message_replayed", event_id=opened.event.id)
            return False
        await store.note_deciphered(work.connection, *where, work.now)
        return True

    async def set_aside(self, work: UnitOfWork, arrived: Arrived, event: Event) -> None:
        """Out of the way with it until its key comes. Raises `UnknownRoom`."""
        await self._listeners.conversation_in(event, work)
        await inbox.seal(work.connection, arrived.seq)

    # -- all that are sealed ---------------------------------------------------------------------

    async def try_again(self) -> None:
        """A key has come: whichever event it opens, all that are sealed are tried."""
        async with self._works.database.writing() as connection:
            unsealed = await inbox.unseal(connection)
        if unsealed:
            self._wake()

    async def judge(self) -> None:
        """Try what is sealed once more, and give up what has waited long enough while keys were coming."""
        async with self._works.database.reading() as connection:
            waiting = await inbox.sealed(connection)
        now = self._works.surroundings.now()
        for arrived in waiting:
            since = max(arrived.received_at, self._listening_since or now)
            try:
                await self._judge(arrived, is_overdue=now - since >= PATIENCE_SECONDS)
            except Exception as error:
                log.error("sealed_event_failed", reason=type(error).__name__)

    async def _judge(self, arrived: Arrived, *, is_overdue: bool) -> None:
        event: Event | None = None
        try:
            event = Event.parse(arrived.event, arrived.received_at)
            opens = await self.open(event) is not None
        except (Malformed, NotMeant):
            opens = True  # the inbox sees so, too
        except Exception as error:
            log.warning("sealed_event_does_not_open", reason=type(error).__name__)
            opens = False
        if not opens and not is_overdue:
            return
        async with self._works.begin("hedgerow") as work:
            if opens or event is None:
                await inbox.unseal(work.connection, arrived.seq)
            else:
                await inbox.handled(work.connection, arrived.seq)
                self.given_up += 1
                await overhearing.said(event, work)
                await self._complain(work, event)
        self._wake()

    async def _complain(self, work: UnitOfWork, event: Event) -> None:
        try:
            here = await self._listeners.conversation_in(event, work)
        except UnknownRoom:
            return
        if here is None or here.person != event.sender:
            return
        last = await store.last_complaint(work.connection, event.sender)
        if last is not None and work.now - last < _COMPLAINT_SECONDS:
            return
        await store.note_complaint(work.connection, event.sender, work.now)
        at = datetime.fromtimestamp(event.received_at, UTC)
        heard = Heard(event.sender, event.room, event.id, "", at, is_direct=True)
        words = words_in(await work.language_for(heard))
        await work.answer(heard, in_language(cannot_decipher(self._prefix), words))


def _as_said(event: Event, found: Deciphered) -> Event:
    """What it relates to stands outside; an edit in either place is one."""
    content: dict[str, Any] = dict(found.content)
    outside = event.content.get("m.relates_to")
    if isinstance(outside, dict) and (_is_edit(outside) or not isinstance(content.get("m.relates_to"), dict)):
        content["m.relates_to"] = outside
    return replace(event, type=found.kind, content=content)


def _is_edit(relation: Mapping[str, Any]) -> bool:
    return relation.get("rel_type") == "m.replace"
