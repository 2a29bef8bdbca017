"""What strangers write goes in here, as bytes: it is read, or refused in words of ours. All else raises."""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from appservice.event import Event
from appservice.hearing import message_in, reaction_in, redacted_by, replied_to
from appservice.hsds.entries import FileRefused
from appservice.hsds.reading import read_json
from appservice.hsds.sheets import COLUMNS, read_sheet
from appservice.inbox import _can_be_a_key, _events_in, _transaction_in
from appservice.key_news import KeyNews
from appservice.listeners import Listeners
from appservice.newcomers import is_space
from appservice.places import Places
from appservice.readback import read_state
from bot.arguments import read
from bot.command import Call
from bot.conversation import Conversation, failure
from bot.repertoire import all_commands
from config.blueprints import read_blueprint, template, template_names
from spaces.access import Standing
from spaces.blueprint import BlueprintRefused
from spaces.display_names import kept_name
from spaces.errors import Malformed, Refusal
from tests.bot.fake_work import FakeWork
from tests.bot.speaking import ALICE, BOT, LANDSCAPE, heard, plain
from tests.dialogues import dialogues_for
from tests.endpoint import Endpoint
from tests.open_referral import organization, service

_TEMPLATES = Path("config/templates")
_APART = "\x1e"
"""Between the messages of a conversation."""
_MOST_MESSAGES = 4


@cache
def _conversation() -> Conversation:
    return Conversation(all_commands(template), BOT)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


# -- what is said to the bot -------------------------------------------------------------------


def command(data: bytes) -> None:
    """Its name is found, and its arguments are read, or it is refused in a sentence."""
    text = data.decode("utf-8", "replace")
    found = _conversation().commands.find(text.split())
    if found is None:
        return
    rest = text.split(None, len(found.words))[len(found.words) :]
    try:
        _done(_read(found, " ".join(rest)))
    except Refusal as refusal:
        _is_told(refusal)


async def _read(found: Any, rest: str) -> None:
    given = await read(found, rest, _call())
    for requirement in found.requires:
        requirement.check(_call(), given.values)


def _done(reading: Any) -> None:
    """Run what waits for nothing outside, without a turn of the event loop for each."""
    try:
        reading.send(None)
    except StopIteration:
        return
    raise AssertionError("reading waits for something outside")


@cache
def _call() -> Call:
    return Call(heard(""), Standing(ALICE), FakeWork(landscape=LANDSCAPE))


def conversation(data: bytes) -> None:
    """Each message is answered, by who looks after a network, and by nothing that should not happen."""
    work = FakeWork(landscape=LANDSCAPE)
    for text in data.decode("utf-8", "replace").split(_APART)[:_MOST_MESSAGES]:
        _loop().run_until_complete(_conversation().hear(heard(text), work))
    for document in work.answers:
        plain(document).encode()
        assert plain(document) != plain(failure(""))


def _is_told(refusal: Refusal) -> None:
    """Its sentence can be said."""
    assert refusal.sentence


# -- what a homeserver sends -------------------------------------------------------------------


def transaction(data: bytes) -> None:
    """It is kept or refused at the endpoint; what was kept is taken apart, and its events are read."""
    status = _endpoint().put(data)
    assert status in (200, 400), f"it was answered with {status}"
    while _endpoint().kept:
        kept = _transaction_in(_endpoint().kept.pop())
        KeyNews.of_transaction(kept, BOT, "DEVICE")
        events = [event for event in _events_in(kept) if _listeners().concerns_us(event)]
        read_state(events, BOT, Places(BOT.server))
        for event in events:
            _take(event)


def _take(raw: Mapping[str, Any]) -> None:
    """Read of it what every listener reads of it."""
    event_id = raw.get("event_id")
    if not isinstance(event_id, str) or not _can_be_a_key(event_id):
        return
    try:
        event = Event.parse(raw, 0.0)
    except Malformed as refusal:
        _is_told(refusal)
        return
    said = message_in(event, BOT) or reaction_in(event)
    if said is not None:
        _conversation().what_was_said(said)
    replied_to(event), redacted_by(event)
    is_space(event.shown_before), kept_name(event.content.get("displayname"))


@cache
def _endpoint() -> Endpoint:
    return Endpoint(_loop())


@cache
def _listeners() -> Listeners:
    return Listeners(_conversation(), BOT)


# -- files -------------------------------------------------------------------------------------


def blueprint(data: bytes) -> None:
    _file().write_bytes(data)
    try:
        read_blueprint(_file())
    except BlueprintRefused as refusal:
        _is_told(refusal)


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp()) / "blueprint.yaml"


def services(data: bytes) -> None:
    try:
        read_json(data.decode("utf-8", "replace"))
    except FileRefused as refusal:
        _is_told(refusal)


def sheet(data: bytes) -> None:
    try:
        read_sheet(data.decode("utf-8", "replace"))
    except FileRefused as refusal:
        _is_told(refusal)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (command, conversation, transaction, blueprint, services, sheet)
}


# -- well-formed ones --------------------------------------------------------------------------


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
    said = ([text for _, text in one.said if isinstance(text, str)] for one in dialogues_for("memory"))
    return [[text.encode() for text in texts if len(text) < 200] for texts in said]


def _stretches(said: list[bytes]) -> Iterable[bytes]:
    """What was said one after the other."""
    starts = range(0, len(said), _MOST_MESSAGES)
    return (_APART.encode().join(said[start : start + _MOST_MESSAGES]) for start in starts)


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
      - {name: Arts UK, ask: true, listed: false}
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
