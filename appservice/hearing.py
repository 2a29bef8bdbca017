"""What somebody says to the bot in an event: the `Heard` of a message, of a reaction, of what is taken back.

Fields may be of any kind: what is not as the specification has it counts as not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from appservice.event import Event
from appservice.store.rooms import ConversationRow
from bot.ports import Heard
from spaces.identifiers import EventId, UserId, printable

_LONGEST_ID = 255


def message_in(event: Event, bot: UserId) -> Heard | None:
    """What the message says; None for a notice, an edit, or anything else that is no text of a person's.

    Whether it was said in a direct room, and what it answers, is not in the event.
    """
    content = event.content
    body, formatted = content.get("body"), content.get("formatted_body")
    relation = relation_in(event)
    is_edit = relation.get("rel_type") == "m.replace" or "m.new_content" in content
    if content.get("msgtype") != "m.text" or not isinstance(body, str) or is_edit:
        return None
    return Heard(
        sender=event.sender,
        room=event.room,
        event=event.id,
        body=body,
        at=datetime.fromtimestamp(event.received_at, UTC),
        is_direct=False,
        thread=event_id(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else None,
        mentions_bot=_mentions(content.get("m.mentions"), bot),
        formatted=formatted if isinstance(formatted, str) else "",
    )


def reaction_in(event: Event) -> Heard | None:
    """A reaction (m.annotation), its key as the body."""
    key = relation_in(event).get("key")
    if relation_in(event).get("rel_type") != "m.annotation" or not isinstance(key, str):
        return None
    at = datetime.fromtimestamp(event.received_at, UTC)
    return Heard(event.sender, event.room, event.id, key, at, is_direct=False)


def replied_to(event: Event) -> EventId | None:
    """The event that a message replies to, or a reaction is put on."""
    relation = relation_in(event)
    if relation.get("rel_type") == "m.annotation":
        return event_id(relation.get("event_id"))
    reply = relation.get("m.in_reply_to")
    is_fallback = relation.get("rel_type") == "m.thread" and relation.get("is_falling_back") is True
    return event_id(reply.get("event_id")) if isinstance(reply, dict) and not is_fallback else None


def redacted_by(event: Event) -> EventId | None:
    """The event that a redaction takes back: in its content from room version 11 on, else beside it."""
    return event_id(event.content.get("redacts")) or event_id(event.redacts)


def is_direct(event: Event, here: ConversationRow | None) -> bool:
    return here is not None and here.person == event.sender


def relation_in(event: Event) -> Mapping[str, Any]:
    relates = event.content.get("m.relates_to")
    return relates if isinstance(relates, dict) else {}


def event_id(value: object) -> EventId | None:
    """`value` as an event's id, if it can be one that every database keeps."""
    is_text = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID
    return EventId(value) if isinstance(value, str) and is_text and printable(value) == value else None


def _mentions(mentions: object, bot: UserId) -> bool | None:
    """Whether the bot is mentioned; None where the message does not say who is."""
    if mentions is None:
        return None
    users = mentions.get("user_ids") if isinstance(mentions, dict) else None
    return isinstance(users, list) and bot in users
