"""Two processes on one PostgreSQL, and the one that acts is killed again and again under load.

    python -m tests.bench.takeover [--seconds 120] [--every 5] [--people 6] [--stopped 60] [--only-who-acts]

A real Synapse, a real PostgreSQL, and the balancer of `tests/synapse/pair.py`. People ask one question a
second each; a blueprint of thirty rooms is applied meanwhile. Every `--every` seconds the one that acts
gets a `kill -9` and is started again, as a service manager does. Then it is stopped (SIGSTOP) for
`--stopped` seconds and goes on, and then cut off from the database. In the end each question must have
one answer, as the person's own client sees it, and each place one room. `--only-who-acts`: the balancer
sends nothing to who stands by.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.conftest import fresh_database
from tests.postgres import Cluster
from tests.synapse.home import BOT, Home
from tests.synapse.load import Asker
from tests.synapse.pair import Pair
from tests.synapse.running import written
from tests.waiting import until

_NETWORKS, _GROUPS = 6, 4
_PAUSE_SECONDS = 1.0
_LATE_SECONDS = 240.0


@asynccontextmanager
async def started(folder: Path, arguments: argparse.Namespace) -> AsyncIterator[tuple[Home, Pair]]:
    home, cluster = Home.prepare(folder / "home"), Cluster()
    await asyncio.to_thread(cluster.start)
    try:
        await home.synapse.start()
        async with fresh_database(cluster.url) as url, Pair(home, folder, url) as pair:
            pair.only_who_acts = arguments.only_who_acts
            for half in pair.halves:
                half.launch()
            former = await pair.acting()
            await pair.stands_by(pair.other(former))
            yield home, pair
    finally:
        await home.synapse.stop()
        await asyncio.to_thread(cluster.stop)


async def killed_again_and_again(pair: Pair, seconds: float, every: float) -> list[float]:
    gaps: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        gaps.append(await pair.kill_who_acts())
        await asyncio.sleep(max(every - (time.monotonic() - begun), 0))
    return gaps


async def stopped_for_a_while(pair: Pair, seconds: float) -> float:
    acting = await pair.acting()
    begun = time.monotonic()
    acting.stop_for_a_while()
    took = await pair.taken_over(acting)
    await asyncio.sleep(max(seconds - (time.monotonic() - begun), 0))
    acting.go_on()
    await until(lambda: acting.exit_code is not None)
    acting.launch()
    await pair.stands_by(acting)
    return took


async def cut_off(pair: Pair) -> float:
    acting = await pair.acting()
    acting.wire.cut()
    took = await pair.taken_over(acting)
    acting.wire.mend()
    await until(lambda: acting.exit_code is not None)
    return took


def blueprint(folder: Path) -> Path:
    networks = [
        {"name": f"Relay {n}", "groups": [{"name": f"Relay {n} group {g}"} for g in range(_GROUPS)]}
        for n in range(_NETWORKS)
    ]
    return written(folder / "blueprint.yaml", {"networks": networks})


def told(what: str, seconds: list[float]) -> None:
    middle, longest = statistics.median(seconds), max(seconds)
    print(f"{what:34} median {middle:5.1f} s, longest {longest:5.1f} s   ({len(seconds)})")


async def judged(askers: list[Asker], home: Home) -> bool:
    """Print what came of it; whether nothing is lost and nothing twice."""
    waits: list[float] = []
    answers: Counter[int] = Counter()
    for asker in askers:
        try:
            await asker.until_answered(_LATE_SECONDS)
        except TimeoutError:
            print(f"{asker.person.user_id} still waits")
        answers.update((await asker.answered()).values())
        waits += await asker.waits()
    told("from a question to its answer", waits)
    lost, twice = answers[0], sum(count for times, count in answers.items() if times > 1)
    print(f"{answers.total()} questions: {lost} lost, {twice} answered more than once")
    made = Counter(room.marker for room in await home.all_of_the_bots() if room.marker and room.members)
    doubled = [marker for marker, count in made.items() if count > 1]
    print(f"{len(made)} places: {len(doubled)} with more than one room")
    return not (lost or twice or doubled)


async def main(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with started(folder, arguments) as (home, pair), AsyncExitStack() as stack:
            names = [f"asker{number}" for number in range(arguments.people)]
            people = await stack.enter_async_context(home.people(*names))
            askers = [Asker(person, await person.create_dm(BOT)) for person in people]
            stop = asyncio.Event()
            asking = [asyncio.create_task(asker.ask_on(stop, _PAUSE_SECONDS)) for asker in askers]
            applying = pair.halves[0].applying(blueprint(folder))
            gaps = await killed_again_and_again(pair, arguments.seconds, arguments.every)
            told("from kill -9 to /ready of another", gaps)
            told("stopped", [await stopped_for_a_while(pair, arguments.stopped)])
            told("cut off", [await cut_off(pair)])
            stop.set()
            await asyncio.gather(*asking)
            print(f"apply ended with {await asyncio.to_thread(applying.wait, _LATE_SECONDS)}")
            return await judged(askers, home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--every", type=float, default=5)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--stopped", type=float, default=60)
    parser.add_argument("--only-who-acts", action="store_true", help="nothing to who stands by")
    sys.exit(0 if asyncio.run(main(parser.parse_args())) else 1)
