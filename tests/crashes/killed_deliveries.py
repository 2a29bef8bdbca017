"""Processes that deliver a blueprint and are killed at it, again and again until it is done.

    this process    the homeserver, which survives, and the judge
    the nursery     has imported everything and delivered once; no loop runs in it while it forks
    its children    one at a time: each delivers what those before it have left, until it is killed

How they are forked stands in `tests/crashes/nursery.py`.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from appservice import applying
from appservice.applying import Applying
from appservice.engine import Foundation
from config.sections import Settings
from tests.crashes.nursery import forked, killed, make_ready, nursery
from tests.crashes.test_blueprint import PLACE, deliver, homeserver, intend
from tests.databases import Databases
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import settings_for
from tests.kept_rows import Rows

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
    with nursery(_answered) as line:
        judge = _Judge(line, databases, chance, found)
        judge.begin()
        while len(found.struck) < times:
            asyncio.run(judge.round())
            yield found


class _Judge:
    def __init__(self, line: Connection, databases: Databases, chance: random.Random, found: Killed) -> None:
        self._line = line
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
        self._line.send((settings, self._undertaking, life))
        answers = await asyncio.to_thread(self._line.poll, 2 * _MOST_SECONDS)
        assert answers, "the nursery says nothing"
        ended, seconds = self._line.recv()
        return int(ended), float(seconds)


def _settings(fake: FakeHomeserver, database: str) -> Settings:
    return settings_for(fake.base_url, fake.registration, database)


# -- in the nursery -----------------------------------------------------------------------------------


def _answered(_: Connection, sent: tuple[Settings, int, float | None]) -> tuple[int | None, float]:
    settings, undertaking, life = sent
    applying._LOOK_SECONDS = 0.02  # whoever has just been killed may still be known as who acts
    begun = time.monotonic()
    if life is None:
        _deliver(settings, undertaking)
        make_ready()
        return 0, time.monotonic() - begun
    process = forked(_deliver, settings, undertaking, alarm=2 * _MOST_SECONDS)
    process.join(life)
    return killed(process), time.monotonic() - begun


def _deliver(settings: Settings, undertaking: int) -> None:
    assert asyncio.run(deliver(settings, undertaking)) == ()
