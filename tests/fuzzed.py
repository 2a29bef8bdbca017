"""What strangers write goes in here, as bytes: it is read, or refused in words of ours. All else raises.

Each target says whether it was read.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from appservice.event import Event
from appservice.hearing import message_in, reaction_in, redacted_by, replied_to
from appservice.hsds.entries import FileRefused
from appservice.hsds.reading import read_json
from appservice.hsds.sheets import read_sheet
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
from bot.scanning import cleaned
from config.blueprints import read_blueprint, template
from spaces.access import Standing
from spaces.blueprint import BlueprintRefused
from spaces.display_names import kept_name
from spaces.errors import Malformed, Refusal
from spaces.hsds import without_contact
from spaces.identifiers import GroupId, Slug
from spaces.network import Access, Coordinator, Group
from spaces.open_referral import KINDS, Told, recorded
from tests.bot.fake_work import FakeWork
from tests.bot.speaking import ALICE, BOT, LANDSCAPE, heard, network, plain
from tests.endpoint import Endpoint
from tests.well_formed import APART, MOST_MESSAGES

_NAMED = [network(name) for name in ("Arts UK", "Health UK", "Somerset", "Arts Bristol", "Yard")]
_HIDDEN = network("Quiet Garden", Access.INVITE)
_GROUPS = [
    Group(
        GroupId.of_bytes(name.encode().ljust(10, b".")), _NAMED[0].id, name, Slug.of_name(name), Access.PUBLIC
    )
    for name in ("Painting", "Trustees", "Welcome")
]
_PLACES = LANDSCAPE.having(
    *(*_NAMED, _HIDDEN, *_GROUPS), *(Coordinator(one.id, ALICE) for one in (*_NAMED, _HIDDEN))
)
"""Those that the dialogues speak of; two groups are called Painting."""


@cache
def _conversation() -> Conversation:
    return Conversation(all_commands(template), BOT)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


# -- what is said to the bot -------------------------------------------------------------------


def command(data: bytes) -> bool:
    """Its name is found, and its arguments are read, or it is refused in a sentence."""
    said = _conversation().what_was_said(heard(data.decode("utf-8", "replace")))
    text = cleaned(said or "")
    found = _conversation().commands.find(text[:200].split())
    if found is None:
        return False
    rest = text.split(None, len(found.words))[len(found.words) :]
    try:
        _done(_read(found, " ".join(rest)))
    except Refusal as refusal:
        return _is_refused(refusal)
    return True


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
    return Call(heard(""), Standing(ALICE), FakeWork(landscape=_PLACES))


def conversation(data: bytes) -> bool:
    """Each message is answered, by who looks after a network, and by nothing that should not happen."""
    work = FakeWork(landscape=_PLACES)
    for text in data.decode("utf-8", "replace").split(APART)[:MOST_MESSAGES]:
        _loop().run_until_complete(_conversation().hear(heard(text), work))
    for document in work.answers:
        plain(document).encode()
        assert plain(document) != plain(failure(""))
    return bool(work.answers)


def _is_refused(refusal: Refusal) -> bool:
    """Its sentence can be said. Always False: it was not read."""
    assert refusal.sentence
    return False


# -- what a homeserver sends -------------------------------------------------------------------


def transaction(data: bytes) -> bool:
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
    return status == 200


def _take(raw: Mapping[str, Any]) -> None:
    """Read of it what every listener reads of it."""
    event_id = raw.get("event_id")
    if not isinstance(event_id, str) or not _can_be_a_key(event_id):
        return
    try:
        event = Event.parse(raw, 0.0)
    except Malformed as refusal:
        _is_refused(refusal)
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


def blueprint(data: bytes) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            read_blueprint(Path(file.name))
        except BlueprintRefused as refusal:
            return _is_refused(refusal)
    return True


def services(data: bytes) -> bool:
    """What was read can be given out again, whole and without how to reach anybody."""
    try:
        found = read_json(data.decode("utf-8", "replace"))
    except FileRefused as refusal:
        return _is_refused(refusal)
    for entry in found.entries:
        again = recorded(entry.kind, entry.record or {}, Told(entry.told.name), entry.source_id)
        without_contact(again, KINDS[entry.kind])
    return True


def sheet(data: bytes) -> bool:
    try:
        read_sheet(data.decode("utf-8", "replace"))
    except FileRefused as refusal:
        return _is_refused(refusal)
    return True


TARGETS: Mapping[str, Callable[[bytes], bool]] = {
    target.__name__: target for target in (command, conversation, transaction, blueprint, services, sheet)
}
