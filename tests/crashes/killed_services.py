"""Services that are killed while places are made, changed, put to sleep and woken up again.

    this process    the homeserver, which survives, an admin who speaks with the service, and the judge
    the nursery     has imported everything and been the service; no loop runs in it while it forks
    its children    one at a time: each is the service, until it is killed

How they are forked stands in `tests/crashes/nursery.py`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import structlog

from appservice import acting
from appservice.app import Hedgerow
from config.sections import Settings
from tests.crashes.lifetimes import FIRST, LIFE, Life, Living, called_at_first, end_state
from tests.crashes.nursery import forked, killed, make_ready, nursery
from tests.crashes.openness import Openness, Told, watched
from tests.crashes.rounds import new_homeserver
from tests.databases import Databases
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import settings_for

_MOST_SECONDS = 60  # from the last kill to the end of what was asked for: the goal
_MOST_ROUNDS = 20  # for the sake of kinds of steps that were not struck
_MOST_KILLS = 6  # in one step: the next one lives as long as it needs
_SHARES_OF_A_START = (0.2, 1.2)
_SLOW = (0.002, 0.01, 0.03)  # seconds; what a killed one has asked for is done while the next one looks
_UNFORESEEN = 70


@dataclass
class Killed:
    """What came of it. Each of `rounds` was one life of all places, with a kill at each of `struck`: the
    kind of the step, and the last call before. `slowest` is in seconds, from the last kill in a step.
    """

    rounds: int = 0
    struck: list[tuple[str, str]] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def steps(self) -> Counter[str]:
        return Counter(kind for kind, _ in self.struck)

    @property
    def calls(self) -> Counter[str]:
        return Counter(name for _, name in self.struck)


def killed_in_service(
    databases: Databases, times: int, chance: random.Random, life: Life = LIFE
) -> Iterator[Killed]:
    """After each round what has come of all so far, until there were so many kills, and some in each kind of
    step or no such luck in many rounds.

    Raises `AssertionError` where a round did not go as an undisturbed one.
    """
    found = Killed()
    with nursery(_answered) as line:
        judge = _Judge(line, databases, chance, life, found)
        for _ in range(2):  # the first one is slow
            asyncio.run(judge.undisturbed())
        while len(found.struck) < times or (life.keys() - found.steps and found.rounds < _MOST_ROUNDS):
            asyncio.run(judge.round())
            yield found


@dataclass
class _Went:
    """How a round went: what lasts, how open each room has been, and what the next start still did."""

    end: Any
    open: Told
    afterwards: list[str]


class _Judge:
    def __init__(
        self, line: Connection, databases: Databases, chance: random.Random, life: Life, found: Killed
    ) -> None:
        self._line = line
        self._databases = databases
        self._chance = chance
        self._life = life
        self._found = found
        self._seconds: dict[str, float] = {}
        self._right = _Went(None, {}, [])

    async def undisturbed(self) -> None:
        self._right = await self._lived(is_killed=False)

    async def round(self) -> None:
        went = await self._lived(is_killed=True)
        differing = list(_differing(asdict(self._right), asdict(went)))
        assert differing == [], "\n".join(differing)
        self._found.rounds += 1

    async def _lived(self, *, is_killed: bool) -> _Went:
        with self._databases.empty() as database:
            async with new_homeserver() as fake:
                for seconds in _SLOW if is_killed else ():
                    fake.script(lambda _: self._chance.random() < 0.1, Fault.slow(seconds), None)
                settings = settings_for(fake.base_url, fake.registration, database)
                service = _Service(self._line, settings, forked=is_killed)
                with watched(fake) as openness:
                    living = await Living.begin(fake, database)
                    await self._live(living, service, openness, is_killed)
                    afterwards = await _next_start(living, service)
                    await living.database.close()
                _judge_rooms(fake)
                assert openness.listed_and_closed == set()
                return _Went(end_state(fake), openness.told(), afterwards)

    async def _live(self, living: Living, service: _Service, openness: Openness, is_killed: bool) -> None:
        service.begin()
        for kind, sentences in self._life.items():
            for sentence in sentences:
                openness.step, begun = sentence, time.monotonic()
                doing = asyncio.create_task(living.say(sentence))
                lives = self._lives(sentence) if is_killed else iter(())
                await self._killed_until_done(doing, living.fake, service, kind, lives)
                if not is_killed:
                    seconds = time.monotonic() - begun
                    self._seconds[sentence] = min(seconds, self._seconds.get(sentence, seconds))
        assert await service.end() == -signal.SIGKILL

    def _lives(self, sentence: str) -> Iterator[float]:
        """How long each may last, in seconds; all but the first have to start before anything else."""
        start, seconds = self._seconds[FIRST], self._seconds[sentence]
        yield self._chance.uniform(0, seconds)
        for _ in range(1, _MOST_KILLS):
            yield start * self._chance.uniform(*_SHARES_OF_A_START) + self._chance.uniform(0, seconds)

    async def _killed_until_done(
        self,
        doing: asyncio.Task[str],
        fake: FakeHomeserver,
        service: _Service,
        kind: str,
        lives: Iterator[float],
    ) -> None:
        last = None
        for life in lives:
            await asyncio.wait((doing,), timeout=life)
            if doing.done():
                break
            assert await service.end() == -signal.SIGKILL, "it has ended by itself"
            self._found.struck.append((kind, fake.calls[-1].name if fake.calls else "none yet"))
            last = time.monotonic()
            service.begin()
        await asyncio.wait((doing,), timeout=_MOST_SECONDS)
        if not doing.done():
            ended = await service.end()
            raise AssertionError(
                f"{kind}: not done {_MOST_SECONDS} s after the last kill; ended with {ended}"
            )
        await doing
        if last is not None:
            self._found.slowest = max(self._found.slowest, time.monotonic() - last)


def _differing(right: Any, found: Any, where: str = "") -> Iterator[str]:
    if isinstance(right, dict) and isinstance(found, dict):
        for key in right.keys() | found.keys():
            yield from _differing(right.get(key), found.get(key), f"{where} / {key}")
    elif right != found:
        yield f"{where}: {found} instead of {right}"


def _judge_rooms(fake: FakeHomeserver) -> None:
    rooms = [room for ids in fake.rooms_by_marker().values() for room in ids]
    names = Counter(called_at_first(fake, room) for room in rooms)
    assert [name for name, times in names.items() if times > 1] == [], "a second room"


async def _next_start(living: Living, service: _Service) -> list[str]:
    """What is asked for in rooms by a service that finds everything done, and is asked for the tree."""
    before = len(living.fake.calls)
    service.begin()
    await asyncio.wait_for(living.say("tree"), _MOST_SECONDS)
    assert await service.end() == -signal.SIGKILL
    calls = living.fake.calls[before:]
    return sorted({call.name for call in calls if call.method != "GET" and "/rooms/" in call.name})


class _Service:
    """The one of these settings; `forked`: to be killed, otherwise the nursery itself."""

    def __init__(self, line: Connection, settings: Settings, *, forked: bool) -> None:
        self._line = line
        self._settings = settings
        self._forked = forked

    def begin(self) -> None:
        self._line.send((self._settings, self._forked))

    async def end(self) -> int:
        """By kill -9 if it was forked. Its exit code: another one if it has ended by itself before."""
        self._line.send(None)
        answers = await asyncio.to_thread(self._line.poll, _MOST_SECONDS)
        assert answers, "the nursery says nothing"
        return int(self._line.recv())


# -- in the nursery -----------------------------------------------------------------------------------


def _answered(line: Connection, sent: tuple[Settings, bool]) -> int | None:
    settings, is_forked = sent
    _be_strict_and_hasty()
    if not is_forked:
        asyncio.run(_serve(settings, line))
        line.recv()
        make_ready()
        return -signal.SIGKILL
    process = forked(_live, settings, alarm=20 * _MOST_SECONDS)
    try:
        line.recv()
    finally:
        ended = killed(process)
    return ended


def _live(settings: Settings) -> None:
    asyncio.run(Hedgerow(settings).run(asyncio.Event()))


async def _serve(settings: Settings, line: Connection) -> None:
    """Until something is said on the line."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(line.fileno(), stop.set)
    await Hedgerow(settings).run(stop)
    loop.remove_reader(line.fileno())


def _be_strict_and_hasty() -> None:
    structlog.configure(processors=[_end_at_what_nobody_foresaw])
    acting._LOOK_SECONDS = 0.02  # whoever has just been killed may still be known as who acts


def _end_at_what_nobody_foresaw(_: object, method: str, line: MutableMapping[str, Any]) -> NoReturn:
    """`unexpected` of `tests/crashes/rounds.py`, for a process that keeps no log."""
    if method == "critical" or line.get("exc_info"):
        traceback.print_exc()
        print(line, file=sys.stderr, flush=True)
        os._exit(_UNFORESEEN)
    raise structlog.DropEvent
