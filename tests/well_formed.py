"""What a fuzzer begins with: commands, transactions and files that are as they should be, as bytes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from appservice.hsds.sheets import COLUMNS
from config.blueprints import template_names
from tests.bot.speaking import ALICE, BOT
from tests.dialogues import dialogues_for
from tests.open_referral import organization, service

APART = "\x1e"
"""Between the messages of a conversation."""
MOST_MESSAGES = 4
_TEMPLATES = Path("config/templates")


@cache
def seeds(target: str) -> list[bytes]:
    """Well-formed ones, to begin with."""
    match target:
        case "command":
            return sorted({text for said in _dialogues() for text in said})
        case "conversation":
            return sorted({text for said in _dialogues() for text in _stretches(said)})
        case "transaction":
            bodies = [{"events": some} for some in (*_batches(), [])] + [_WITH_KEYS]
            return [json.dumps(body).encode() for body in bodies]
        case "blueprint":
            small = [_SMALL_BLUEPRINT, *_SMALL_BLUEPRINT.split("bridges")[:1]]
            whole = [(_TEMPLATES / f"{name}.yaml").read_text() for name in template_names()]
            return [text.encode() for text in [*small, *whole]]
        case "sheet":
            return [
                text.encode() for text in (_SHEET, _SHEET.replace(",", ";"), _SHEET.replace("\n", "\r\n"))
            ]
        case _:
            return [json.dumps(one).encode() for one in _hsds()]


@cache
def _dialogues() -> list[list[bytes]]:
    """What people say in each of them, and not what is answered."""
    lines = [one.said for one in dialogues_for("memory")]
    texts = [[text for who, text in said if not who.startswith("Hedgerow")] for said in lines]
    return [[text.encode() for text in said if isinstance(text, str) and len(text) < 200] for said in texts]


def _stretches(said: list[bytes]) -> Iterable[bytes]:
    """What was said one after the other."""
    starts = range(0, len(said), MOST_MESSAGES)
    return (APART.encode().join(said[start : start + MOST_MESSAGES]) for start in starts)


def _batches() -> Iterable[list[dict[str, Any]]]:
    """Each event by itself, and all two beside each other."""
    events = list(_events())
    return itertools.chain(([event] for event in events), (list(two) for two in itertools.pairwise(events)))


def _events() -> Iterable[dict[str, Any]]:
    text = {"msgtype": "m.text", "body": "> <@bob:hs.test> before\n\nHedgerow: help"}
    pill = {
        "formatted_body": f'<a href="https://matrix.to/#/{BOT}">Hedgerow</a>: help',
        "format": "org.matrix.custom.html",
    }
    answers = {"m.in_reply_to": {"event_id": "$b"}}
    yield _event("m.room.message", text | pill | {"m.mentions": {"user_ids": [BOT]}, "m.relates_to": answers})
    thread = {"rel_type": "m.thread", "event_id": "$a", "is_falling_back": True, **answers}
    yield _event("m.room.message", text | {"m.relates_to": thread})
    yield _event("m.room.message", text | {"m.new_content": text, "m.relates_to": {"rel_type": "m.replace"}})
    yield _event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": "✅"}})
    yield _event("m.room.redaction", {"redacts": "$a"}, redacts="$a")
    yield _event("m.room.encrypted", {"ciphertext": "x", "algorithm": "m.megolm.v1.aes-sha2"})
    shown = [{"type": "m.room.create", "state_key": "", "content": {"type": "m.space"}}]
    yield _event(
        "m.room.member",
        {"membership": "invite", "is_direct": True},
        BOT,
        unsigned={"invite_room_state": shown},
    )
    yield _event("m.room.member", {"membership": "join", "displayname": "Alice"}, ALICE)
    for kind, content in _STATE.items():
        yield _event(kind, content, "!below:hs.test" if "space" in kind else "")


_STATE: Mapping[str, Mapping[str, Any]] = {
    "m.room.name": {"name": "Arts"},
    "m.room.topic": {"topic": "Brushes", "m.topic": {"m.text": [{"body": "Brushes"}]}},
    "m.room.join_rules": {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": "!a"}],
    },
    "m.room.power_levels": {"users": {ALICE: 50, BOT: 100}, "events": {"m.room.name": 50}, "ban": 50},
    "m.room.history_visibility": {"history_visibility": "shared"},
    "m.room.canonical_alias": {"alias": "#arts:hs.test", "alt_aliases": ["#a:hs.test"]},
    "m.room.create": {"room_version": "12", "type": "m.space"},
    "m.space.child": {"via": ["hs.test"], "order": "a", "suggested": True},
    "m.space.parent": {"via": ["hs.test"], "canonical": True},
    "m.room.tombstone": {"replacement_room": "!new:hs.test", "body": "gone"},
    "m.room.avatar": {"url": "mxc://hs.test/a"},
    "m.room.encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
}
_WITH_KEYS = {
    "events": [],
    "de.sorunome.msc2409.to_device": [
        {"to_user_id": BOT, "to_device_id": "DEVICE", "type": "m.room.encrypted"}
    ],
    "org.matrix.msc3202.device_lists": {"changed": [ALICE], "left": []},
    "org.matrix.msc3202.device_one_time_keys_count": {BOT: {"DEVICE": {"signed_curve25519": 3}}},
    "org.matrix.msc3202.device_unused_fallback_key_types": {BOT: {"DEVICE": ["signed_curve25519"]}},
}
_SMALL_BLUEPRINT = """version: 1
networks:
  - name: Somerset
    kind: ecosystem
    access: public
    language: en
    topic: "What is there"
    coordinators: ["@alice:example.org"]
    networks:
      - {name: Arts UK, access: private, ask: true}
      - name: Health UK
        groups:
          - {name: Painting, encrypted: true, access: invite}
bridges:
  - name: Arts & Health
    between: [Arts UK, Health UK]
    groups: [{name: Singing for Lungs}]
"""
_SHEET = f"""{",".join(COLUMNS)}
organisation,Mill Trust,"Looks after
the mill",Milltown,01632 960001,office@mill.example.org,mill.example.org,,a-1
service,Mill Lunch,'=Warm,,,,https://mill.example.org/lunch,Mill Trust,b-2
"""


def _hsds() -> list[object]:
    pages = {"total_pages": 1, "contents": [service()]}
    within = {"organizations": [organization(services=[service(organization=None)])], "services": [service()]}
    return [
        [service()],
        pages,
        within,
        service(),
        [{"id": "1", "name": "x"}],
        {"organizations": [organization()]},
    ]


def _event(kind: str, content: Mapping[str, Any], key: str | None = None, **more: Any) -> dict[str, Any]:
    known = {} if key is None else {"state_key": key}
    where = {"room_id": "!talk:hs.test", "sender": ALICE, "origin_server_ts": 1}
    return {"event_id": f"${kind}", "type": kind, "content": content, **where, **known, **more}
