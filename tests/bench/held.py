"""Do answers come in time while a large place is asked a lot, and thousands of rooms are made meanwhile?

    python -m tests.bench.held [--networks 1000] [--groups 17] [--people 100000] [--rate 200] [--seconds 60]
                               [--asking 2000] [--made 5000]

`hedgerow run` as it is delivered, on SQLite, at a stand-in for a homeserver that answers from memory
(`tests/bench/town.py`). Once all rooms have been read back, questions of all kinds come at so many a second,
by `--asking` people in turn, each in their direct room, whether or not those before are answered; as Synapse
does, the homeserver pushes one transaction at a time, with all that has come meanwhile, 100 at most. An
answer's time goes from the moment at which its question was due. First nothing else goes on; then
`hedgerow apply` asks for `--made` rooms, which the service makes while it answers. Printed are both, what a
question took of a processor, and how many rooms were made meanwhile. Exit code 1: p95 was over a second.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import aiohttp

from tests.bench.delivered import HEADERS, IN_ONE, Service, run, service
from tests.bench.place import Json, Large
from tests.bench.town import KINDS, Living, Town

_PATIENCE_SECONDS = 120.0
_GROUPS = 17  # of each network that is made; with its kit these are twenty rooms


class Asking:
    """Asks `running`, open-loop, and keeps how long each answer took, in seconds."""

    def __init__(
        self, large: Large, homeserver: Living, running: Service, session: aiohttp.ClientSession, people: int
    ) -> None:
        self._large, self._service, self._session = large, running, session
        self._town = Town(large, homeserver)
        self._at = random.Random(17)
        self._people = itertools.cycle(range(1, people + 1))
        self._numbers = itertools.count(1)
        self._due: dict[str, float] = {}
        self._waiting: list[Json] = []
        self._more, self._none_due = asyncio.Event(), asyncio.Event()
        self.took: list[float] = []
        self.processor = 0.0
        homeserver.on_answer = self._answered

    def _answered(self, event: str) -> None:
        if (due := self._due.pop(event, None)) is not None:
            self.took.append(time.monotonic() - due)
            if not self._due:
                self._none_due.set()

    async def ask(self, rate: int, seconds: float) -> float:
        """So many a second for so long; how long the last answers took to come, afterwards."""
        self.took.clear()
        before = self._service.processor_seconds()
        pushing, begun = asyncio.create_task(self._push()), time.monotonic()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            await asyncio.sleep(due - time.monotonic())
            kind, name = self._at.choice([*KINDS]), self._at.choice(self._large.shown)
            question = self._town.question(kind, next(self._people), name)
            self._due[question["event_id"]] = due
            self._none_due.clear()
            self._waiting.append(question)
            self._more.set()
        ended = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._none_due.wait()
        pushing.cancel()
        self.processor = (self._service.processor_seconds() - before) * 1000 / (rate * seconds)
        return time.monotonic() - ended

    async def _push(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                now, self._waiting = self._waiting[:IN_ONE], self._waiting[IN_ONE:]
                url = f"{self._service.transactions}{next(self._numbers)}"
                body = json.dumps({"events": now}).encode()
                async with self._session.put(url, data=body, headers=HEADERS) as answer:
                    answer.raise_for_status()

    def told(self, what: str, rate: int, after: float) -> str:
        took = sorted(self.took)
        p50, p95, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.95, 0.99))
        return (
            f"{what}: {rate} questions a second; answered after {p50:,.0f} (p50), {p95:,.0f} (p95) and "
            f"{p99:,.0f} ms (p99), the last {after:.1f} s after the last question; {len(self._due)} never; "
            f"{self.processor:.1f} ms of a processor each"
        )


def blueprint(rooms: int) -> Json:
    groups = [{"name": f"Group {n}"} for n in range(_GROUPS)]
    networks = [{"name": f"Grown {n}", "groups": groups} for n in range(rooms // (_GROUPS + 3))]
    return {"version": 1, "networks": [{"name": "Grown", "kind": "ecosystem", "networks": networks}]}


async def _apply(folder: Path, rooms: int) -> asyncio.subprocess.Process:
    file = folder / "blueprint.yaml"
    file.write_text(json.dumps(blueprint(rooms)), encoding="utf-8")
    command = ("-m", "appservice", "apply", str(file), "--yes", "--config", str(folder / "hedgerow.yaml"))
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdout=quiet)


async def held(folder: Path, arguments: argparse.Namespace) -> bool:
    """Whether p95 was below a second both times."""
    large = Large(arguments.networks, arguments.groups, arguments.people)
    homeserver = Living(large)
    async with service(large, homeserver, folder) as running, aiohttp.ClientSession() as session:
        begun = time.monotonic()
        await running.until_at_rest()
        at_rest = time.monotonic() - begun
        print(
            f"{len(large.expected)} rooms, {large.people} people: at rest {at_rest:.0f} s after it was ready",
            flush=True,
        )
        asking, rate = Asking(large, homeserver, running, session, arguments.asking), arguments.rate
        after = await asking.ask(rate, arguments.seconds)
        print(asking.told("nothing else", rate, after), flush=True)
        calm = sorted(asking.took)[int(len(asking.took) * 0.95)]
        applying = await _apply(folder, arguments.made)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await homeserver.made_one.wait()
        made = homeserver.made
        after = await asking.ask(rate, arguments.seconds)
        print(asking.told(f"while {arguments.made} rooms are made", rate, after))
        print(f"{homeserver.made - made} of them were made meanwhile")
        with suppress(ProcessLookupError):
            applying.terminate()
        await applying.wait()
        return max(calm, sorted(asking.took)[int(len(asking.took) * 0.95)]) < 1


async def main(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name:
        return await held(Path(name), arguments)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=17)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--asking", type=int, default=2000)
    parser.add_argument("--made", type=int, default=5000)
    sys.exit(0 if run(main(parser.parse_args())) else 1)
