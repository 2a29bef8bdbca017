"""Reads one message of a room as it is now, for what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appservice.encrypted_rooms import ENCRYPTED, Rooms
from appservice.event import Event
from appservice.hearing import message_in, relation_in
from appservice.homeserver import Homeserver, HomeserverError
from bot.address import said_itself
from bot.stories.ports import Message
from spaces.errors import Malformed
from spaces.identifiers import EventId, RoomId, UserId

_EDIT = "m.replace"


async def read_message(homeserver: Homeserver, sealed: Rooms, room: RoomId, event: EventId) -> Message | None:
    """What the message says, with its last edit; None for anything that is no text of a person's there.

    An id says nothing of where an event is: it is asked for in this room, and has to be of it
    (client-server API, "GET /rooms/{roomId}/event/{eventId}"). Raises `HomeserverError` for what may be
    tried again.
    """
    try:
        found = await homeserver.event(room, event)
    except HomeserverError as error:
        if error.is_final:
            return None
        raise
    original = _of_room(found, room)
    if original is None or original.id != event or original.sender == homeserver.user:
        return None
    if original.state_key is not None or _is_redacted(found):
        return None
    edit = _edit_of(found, original)
    opened = await _opened(edit or original, sealed)
    if opened is None:
        return Message(original.sender, "", is_legible=False)
    text = edited_text(opened, homeserver.user) if edit else said_in(opened, homeserver.user)
    return Message(original.sender, text, edit.id if edit else EventId("")) if text else None


def said_in(event: Event, bot: UserId) -> str:
    """The text of a message, without what it quotes; empty for a notice, an edit, and all else."""
    heard = message_in(event, bot) if event.type == "m.room.message" else None
    return said_itself(heard) if heard else ""


def edited_text(event: Event, bot: UserId) -> str:
    """The text that an edit puts in the place of what was said."""
    new = event.content.get("m.new_content")
    return said_in(replace(event, content=new), bot) if isinstance(new, dict) else ""


def edits(event: Event) -> EventId | None:
    """The message that `event` changes (m.replace)."""
    relation = relation_in(event)
    target = relation.get("event_id")
    return EventId(target) if relation.get("rel_type") == _EDIT and isinstance(target, str) else None


def _of_room(raw: object, room: RoomId) -> Event | None:
    if not isinstance(raw, dict) or raw.get("room_id") != room:
        return None
    try:
        return Event.parse(raw, 0.0)
    except Malformed:
        return None


def _is_redacted(raw: Mapping[str, Any]) -> bool:
    unsigned = raw.get("unsigned")
    return not raw.get("content") or (isinstance(unsigned, dict) and "redacted_because" in unsigned)


def _edit_of(raw: Mapping[str, Any], original: Event) -> Event | None:
    """Its last edit, which the homeserver puts beside it ("Aggregations of child events")."""
    bundled: object = raw.get("unsigned")
    for name in ("m.relations", _EDIT):
        bundled = bundled.get(name) if isinstance(bundled, dict) else None
    found = _of_room(bundled, original.room)
    return found if found is not None and found.sender == original.sender else None


async def _opened(event: Event, sealed: Rooms) -> Event | None:
    """The event itself, or what is in it if it is encrypted and we have the key."""
    if event.type != ENCRYPTED:
        return event
    found = await sealed.unsealed(event.room, event.sender, event.content)
    return None if found is None else replace(event, type=found.kind, content=found.content)
