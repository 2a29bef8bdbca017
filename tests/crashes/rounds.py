"""A round through the service at the fake homeserver: three levels are built, people are told, answered and
let in. What comes of it can be compared with what comes of it where calls go wrong.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from structlog.testing import capture_logs

from appservice import app, engine, outbox, pacing, provisioning
from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.homeserver import Homeserver, answers
from tests.fake import Call, FakeHomeserver, FakeUser, Fault, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.service_stage import CountedIds
from tests.waiting import nothing_waits

BEN = "@ben:hs.test"
SAID = (
    "ecosystem create Somerset --topic Everyone who makes Somerset well",
    'network create "Arts UK" --under Somerset --access public',
    'group create Painting --in "Arts UK" --access public',
    'invite @ben:hs.test --to "Arts UK"',
    'network rename "Arts UK" --to "Arts and Crafts"',
    "tree",
)
TIMEOUT_SECONDS = 0.2
_CATCH_UPS = 12
_IDLE_LOOKS = 3
SHARES = 3
HASTY: tuple[tuple[ModuleType, str, Any], ...] = (
    (outbox, "_back_off", lambda attempts: 0.02),
    (outbox, "_MOST_TRIES", 1000),  # more goes wrong here than ever does
    (outbox, "_LOOK_SECONDS", 0.05),
    (answers, "_LONGEST_WAIT_SECONDS", 0.05),
    (engine, "_ASK_AGAIN_SECONDS", 0.02),
    (provisioning, "_SECONDS_AT_A_GHOST", 3 * TIMEOUT_SECONDS),  # longer than the slowest call
    (app, "_GREETING_WAITS", (0.02, 0.02)),
    (app, "_HEALTH_SECONDS", 0.1),
    (app, "_PROGRESS_SECONDS", 3600),  # how long it takes is no matter here
    (pacing, "_SLOWER", 1.0),
    (pacing, "_SLOWER_UNTOLD", 1.0),
    (pacing, "_UNTOLD_SECONDS", 0.01),
)
"""Whose waits are how short, in seconds where they are of time."""


class SameIds(CountedIds):
    """The same ids in each run."""

    def __init__(self) -> None:
        super().__init__()
        self._ours = b"the-same"


@dataclass
class Came:
    """What came of a round: what lasts at the homeserver, and what the service logged."""

    end: dict[str, Any]
    calls: list[Call]
    rooms: dict[str, list[str]]
    log: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs of milliseconds instead of seconds, and a time-out that can be waited for."""
    for module, name, value in HASTY:
        monkeypatch.setattr(module, name, value)
    monkeypatch.setitem(Homeserver.call.__kwdefaults__, "seconds", TIMEOUT_SECONDS)


def new_homeserver() -> FakeHomeserver:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait, fake.pusher.longest_wait = 0.02, 0.1
    return fake


def once_each(fake: FakeHomeserver, fault: Fault) -> None:
    """Each thing that is asked for goes wrong so the first time."""
    fake.script(_new(lambda call: f"{call.name} {sorted(call.params.items())} {call.body}"), fault, None)


def one_after_the_other(fake: FakeHomeserver, faults: Iterable[Fault]) -> None:
    """Each kind of call goes wrong in all of these ways, one after the other, and then well."""
    for fault in faults:
        fake.script(_new(lambda call: call.name), fault, None)


def shared_out(fake: FakeHomeserver, faults: Iterable[Fault]) -> None:
    """Each kind of call goes wrong in a third of these ways, and all of them occur."""
    for n, fault in enumerate(faults):
        fake.script(_is_in_turn(n), fault, None)


def _is_in_turn(n: int) -> Callable[[Call], bool]:
    """Whether a call is the first of its kind, and the kind one that goes wrong in the n-th way."""
    is_new = _new(lambda call: call.name)
    return lambda call: (zlib.crc32(call.name.encode()) + n) % SHARES == 0 and is_new(call)


def _new(what: Callable[[Call], str]) -> Callable[[Call], bool]:
    """Whether a call is the first of what it is."""
    seen = set[str]()

    def is_new(call: Call) -> bool:
        before = len(seen)
        seen.add(what(call))
        return len(seen) > before

    return is_new


async def the_round(database: Path | str, spoil: Callable[[FakeHomeserver], None] = lambda _: None) -> Came:
    """All that is said is said, and answered, at a homeserver that `spoil` has told how to go wrong."""
    async with new_homeserver() as fake:
        admin = fake.add_user(ADMIN)
        fake.add_user(BEN)
        spoil(fake)
        with loud() as log:
            async with served(fake, database) as service:
                room = await admin.create_dm(fake.bot)
                for text in SAID:
                    await asked(service, fake, admin, room, text)
                for _ in range(_CATCH_UPS):
                    await service.reconciler.catch_up()
                await idle(service, fake)
        return Came(fake.end_state(), list(fake.calls), fake.rooms_by_marker(), log)


@asynccontextmanager
async def served(fake: FakeHomeserver, database: Path | str) -> AsyncIterator[Hedgerow]:
    async with (
        asyncio.timeout(60),
        running(settings_for(fake.base_url, fake.registration, database)) as service,
    ):
        works = service.engine.works
        works.surroundings = replace(works.surroundings, ids=SameIds())
        yield service


async def asked(service: Hedgerow, fake: FakeHomeserver, who: FakeUser, room: str, text: str) -> None:
    """`who` says it, and it is answered, and all is done that follows from it."""
    said = who.send(room, text).event_id

    def is_answered() -> bool:
        relations = (event.content.get("m.relates_to", {}) for event in fake.world.rooms[room].timeline)
        return any(relation.get("m.in_reply_to", {}).get("event_id") == said for relation in relations)

    await idle(service, fake)
    while not is_answered():
        await idle(service, fake)


async def idle(service: Hedgerow, fake: FakeHomeserver) -> None:
    """Nothing waits, neither here nor at the homeserver."""
    looks = 0
    while looks < _IDLE_LOOKS:
        is_done = await nothing_waits(service) and fake.world.handed_over.is_set()
        looks = looks + 1 if is_done else 0
        await asyncio.sleep(0.01)


@contextmanager
def loud() -> Iterator[list[dict[str, Any]]]:
    """What is logged, and what Python itself would have said about tasks that nobody looks after."""
    heard: list[dict[str, Any]] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = {"event": record.getMessage(), "log_level": "critical", "logger": record.name}
            heard.append(said)

    handler = Listening(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        with capture_logs() as log:
            yield log
        log.extend(heard)
    finally:
        logging.getLogger().removeHandler(handler)


def unexpected(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of which none should ever be: exceptions that nobody foresaw, and the end of the service."""
    return [line for line in log if line["log_level"] == "critical" or line.get("exc_info")]
