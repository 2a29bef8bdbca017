"""What an event and a command cost at 1, 10 and 100 times the networks.

    python -m tests.bench.growth [--networks 50] [--rounds 5] [--transactions 5] [--questions 6]

Three services, each `hedgerow run` as it is delivered (`tests/bench/delivered.py`), stand side by side: with
`networks` networks of two groups and a kit each, with ten times and with a hundred times as many, and with
four people to each network, so that nobody is in more of them where there are more. They take turns in
everything, and the medians count:

- an event let in: a transaction of 100 events of all kinds (`tests/bench/town.py`), until its 200;
- an event worked off: from the last 200 until nothing waits;
- a question of each kind, in a direct room, until its answer has come in at the homeserver;
- a network with two groups, made by three commands, each given once the one before is answered “done”, and
  the calls that it takes at the homeserver.

The bound: what costs `a + b·log n` with nothing negative costs at k·n networks at most log(k·n)/log(n) times
as much as at n. Exit code 1: a ratio is over its bound by more than `--margin`, which is for noise.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
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
Measured = Mapping[str, Sequence[float]]
"""What was measured → each figure; milliseconds but for `CALLS`."""


class Turns:
    """One service and what is measured at it."""

    def __init__(
        self, large: Large, homeserver: Living, running: Service, session: aiohttp.ClientSession
    ) -> None:
        self._service, self._session, self._homeserver = running, session, homeserver
        self._town = Town(large, homeserver, questions=False)
        self._large = large
        self._at = random.Random(3)
        self._numbers, self._made = itertools.count(1), itertools.count(1)
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self.measured: dict[str, list[float]] = defaultdict(list)
        homeserver.on_answer = self._answered

    def _answered(self, event: str) -> None:
        if (waiting := self._waiting.pop(event, None)) is not None:
            waiting.set_result(time.perf_counter())

    def _keep(self, what: str, seconds: float) -> None:
        self.measured[what].append(seconds * 1000)

    async def _push(self, events: list[Json]) -> float:
        """Seconds until its 200."""
        body, begun = json.dumps({"events": events}), time.perf_counter()
        url = f"{self._service.transactions}{next(self._numbers)}"
        async with self._session.put(url, data=body, headers=HEADERS) as answer:
            answer.raise_for_status()
        return time.perf_counter() - begun

    async def events(self, transactions: int) -> None:
        """Full ones, one after the other, and until they are worked off."""
        for full in self._town.transactions(transactions * IN_ONE, least=IN_ONE):
            self._keep("an event let in", await self._push(full) / IN_ONE)
        begun = time.perf_counter()
        await self._service.until(0, every=_LOOK_SECONDS)
        self._keep("an event worked off", (time.perf_counter() - begun) / (transactions * IN_ONE))

    async def questions(self, kind: str, many: int) -> None:
        """As many of one kind, one after the other, each by somebody else about another network."""
        for _ in range(many):
            who, name = self._at.randrange(1, self._large.people), self._at.choice(self._large.shown)
            self._keep(f"“{kind}”", await self._asked(self._town.question(kind, who, name)))
            await asyncio.sleep(_PAUSE)

    async def provisioning(self) -> None:
        """A network with two groups, said by an admin who coordinates the network above."""
        number, calls, begun = next(self._made), self._homeserver.calls, time.perf_counter()
        for words in (
            f'network create "Grown {number}" --under "Network 0"',
            f'group create "Weaving" --in "Grown {number}"',
            f'group create "Walking" --in "Grown {number}"',
        ):
            await self._asked(self._town.said(words, 0))
        self._keep("a network with two groups", time.perf_counter() - begun)
        await self._service.until(0, every=_LOOK_SECONDS)
        self.measured[CALLS].append(self._homeserver.calls - calls)

    async def _asked(self, event: Json) -> float:
        """Seconds until its answer."""
        answered = self._waiting[event["event_id"]] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        await self._push([event])
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await answered - begun


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
            turns.append(Turns(large, homeserver, running, session))
            print(
                f"{many} networks, {len(large.expected)} rooms: ready, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
        for number in range(arguments.rounds + 1):
            if number == 1:  # the first one warms up
                for turn in turns:
                    turn.measured.clear()
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
    return [
        what
        for what, medians in medians_of(found)
        for median, bound in zip(medians, bounds_of(networks), strict=True)
        if median > medians[0] * bound * margin
    ]


def table(found: Sequence[Measured], networks: Sequence[int]) -> Iterator[str]:
    """Each line of what is printed."""
    bounds = bounds_of(networks)
    yield f"{'medians, in ms, at so many networks':36}" + "".join(f"{many:>10,}" for many in networks)
    for what, medians in medians_of(found):
        ratios = _listed([median / medians[0] for median in medians[1:]])
        yield f"{what:36}" + "".join(f"{median:10.2f}" for median in medians) + f"   times {ratios}"
    yield f"{'the logarithm':36}" + " " * 10 * len(networks) + "   times " + _listed(bounds[1:])


def _listed(ratios: Sequence[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


async def main(arguments: argparse.Namespace) -> bool:
    """Whether nothing costs more than it may."""
    networks = [arguments.networks * times for times in arguments.times]
    found = await measured(networks, arguments)
    print("\n".join(table(found, networks)))
    too_much = over(found, networks, arguments.margin)
    for what in dict.fromkeys(too_much):
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
