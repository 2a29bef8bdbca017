"""What strangers write goes in here, as bytes: it is read, or refused in words of ours. All else raises."""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from appservice.event import Event
from appservice.gate import Refused, parse
from appservice.hsds.entries import FileRefused
from appservice.hsds.reading import read_json
from appservice.listeners import Listeners
from bot.arguments import read
from bot.command import Call
from bot.conversation import Conversation, failure
from bot.repertoire import all_commands
from config.blueprints import read_blueprint, template, template_names
from spaces import changes
from spaces.access import Standing
from spaces.blueprint import BlueprintRefused
from spaces.errors import Malformed, Refusal
from spaces.landscape import Landscape
from tests.bot.fake_work import CountedIds, FakeWork
from tests.bot.speaking import ALICE, BOT, heard, plain
from tests.dialogues import dialogues_for
from tests.open_referral import organization, service

_TEMPLATES = Path("config/templates")


@cache
def _conversation() -> Conversation:
    return Conversation(all_commands(template), BOT)


@cache
def _landscape() -> Landscape:
    landscape, _ = changes.create_network(Landscape(), CountedIds(), name="Arts", coordinators=(ALICE,))
    return landscape


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def command(data: bytes) -> None:
    """Its name is found, and its arguments are read, or it is refused in a sentence."""
    text = data.decode("utf-8", "replace")
    words = text.split()
    found = _conversation().commands.find(words)
    if found is None:
        return
    rest = text.split(None, len(found.words))[len(found.words) :]
    try:
        _loop().run_until_complete(read(found, " ".join(rest), _call()))
    except Refusal:
        return


@cache
def _call() -> Call:
    return Call(heard(""), Standing(ALICE), FakeWork(landscape=_landscape()))


def conversation(data: bytes) -> None:
    """It is answered, by who looks after a network, and by nothing that should not happen."""
    work = FakeWork(landscape=_landscape())
    _loop().run_until_complete(_conversation().hear(heard(data.decode("utf-8", "replace")), work))
    for document in work.answers:
        plain(document).encode()
        assert plain(document) != plain(failure(""))


def transaction(data: bytes) -> None:
    try:
        events = parse(data).get("events")
    except Refused:
        return
    for event in events if isinstance(events, list) else []:
        if isinstance(event, dict) and _listeners().concerns_us(event):
            try:
                Event.parse(event, 0.0)
            except Malformed:
                continue


@cache
def _listeners() -> Listeners:
    return Listeners(_conversation(), BOT)


def blueprint(data: bytes) -> None:
    _file().write_bytes(data)
    try:
        read_blueprint(_file())
    except BlueprintRefused:
        return


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp()) / "blueprint.yaml"


def services(data: bytes) -> None:
    try:
        read_json(data.decode("utf-8", "replace"))
    except FileRefused:
        return


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (command, conversation, transaction, blueprint, services)
}


def seeds(target: str) -> list[bytes]:
    """Well-formed ones, to begin with."""
    match target:
        case "command" | "conversation":
            said = (text for one in dialogues_for("memory") for _, text in one.said)
            return sorted({text.encode() for text in said if isinstance(text, str) and len(text) < 200})
        case "transaction":
            events = [_event(kind) for kind in ("m.room.message", "m.room.member", "m.reaction")]
            bodies = [{"events": list(some)} for n in range(4) for some in itertools.combinations(events, n)]
            return [json.dumps(body).encode() for body in bodies]
        case "blueprint":
            return [(_TEMPLATES / f"{name}.yaml").read_bytes() for name in template_names()]
        case _:
            found = (
                [service()],
                {"contents": [service()]},
                {"organizations": [organization()], "services": []},
            )
            return [json.dumps(one).encode() for one in found]


def _event(kind: str) -> dict[str, object]:
    content = {"msgtype": "m.text", "body": "help", "membership": "join", "m.relates_to": {"event_id": "$a"}}
    where = {"room_id": "!talk:hs.test", "sender": ALICE, "state_key": ALICE}
    return {"event_id": f"${kind}", "type": kind, "content": content, "origin_server_ts": 1, **where}
