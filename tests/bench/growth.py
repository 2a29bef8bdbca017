"""What an event and a command cost at 1, 10 and 100 times the networks.

    python -m tests.bench.growth [--networks 50] [--rounds 5] [--transactions 5] [--questions 6]

Three services, each `hedgerow run` as it is delivered (`tests/bench/delivered.py`), stand side by side: with
`networks` networks of two groups and a kit each, with ten times and with a hundred times as many, and with
four people to each network, so that nobody is in more of them where there are more. They take turns in
everything, and the medians count. What is measured is the time of a processor that the service's process
takes, all its threads together, so that what else the machine does tells little:

- an event: a transaction of 100 of all kinds (`tests/bench/town.py`), until they are worked off;
- an event of the soak: the same with one question among a hundred, as `tests/bench/soak.py` has them;
- a question of each kind (`town.KINDS`), in a direct room, until its answer has come in at the homeserver and
  what came of it is written down;
- a network with two groups, made by three commands, each given once the one before is answered “done”, and
  the calls that it takes at the homeserver.

The bound: what costs `a + b·log n` with nothing negative costs at k·n networks at most log(k·n)/log(n) times
as much as at n. Exit code 1: a ratio is over its bound by more than `--margin`, which is for noise.

Told and not judged: what is linear by its nature. At the start, and once in 25 minutes, the state of every
room is read back; here that is over before anything is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from tests.bench.delivered import HEADERS, IN_ONE, Service, run, service
from tests.bench.place import Json, Large
from tests.bench.town import KINDS, Living, Town

_PEOPLE = 4  # for each network
_ANSWER_SECONDS = 120.0
_PAUSE = 0.03  # seconds in which what came of the last answer is written down
_LOOK_SECONDS = 0.01
CALLS = "calls for a network with two groups"
START, AT_START = "the start, seconds", "the start, for each room"
UNJUDGED = (START,)
Measured = Mapping[str, Sequence[float]]
"""What was measured → each figure; milliseconds of a processor but for `CALLS` and `START`."""


class Turns:
    """One service and what is measured at it."""

    def __init__(
        self, large: Large, homeserver: Living, running: Service, session: aiohttp.ClientSession
    ) -> None:
        self._service, self._session, self._homeserver = running, session, homeserver
        self._town = Town(large, homeserver, questions=False)
        self._mixed = Town(large, homeserver)
        self._large = large
        self._at = random.Random(3)
        self._numbers, self._made = itertools.count(1), itertools.count(1)
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self.measured: dict[str, list[float]] = defaultdict(list)
        homeserver.on_answer = self._answered

    def _answered(self, event: str) -> None:
        if (waiting := self._waiting.pop(event, None)) is not None:
            waiting.set_result(None)

    def begin(self) -> None:
        """From now on it counts; what the start took is kept."""
        for what in self.measured.keys() - {START, AT_START}:
            del self.measured[what]

    @asynccontextmanager
    async def _kept(self, what: str, many: int = 1) -> AsyncIterator[None]:
        """What the service takes until nothing waits is kept as that of `many`."""
        begun = self._service.processor_seconds()
        yield
        await self._service.until(0, every=_LOOK_SECONDS)
        taken = self._service.processor_seconds() - begun
        self.measured[what].append(taken * 1000 / many)

    async def _push(self, events: list[Json]) -> None:
        body, url = json.dumps({"events": events}), f"{self._service.transactions}{next(self._numbers)}"
        async with self._session.put(url, data=body, headers=HEADERS) as answer:
            answer.raise_for_status()

    async def start(self, rooms: int) -> None:
        """Until it rests: all rooms have been read back."""
        await self._service.until_at_rest()
        taken = self._service.processor_seconds()
        self.measured[START].append(taken)
        self.measured[AT_START].append(taken * 1000 / rooms)

    async def events(self, transactions: int) -> None:
        """Full ones, one after the other, and until they are worked off."""
        for what, town in (("an event", self._town), ("an event of the soak", self._mixed)):
            async with self._kept(what, transactions * IN_ONE):
                for full in town.transactions(transactions * IN_ONE, least=IN_ONE):
                    await self._push(full)

    async def questions(self, kind: str, many: int) -> None:
        """As many of one kind, one after the other, each by somebody else about another network."""
        async with self._kept(f"“{kind}”", many):
            for _ in range(many):
                who, name = self._at.randrange(1, self._large.people), self._at.choice(self._large.shown)
                await self._asked(self._town.question(kind, who, name))
                await asyncio.sleep(_PAUSE)

    async def provisioning(self) -> None:
        """A network with two groups, said by an admin who coordinates the network above."""
        number, calls = next(self._made), self._homeserver.calls
        async with self._kept("a network with two groups"):
            for words in (
                f'network create "Grown {number}" --under "Network 0"',
                f'group create "Weaving" --in "Grown {number}"',
                f'group create "Walking" --in "Grown {number}"',
            ):
                await self._asked(self._town.said(words, 0))
        self.measured[CALLS].append(self._homeserver.calls - calls)

    async def _asked(self, event: Json) -> None:
        """Until its answer."""
        answered = self._waiting[event["event_id"]] = asyncio.get_running_loop().create_future()
        await self._push([event])
        async with asyncio.timeout(_ANSWER_SECONDS):
            await answered


async def measured(networks: Sequence[int], arguments: argparse.Namespace) -> list[Measured]:
    """What is found at each of these sizes."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        turns: list[Turns] = []
        for many in networks:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            large, begun = Large(many, 2, many * _PEOPLE), time.monotonic()
            homeserver = Living(large)
            running = await stack.enter_async_context(service(large, homeserver, folder))
            turns.append(turn := Turns(large, homeserver, running, session))
            await turn.start(len(large.expected))
            print(
                f"{many} networks, {len(large.expected)} rooms: ready, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
        for number in range(arguments.rounds + 1):
            if number == 1:  # the first one warms up
                for turn in turns:
                    turn.begin()
            await _round(turns, arguments)
            print(f"round {number} of {arguments.rounds}", flush=True)
        return [turn.measured for turn in turns]


async def _round(turns: Sequence[Turns], arguments: argparse.Namespace) -> None:
    for turn in turns:
        await turn.events(arguments.transactions)
    for kind in KINDS:
        for turn in turns:
            await turn.questions(kind, arguments.questions)
    for turn in turns:
        await turn.provisioning()


# -- figures ------------------------------------------------------------------------------------------


def bounds_of(networks: Sequence[int]) -> list[float]:
    """How many times as much anything may cost at each of these sizes as at the first."""
    return [math.log(many) / math.log(networks[0]) for many in networks]


def medians_of(found: Sequence[Measured]) -> Iterator[tuple[str, list[float]]]:
    """What was measured, and its median at each size."""
    for what in found[0]:
        yield what, [statistics.median(each[what]) for each in found]


def over(found: Sequence[Measured], networks: Sequence[int], margin: float) -> list[str]:
    """What costs more than it may."""
    return [what for what, medians in medians_of(found) if not _is_within(what, medians, networks, margin)]


def _is_within(what: str, medians: Sequence[float], networks: Sequence[int], margin: float) -> bool:
    pairs = zip(medians, bounds_of(networks), strict=True)
    return what in UNJUDGED or all(median <= medians[0] * bound * margin for median, bound in pairs)


def table(found: Sequence[Measured], networks: Sequence[int], margin: float) -> Iterator[str]:
    """Each line of what is printed."""
    bounds = bounds_of(networks)
    yield f"{'ms of a processor, medians':36}" + "".join(f"{many:>10,}" for many in networks)
    for what, medians in medians_of(found):
        ratios = _listed([median / medians[0] for median in medians[1:]])
        if what in UNJUDGED:
            verdict = "linear by its nature"
        else:
            verdict = "within" if _is_within(what, medians, networks, margin) else "OVER"
        figures = "".join(f"{median:10.2f}" for median in medians)
        yield f"{what:36}{figures}   times {ratios:12} {verdict}"
    yield f"{'the logarithm':36}" + " " * 10 * len(networks) + "   times " + _listed(bounds[1:])


def _listed(ratios: Sequence[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


async def main(arguments: argparse.Namespace) -> bool:
    """Whether nothing costs more than it may."""
    networks = [arguments.networks * times for times in arguments.times]
    found = await measured(networks, arguments)
    print("\n".join(table(found, networks, arguments.margin)))
    too_much = over(found, networks, arguments.margin)
    for what in too_much:
        print(
            f"NOT AS IT MUST BE: {what} grows faster than the logarithm, and than {arguments.margin} times it"
        )
    return not too_much


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=50, help="at the smallest; more than ten")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100], help="as many networks")
    parser.add_argument("--rounds", type=int, default=5, help="after one that warms up")
    parser.add_argument("--transactions", type=int, default=5, help="of 100 events, in each turn")
    parser.add_argument("--questions", type=int, default=6, help="of each kind, in each turn")
    parser.add_argument("--margin", type=float, default=1.3)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(0 if run(main(_arguments())) else 1)
