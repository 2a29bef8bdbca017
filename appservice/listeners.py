"""Event type → who listens. Each listener changes what it must within the unit of work it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appservice.newcomers import is_host
from appservice.readback import MEMBERSHIPS
from appservice.speech import notice
from appservice.store import rooms
from appservice.store.rooms import ConversationRow
from appservice.work import UnitOfWork
from bot.conversation import Conversation
from bot.greetings import STRANGER, cannot_read_encrypted
from bot.ports import Heard
from spaces.actions import Join, Leave, ReadBack, Say
from spaces.errors import Malformed
from spaces.identifiers import EventId, RoomId, UserId
from spaces.reconcile import is_governed

_PARTING = ("leave", "ban")
_PRESENT = ("invite", "join")


@dataclass(frozen=True, slots=True)
class Event:
    """A room event that has the parts every room event has. `state_key` is None for a message."""

    id: EventId
    type: str
    room: RoomId
    sender: UserId
    content: Mapping[str, Any]
    state_key: str | None
    received_at: float

    @classmethod
    def parse(cls, raw: Mapping[str, Any], received_at: float) -> Event:
        """Raises `Malformed` where a part is missing or of the wrong kind."""
        texts = [raw.get(name) for name in ("event_id", "type", "room_id", "sender")]
        event_id, kind, room, sender = (text if isinstance(text, str) else "" for text in texts)
        content, key = raw.get("content"), raw.get("state_key")
        if not event_id or not kind or not isinstance(content, dict):
            raise Malformed("An event without an id, a type or a content.")
        return cls(
            id=EventId(event_id),
            type=kind,
            room=RoomId.parse(room),
            sender=UserId.parse(sender),
            content=content,
            state_key=key if isinstance(key, str) else None,
            received_at=received_at,
        )


class UnknownRoom(Exception):
    """Something was said in a room that we do not know: find out whose it is, then hear it again."""


Listener = Callable[[Event, UnitOfWork], Awaitable[None]]


class Listeners:
    """Who listens to what."""

    def __init__(self, conversation: Conversation, bot: UserId) -> None:
        self._conversation = conversation
        self._bot = bot

    def concerns_us(self, raw: Mapping[str, Any]) -> bool:
        """Whether anyone listens to events like this one: all others need not be kept."""
        kind = raw.get("type")
        if not isinstance(kind, str) or raw.get("sender") == self._bot:
            return False
        return kind in ("m.room.message", "m.room.member", "m.room.encrypted") or is_governed(kind)

    async def hear(self, event: Event, work: UnitOfWork) -> None:
        """Let whoever listens hear `event`."""
        if event.sender == self._bot:
            return
        if event.state_key is None:
            if event.type == "m.room.message":
                await self._message(event, work)
            elif event.type == "m.room.encrypted":
                await self._encrypted(event, work)
        elif event.type == "m.room.member":
            await self._membership(event, work)
        elif is_governed(event.type):
            await self._changed_by_hand(event, work)

    # -- messages --------------------------------------------------------------------------------

    async def _message(self, event: Event, work: UnitOfWork) -> None:
        body = event.content.get("body")
        relates = event.content.get("m.relates_to")
        relation = relates if isinstance(relates, dict) else {}
        is_edit = relation.get("rel_type") == "m.replace" or "m.new_content" in event.content
        if event.content.get("msgtype") != "m.text" or not isinstance(body, str) or is_edit:
            return
        here = await self._conversation_in(event, work)
        thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
        heard = Heard(
            sender=event.sender,
            room=event.room,
            event=event.id,
            body=body,
            at=datetime.fromtimestamp(event.received_at, UTC),
            is_direct=here is not None and here.person == event.sender,
            thread=EventId(thread) if isinstance(thread, str) else None,
            mentions_bot=self._is_mentioned(event.content.get("m.mentions")),
        )
        await self._conversation.hear(heard, work)

    async def _conversation_in(self, event: Event, work: UnitOfWork) -> ConversationRow | None:
        if await work.place_of_room(event.room) is not None:
            found = await rooms.conversation(work.connection, event.room)
            return found if found is not None and found.person is not None else None
        found = await rooms.conversation(work.connection, event.room)
        if found is None:
            raise UnknownRoom(event.room)
        return found

    def _is_mentioned(self, mentions: object) -> bool:
        users = mentions.get("user_ids") if isinstance(mentions, dict) else None
        return isinstance(users, list) and self._bot in users

    async def _encrypted(self, event: Event, work: UnitOfWork) -> None:
        here = await rooms.conversation(work.connection, event.room)
        if here is not None and here.person == event.sender:
            work.put(Say(event.room, f"encrypted:{event.room}", notice(cannot_read_encrypted())))

    # -- memberships -----------------------------------------------------------------------------

    async def _membership(self, event: Event, work: UnitOfWork) -> None:
        membership = event.content.get("membership")
        if event.state_key is None or not isinstance(membership, str) or membership not in MEMBERSHIPS:
            return
        if event.state_key == self._bot:
            await self._about_the_bot(event, membership, work)
            return
        user = UserId.parse(event.state_key)
        place = await work.place_of_room(event.room)
        if place is not None:
            if membership in _PRESENT and await self._had_left(event.room, user, work):
                work.put(ReadBack(place))
            await rooms.save_memberships(work.connection, event.room, {user: membership})
        here = await rooms.conversation(work.connection, event.room)
        if here is not None:
            await self._company_changed(here, user, membership, work)

    async def _had_left(self, room: RoomId, user: UserId, work: UnitOfWork) -> bool:
        """Whether they come back, or an event of before comes late: only the room itself can tell."""
        return await rooms.membership(work.connection, room, user) in _PARTING

    async def _about_the_bot(self, event: Event, membership: str, work: UnitOfWork) -> None:
        if membership == "invite":
            await self._invited(event, work)
        elif membership in _PARTING:
            await rooms.drop_conversation(work.connection, event.room)

    async def _invited(self, event: Event, work: UnitOfWork) -> None:
        known = event.sender.server == work.surroundings.server
        standing = None if known else await work.standing_of(event.sender)
        if not known and standing is not None and not standing.joined:
            work.put(Leave(event.room, STRANGER))
        elif event.content.get("is_direct") is True or known or await is_host(work, event.sender):
            work.put(Join(event.room, event.sender))
        else:
            work.put(Leave(event.room, STRANGER))

    async def _company_changed(
        self, here: ConversationRow, user: UserId, membership: str, work: UnitOfWork
    ) -> None:
        """A third one comes: it is no direct room any more. The only one goes: neither is it."""
        if here.person is None:
            return
        if user == here.person and membership in _PARTING:
            await rooms.drop_conversation(work.connection, here.room_id)
            work.put(Leave(here.room_id))
        elif user != here.person and membership in _PRESENT:
            await rooms.save_conversation(work.connection, ConversationRow(here.room_id, None, here.place))

    # -- changes by hand -------------------------------------------------------------------------

    async def _changed_by_hand(self, event: Event, work: UnitOfWork) -> None:
        """Events may come late or out of order, so the room itself is read."""
        place = await work.place_of_room(event.room)
        if place is not None:
            work.put(ReadBack(place))
