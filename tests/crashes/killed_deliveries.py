"""Processes that deliver a blueprint and are killed at it, again and again until it is done.

    this process    the homeserver, which survives, and the judge
    the nursery     has imported everything and delivered once; no loop runs in it while it forks
    its children    one at a time: each delivers what those before it have left, until it is killed

So a kill costs a tenth of a second, and not the start of a Python.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from appservice import applying
from appservice.applying import Applying
from appservice.engine import Foundation
from config.sections import Settings
from tests.compiled_once import compiled_once
from tests.crashes.test_blueprint import PLACE, deliver, homeserver, intend
from tests.databases import Databases
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import settings_for
from tests.kept_rows import Rows

_FORKED = multiprocessing.get_context("fork")
_MOST_SECONDS = 60  # from the last kill to the end: the goal
_MOST_KILLS = 300  # in one round: the next one lives as long as it needs
_SHARES = (0.35, 1.2)  # of the time that it takes undisturbed, from which a round has its longest life
_SLOW = (0.002, 0.01, 0.03)  # seconds; what a killed one has asked for is done while the next one looks


@dataclass
class Killed:
    """What came of it. `rounds` blueprints were delivered, with a kill at each of `struck`: how many calls
    its homeserver had had, and which was the last. `slowest` is in seconds, from the last kill of a round.
    """

    rounds: int = 0
    struck: list[tuple[int, str]] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def kinds(self) -> Counter[str]:
        """How often each kind of call was the last before a kill."""
        return Counter(name for _, name in self.struck)


def killed_at_delivering(databases: Databases, times: int, chance: random.Random) -> Iterator[Killed]:
    """After each round what has come of all so far, until there were so many kills.

    Raises `AssertionError` where a blueprint did not come to the end of an undisturbed one.
    """
    found = Killed()
    with _nursery() as nursery:
        judge = _Judge(nursery, databases, chance, found)
        judge.begin()
        while len(found.struck) < times:
            asyncio.run(judge.round())
            yield found


class _Judge:
    def __init__(
        self, nursery: Connection, databases: Databases, chance: random.Random, found: Killed
    ) -> None:
        self._nursery = nursery
        self._databases = databases
        self._chance = chance
        self._found = found
        self._intent: Rows
        self._undertaking = 0
        self._right: dict[str, Any] = {}
        self._seconds = 0.0

    def begin(self) -> None:
        """Write the intent of all rounds, and see what comes of it undisturbed, and how soon."""
        with self._databases.empty() as database:
            settings = settings_for("http://127.0.0.1:1", homeserver().registration, database)
            self._undertaking = asyncio.run(intend(settings))
            self._intent = self._databases.keep(database)
        for _ in range(3):  # the first one is slow
            asyncio.run(self._undisturbed())

    async def _undisturbed(self) -> None:
        with self._databases.holding(self._intent) as database:
            async with homeserver() as fake:
                _, self._seconds = await self._delivered(_settings(fake, database), None)
                self._right = fake.end_state()

    async def round(self) -> None:
        longest = self._seconds * self._chance.uniform(*_SHARES)
        with self._databases.holding(self._intent) as database:
            async with homeserver() as fake:
                for seconds in _SLOW:
                    fake.script(lambda _: self._chance.random() < 0.1, Fault.slow(seconds), None)
                settings = _settings(fake, database)
                await self._killed_until_done(fake, settings, longest)
                await self._judge(fake, settings)
        self._found.rounds += 1

    async def _killed_until_done(self, fake: FakeHomeserver, settings: Settings, longest: float) -> None:
        for kills in range(_MOST_KILLS + 1):
            life = self._chance.uniform(0, longest) if kills < _MOST_KILLS else _MOST_SECONDS
            ended, seconds = await self._delivered(settings, life)
            if ended != -signal.SIGKILL:
                self._found.slowest = max(self._found.slowest, seconds)
                assert ended == 0, f"ended by itself with {ended}"
                return
            last = fake.calls[-1].name if fake.calls else "none yet"
            self._found.struck.append((len(fake.calls), last))
        raise AssertionError(f"not done within {_MOST_SECONDS} s of the last kill")

    async def _judge(self, fake: FakeHomeserver, settings: Settings) -> None:
        doubled = [ids for ids in fake.rooms_by_marker().values() if len(ids) > 1]
        assert doubled == [], "a second room"
        assert fake.end_state() == self._right
        foundation = Foundation(settings)
        await foundation.lay()
        left = await Applying(foundation, PLACE).plan()
        await foundation.database.close()
        assert left == []

    async def _delivered(self, settings: Settings, life: float | None) -> tuple[int, float]:
        """How a process that delivers ended, and after how many seconds. None: by the nursery itself."""
        self._nursery.send((settings, self._undertaking, life))
        answers = await asyncio.to_thread(self._nursery.poll, 2 * _MOST_SECONDS)
        assert answers, "the nursery says nothing"
        ended, seconds = self._nursery.recv()
        return int(ended), float(seconds)


def _settings(fake: FakeHomeserver, database: str) -> Settings:
    return settings_for(fake.base_url, fake.registration, database)


# -- the nursery --------------------------------------------------------------------------------------


@contextmanager
def _nursery() -> Iterator[Connection]:
    """The line to it; it ends when the line does."""
    ours, theirs = _FORKED.Pipe()
    process = _FORKED.Process(target=_serve, args=(theirs, ours))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _serve(line: Connection, other_end: Connection) -> None:
    other_end.close()
    applying._LOOK_SECONDS = 0.02  # whoever has just been killed may still be known as who acts
    with compiled_once():
        while True:
            try:
                settings, undertaking, life = line.recv()
            except EOFError:
                return
            begun = time.monotonic()
            if life is None:
                ended = _deliver(settings, undertaking)
                _make_ready()
            else:
                ended = _killed_after(life, settings, undertaking)
            line.send((ended, time.monotonic() - begun))


def _make_ready() -> None:
    """Only this thread is left, and what is there is looked through for garbage no more."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    gc.collect()
    gc.freeze()


def _killed_after(life: float, settings: Settings, undertaking: int) -> int | None:
    """Its exit code: -9 unless it came to its end before."""
    process = _FORKED.Process(target=_be_a_child, args=(settings, undertaking))
    process.start()
    process.join(life)
    process.kill()
    process.join()
    return process.exitcode


def _be_a_child(settings: Settings, undertaking: int) -> None:
    signal.alarm(2 * _MOST_SECONDS)  # for when nobody is left to kill it
    _deliver(settings, undertaking)


def _deliver(settings: Settings, undertaking: int) -> int:
    assert asyncio.run(deliver(settings, undertaking)) == ()
    return 0
