"""A room event, as far as every one of them is alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spaces.errors import Malformed
from spaces.identifiers import EventId, RoomId, UserId


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
    shown_before: object = None
    """What an invitation shows of the room (`invite_room_state`), as it came: anything at all."""
    redacts: object = None
    """What a redaction takes back, before room version 11, as it came."""
    claimed_at: object = None
    """When it says it was sent, in milliseconds since 1970, as it came: anything at all."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any], received_at: float) -> Event:
        """Raises `Malformed` where a part is missing or of the wrong kind."""
        texts = [raw.get(name) for name in ("event_id", "type", "room_id", "sender")]
        event_id, kind, room, sender = (text if isinstance(text, str) else "" for text in texts)
        content, key = raw.get("content"), raw.get("state_key")
        unsigned = raw.get("unsigned")
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
            shown_before=unsigned.get("invite_room_state") if isinstance(unsigned, dict) else None,
            redacts=raw.get("redacts"),
            claimed_at=raw.get("origin_server_ts"),
        )
