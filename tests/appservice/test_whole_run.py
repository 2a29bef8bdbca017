"""A whole run of the service among people whose every word is marked, and what is told of it.

Nothing is covered here (`logs.hide`), so that a token in a line is found, too.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from appservice import inbox, logs, sealed
from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.event import Event
from appservice.listeners import Listeners
from appservice.performing import Performer
from appservice.settling import Settler
from appservice.work import UnitOfWork
from tests.appservice.told import everything_told, kinds_told
from tests.fake import FakeHomeserver, Fault, Registration
from tests.hedgerow import running, settings_for

MARK = "zanzibar"
PHONE = "07700900"
DAISY = f"@daisy-{MARK}:hs.test"
OTTO = f"@otto-{MARK}:hs.test"
REGISTRATION = Registration(as_token=f"as-{MARK}-0123456789", hs_token=f"hs-{MARK}-0123456789")

SAID = (
    f"network create {MARK} Arts --topic {MARK} and brushes --access public",
    f"group create {MARK} Painters --in {MARK}-arts --topic at {MARK} Road",
    f"list organisation {MARK} House --in {MARK}-arts --phone {PHONE}123 --email {MARK}@example.org"
    f" --web https://{MARK}.example.org --place 1 {MARK} Road",
    f"offer a {MARK} bicycle --in {MARK}-arts",
    f"profile set about: {MARK}; place: {MARK}; skills: {MARK}",
    f"find {MARK}",
    f"invite {OTTO}, @nobody-{MARK}:hs.test --to {MARK}-arts --reason {MARK}",
    f"{MARK} {PHONE}",
    f"ban {OTTO} --in {MARK}-arts --reason {MARK}",
)


TOLD = {
    *("ready", "stopping", "ping_failed", "tick failed", "Task exception was never retrieved"),
    *("transaction kept", "transactions_split", "event_handled", "event_goes_the_long_way"),
    *("event_failed", "event_set_aside", "inbox_waits_for_database", "request not understood: BadStatusLine"),
    *("delivery_failed", "delivery_given_up"),
}


@pytest.fixture
def uncovered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The state of all loggers is put back afterwards, and nothing is covered meanwhile."""
    levels = {name: logging.getLogger(name).level for name in ("", *logs.OURS, "nio", "apscheduler")}
    monkeypatch.setattr(logs, "_covered", set())
    for module, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if type(handler).__module__ != logs.__name__]
    structlog.reset_defaults()


@dataclass
class Town:
    """The service, and two people in whose every word stands the mark."""

    fake: FakeHomeserver
    service: Hedgerow
    port: int
    numbers: str = ""
    rooms: dict[str, str] = field(default_factory=dict)

    async def says(self, who: str, said: str, **more: Any) -> None:
        """Until it has been answered, or at least looked at."""
        person = self.fake.add_user(who)
        room = self.rooms.get(who) or await person.create_dm(self.fake.bot, name=f"{MARK} and the bot")
        self.rooms[who] = room
        await self.until(lambda: self.fake.world.room(room).membership(self.fake.bot) == "join")
        before = len(person.messages(room))
        person.send(room, said, **more)
        await self.until(lambda: self.fake.bot in [sender for sender, _ in person.messages(room)[before:]])

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(20):
            held = holds()
            while not held:
                await asyncio.sleep(0.02)
                held = holds()

    async def ask(self, path: str, **more: Any) -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with (
            aiohttp.ClientSession() as client,
            client.request(more.pop("method", "GET"), url, **more) as answer,
        ):
            return await answer.text()


@asynccontextmanager
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    port = free_port()
    async with FakeHomeserver(replace(REGISTRATION, url=f"http://127.0.0.1:{port}")) as fake:
        fake.script("POST /appservice/{appservice_id}/ping", Fault.error(502, error=MARK))
        encryption = {"enabled": True, "key": f"key-{MARK}-0123456789"}
        more = {"encryption": encryption, "admins": [DAISY]}
        made = settings_for(fake.base_url, fake.registration, tmp_path / f"{MARK}.db", **more)
        async with running(made) as service:
            yield Town(fake, service, port)


def break_things(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be made to fail fails with the words of people in what is raised."""
    hear, perform, look = Listeners.hear, Performer.perform, Settler.tell_progress
    ticks: list[None] = []

    async def heard(self: Listeners, event: Event, work: UnitOfWork) -> None:
        body = str(event.content.get("body"))
        if body.startswith("break"):
            raise RuntimeError(f"{event.sender} said {body}")
        if body.startswith("ask the database"):
            await work.connection.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": body})
        await hear(self, event, work)

    async def performed(self: Performer, action: Any, **more: Any) -> Any:
        if type(action).__name__ == "MarkDirect":
            raise KeyError(action)
        return await perform(self, action, **more)

    async def told(self: Settler) -> None:
        ticks.append(None)
        if len(ticks) == 2:
            raise LookupError(DAISY)
        await look(self)

    monkeypatch.setattr(Listeners, "hear", heard)
    monkeypatch.setattr(Performer, "perform", performed)
    monkeypatch.setattr(Settler, "tell_progress", told)
    monkeypatch.setattr(sealed, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(inbox, "_PAUSE_SECONDS", 0.05)


async def go_through_it(town: Town) -> None:
    """Days in the life of a town, and everything that may go wrong."""
    fake = town.fake
    for said in SAID:
        await town.says(DAISY, said)
    fake.script("PUT /rooms/{room_id}/send/{type}/{txn_id}", Fault.too_many(50, None))
    await town.says(DAISY, f"tree {MARK}-arts")
    fake.script("POST /rooms/{room_id}/invite", Fault.error(403, "M_FORBIDDEN", error=f"{DAISY} is {MARK}"))
    await town.says(DAISY, f"invite {OTTO} --to {MARK}-arts --again")
    await town.says(DAISY, f"break {MARK}")
    await town.says(DAISY, f"ask the database {MARK}")
    daisy = fake.add_user(DAISY)
    room = town.rooms[DAISY]
    daisy.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    cipher = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": MARK, "session_id": MARK, "sender_key": MARK}
    daisy.send_event(room, "m.room.encrypted", {**cipher, "device_id": MARK})
    await town.until(lambda: town.service.engine.secrecy and town.service.engine.secrecy.sealed.given_up)
    await strangers_knock(town)
    task = asyncio.create_task(_raises(MARK))
    await asyncio.sleep(0)
    del task
    gc.collect()
    town.numbers = await town.ask("/metrics")


async def _raises(word: str) -> None:
    raise ValueError(word)


async def strangers_knock(town: Town) -> None:
    """Requests that nobody expects, with marks wherever there may be some."""
    path = f"/_matrix/app/v1/transactions/{MARK}"
    token = {"Authorization": f"Bearer {REGISTRATION.hs_token}"}
    await town.ask(path, method="PUT", data=MARK, headers=token)
    await town.ask(f"{path}?access_token={MARK}", method="PUT", data=b"{}")
    await town.ask(f"/{MARK}?{MARK}={MARK}")
    reader, writer = await asyncio.open_connection("127.0.0.1", town.port)
    writer.write(f"PUT /{MARK} {MARK}\r\nAuthorization: {MARK}\r\n\r\n".encode())
    await reader.read()
    writer.close()


async def test_a78_nothing_that_people_say_or_are_called_is_in_the_log_of_a_whole_run(
    uncovered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("DEBUG", "json")
    break_things(monkeypatch)
    async with town(tmp_path) as lived:
        await go_through_it(lived)
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["event"] for line in lines} >= TOLD
    for mark in (MARK, PHONE):
        assert [line for line in written.lower().splitlines() if mark in line] == []
        assert mark not in lived.numbers.lower()
    assert not [call for call in lived.fake.calls if REGISTRATION.as_token in call.path]
    for line in lines:
        if line["event"] in ("event_failed", "event_set_aside"):
            assert line["event_id"].startswith("$")
        if line["event"].startswith("delivery_"):
            assert isinstance(line["action"], int)
    assert_counted(numbers_in(lived.numbers))
    assert kinds_told(lived.numbers) == kinds_told(everything_told())


Numbers = Mapping[str, Mapping[tuple[str, ...], float]]


def numbers_in(told: str) -> Numbers:
    """What `/metrics` told: name → the values of its labels, by the labels' names → value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(told):
        for one in family.samples:
            labels = tuple(value for _, value in sorted(one.labels.items()))
            found.setdefault(one.name, {})[labels] = one.value
    return found


def assert_counted(numbers: Numbers) -> None:
    """What has happened in the town has been counted."""
    assert numbers["hedgerow_events_set_aside_total"][()] == 2
    assert numbers["hedgerow_undecryptable_total"][()] == 1
    assert numbers["hedgerow_acting"][()] == numbers["hedgerow_cross_signed"][()] == 1
    assert numbers["hedgerow_events_total"][("encrypted",)] == 1
    assert numbers["hedgerow_events_total"][("message",)] > len(SAID)
    commands = numbers["hedgerow_commands_total"]
    assert commands["network create", "done"] == commands["find", "done"] == 1
    assert commands["unknown", "refused"] == 1
    assert numbers["hedgerow_homeserver_limited_total"][("send",)] == 1
    assert numbers["hedgerow_actions_total"]["Say", "limited"] == 1
    assert numbers["hedgerow_actions_total"]["MarkDirect", "given up"] >= 1
    assert numbers["hedgerow_actions_total"]["CreateRoom", "delivered"] >= 3
    assert numbers["hedgerow_homeserver_call_seconds_count"]["create_room", "ok"] >= 3
    assert numbers["hedgerow_homeserver_call_seconds_count"]["appservice", "failed"] == 1
    assert numbers["hedgerow_ticks_total"]["failed", "progress"] == 1
    assert numbers["hedgerow_database_errors_total"][("failed",)] >= 1
    assert numbers["hedgerow_tick_late_seconds"].keys() >= {("health",), ("digests",)}
