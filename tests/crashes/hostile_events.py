"""A hundred events as nobody would send them, but a homeserver may hand over."""

from __future__ import annotations

import json
from typing import Any

from tests.appservice.stage import ALICE, BEN, BOT, DIRECT, SHARED, Json, member, message, state

_DEEP: Any = 0
for _ in range(400):
    _DEEP = [_DEEP]
WORDS = (
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\u202eevil",
    "é" * 40_000,
    "x" * 65_000,
    "\r\n!hedge help",
    "🌳" * 5_000,
)
ODD: tuple[Any, ...] = (None, True, 5, -1, 10**400, 1.5, [], {}, ["x"], {"x": {}}, _DEEP)
PARTS = ("event_id", "type", "room_id", "sender", "content", "state_key", "origin_server_ts", "unsigned")
KINDS = ("m.room.name", "m.room.power_levels", "m.room.join_rules", "m.space.child", "m.space.parent")


def hundred(governed: str) -> list[Any]:
    """`governed` is a room of a network."""
    found: list[Any] = list(ODD)
    found += [{key: one for key, one in message(f"no-{part}").items() if key != part} for part in PARTS]
    found += [{**message(f"{part}-{n}"), part: odd} for n, odd in enumerate(ODD[:5]) for part in PARTS]
    found += [message(f"body-{n}", word) for n, word in enumerate(WORDS)]
    found += [state(f"key-{n}", "m.room.member", {}, key=word) for n, word in enumerate(WORDS)]
    for n, kind in enumerate(KINDS):
        found.append(state(f"kind-{n}", kind, {"odd": _DEEP}, key=WORDS[n], room_id=governed))
    found += [message("known", "help", sender=BOT), message("again", "help"), message("again", "tree")]
    found += [member("odd", BEN, odd, governed) for odd in ODD[:3]]
    found += [{**message("m.relates", content={"m.relates_to": odd})} for odd in ODD[:4]]
    found += [{**message("type"), "type": "org.example.unknown"}, {**message("room"), "room_id": SHARED * 40}]
    found += [
        {**message("reaction"), "type": "m.reaction"},
        {**message("redaction"), "type": "m.room.redaction"},
    ]
    found += [message("edit", content={"m.new_content": "x", "m.relates_to": {"rel_type": "m.replace"}})]
    return (found * 2)[:100]


def transaction(events: list[Any]) -> bytes:
    """As it comes in: what no text can hold is written as an escape."""
    return json.dumps({"events": events}).encode()


__all__ = ["ALICE", "DIRECT", "Json", "hundred", "transaction"]
