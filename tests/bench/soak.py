"""Two million events through one process: is its memory flat, and does anything lag or get lost?

    python -m tests.bench.soak [--events 2000000] [--networks 200] [--ahead 500] [--hours 6] [--every 2000]
    python -m tests.bench.soak --events 0 --hours 24 --rate 50

`hedgerow run` as it is delivered, on SQLite with its own settings and without encryption of its own, at a
stand-in for a homeserver that answers from memory (`tests/bench/town.py`). Two million events are weeks of
a town's talk, so what it does from time to time comes more often, too: it looks for what it has missed every
ten seconds, and at all rooms every fifty. The events come in transactions of 1 to 100, one after the other,
as Synapse pushes them: a tenth of all events comes once more, a twentieth out of order. One transaction in a
hundred comes cut off before it comes whole, under the same id: once as if that were all of it, once on a
connection that breaks off. The pusher goes on while the service works off what it has taken, but waits while
more than `--ahead` transactions' worth of events wait: Synapse would not, and its own database would keep
them; here they would fill the disk.

With `--events 0` it goes on for all of `--hours`. `--rate` is how many events come in a second at most: in a
day 50 make four million, and a database of some 2.5 GB.

Memory is what the process has resident (VmRSS), read every `--every` events; the first twentieth of all
events warms up. Ids of events are kept for thirty days and counts of what was said for some weeks, so the
database grows with what comes in; memory must not. Exit code 1: the memory goes over 200 MiB; its slope
(least squares over all that comes after the warm-up) makes more than 10 MiB of growth or, with `--events 0`,
is 1 MiB an hour or more; something waits in the end; a question has no answer, or two; an event was not
handled; a transaction was taken that was not whole; or the time was over before all was pushed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from yarl import URL

from tests.bench.delivered import HEADERS, IN_ONE, Service, run, service
from tests.bench.place import Large
from tests.bench.town import Living, Town

_MOST_MIB = 200.0
_MOST_GROWTH_MIB = 10.0
_MOST_MIB_AN_HOUR = 1.0
_WARM_UP = 0.05
_OFTEN = {"every_seconds": 10}
_LOOK_EVERY = 20  # transactions between two looks at what waits
_CUT_EVERY = 100  # transactions of which one comes cut off before
_TOLD = 20  # times while it runs
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """After so many `events`, and so many seconds, the process had so many MiB resident."""

    events: int
    mib: float
    seconds: float = 0.0


@dataclass
class Soaked:
    """What was seen. `lag` is seconds from the last push until nothing waits; None: something does.

    `wanted` is 0 where time was the measure. `different` is how many different events were pushed, `cut` how
    often a transaction came cut off.
    """

    wanted: int
    pushed: int = 0
    seconds: float = 0.0
    lag: float | None = None
    asked: int = 0
    unanswered: int = 0
    answered_twice: int = 0
    different: int = 0
    handled: int = 0
    cut: int = 0
    cut_and_taken: int = 0
    waiting: int = 0
    megabytes: float = 0.0
    samples: list[Sample] = field(default_factory=list)

    @property
    def warm(self) -> list[Sample]:
        return [one for one in self.samples if one.events >= self.pushed * _WARM_UP]

    @property
    def faults(self) -> list[str]:
        """What is not as it must be."""
        largest, growth = max(one.mib for one in self.samples), growth_of(self.warm)
        hourly, is_timed = slope_an_hour(self.warm), not self.wanted
        found = {
            f"{self.pushed} of {self.wanted} events were pushed in time": self.pushed < self.wanted,
            f"memory went up to {largest:.0f} MiB": largest > _MOST_MIB,
            f"memory grew by {growth:.1f} MiB": growth > _MOST_GROWTH_MIB and not is_timed,
            f"memory grew by {hourly:.2f} MiB an hour": hourly >= _MOST_MIB_AN_HOUR and is_timed,
            f"{self.waiting} events and actions wait": self.waiting > 0 or self.lag is None,
            f"{self.unanswered} questions have no answer": self.unanswered > 0,
            f"{self.answered_twice} questions have more than one": self.answered_twice > 0,
            f"{self.handled} of {self.different} events were handled": self.handled != self.different,
            f"{self.cut_and_taken} transactions were taken that were not whole": self.cut_and_taken > 0,
        }
        return [fault for fault, is_so in found.items() if is_so]

    def told(self) -> str:
        first, middle, last = self.warm[0], self.warm[len(self.warm) // 2], self.warm[-1]
        lag = (
            "something still waits" if self.lag is None else f"nothing waited {self.lag:.1f} s after the last"
        )
        return (
            f"{self.pushed:,} events in {self.seconds:,.0f} s: {self.pushed / self.seconds:,.0f} a second, "
            f"worked off; {lag}\n"
            f"resident: {first.mib:.1f} MiB after the warm-up, {middle.mib:.1f} halfway, {last.mib:.1f} "
            f"at the end, {max(one.mib for one in self.samples):.1f} at most; "
            f"{slope_of(self.warm):+.3f} MiB for each 100,000 events, "
            f"{slope_an_hour(self.warm):+.2f} for each hour\n"
            f"{self.asked:,} questions: {self.unanswered} without an answer, {self.answered_twice} with two\n"
            f"{self.different:,} different events: {self.handled:,} handled; "
            f"{self.cut:,} cut off: {self.cut_and_taken} taken\n"
            f"{self.waiting} events and actions wait; the database has {self.megabytes:,.0f} MB"
        )


def slope_of(samples: Sequence[Sample]) -> float:
    """MiB for each 100,000 events, by least squares."""
    return _slope([one.events / 100_000 for one in samples], [one.mib for one in samples])


def slope_an_hour(samples: Sequence[Sample]) -> float:
    """MiB for each hour, by least squares."""
    return _slope([one.seconds / _HOUR for one in samples], [one.mib for one in samples])


def _slope(across: Sequence[float], up: Sequence[float]) -> float:
    """Of the line nearest to these points; 0 where they are all one above the other."""
    x, y = sum(across) / len(across), sum(up) / len(up)
    square = sum((one - x) ** 2 for one in across)
    return sum((one - x) * (mib - y) for one, mib in zip(across, up, strict=True)) / square if square else 0.0


def growth_of(samples: Sequence[Sample]) -> float:
    """What the slope makes of the whole way from the first sample to the last, in MiB."""
    return slope_of(samples) * (samples[-1].events - samples[0].events) / 100_000


# -- the run ------------------------------------------------------------------------------------------


class Soak:
    """Pushes `town`'s events to `running`, and looks at it meanwhile."""

    def __init__(self, running: Service, town: Town, arguments: argparse.Namespace) -> None:
        self._service, self._town = running, town
        self._arguments = arguments
        self._at = random.Random(11)
        self._begun = time.monotonic()
        self.found = Soaked(arguments.events)

    async def run(self) -> Soaked:
        self._begun = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limit), aiohttp.ClientSession() as session:
                await self._push_all(session)
        pushed_at = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await self._service.until(0)
            self.found.lag = time.monotonic() - pushed_at
        self.found.seconds = self._seconds
        self._sample()
        self.found.waiting = self._service.waiting()
        self.found.handled = self._service.handled()
        files = self._service.file.parent.glob(f"{self._service.file.name}*")
        self.found.megabytes = sum(file.stat().st_size for file in files) / 1e6
        return self.found

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._begun

    @property
    def _limit(self) -> float | None:
        """Seconds after which it breaks off; None: it ends by itself when the time is over."""
        return self._arguments.hours * _HOUR if self.found.wanted else None

    @property
    def _done(self) -> float:
        """How much of all that is to be pushed has been, 1 being all."""
        if self.found.wanted:
            return self.found.pushed / self.found.wanted
        return self._seconds / (self._arguments.hours * _HOUR)

    async def _push_all(self, session: aiohttp.ClientSession) -> None:
        every, ahead = self._arguments.every, self._arguments.ahead
        sampled = told = 0
        for number, events in enumerate(self._town.transactions(self.found.wanted or sys.maxsize), 1):
            url, body = f"{self._service.transactions}{number}", json.dumps({"events": events}).encode()
            if number % _CUT_EVERY == 1:
                await self._push_a_part(session, url, body[: self._at.randrange(len(body))], len(body))
            async with session.put(url, data=body, headers=HEADERS) as answer:
                answer.raise_for_status()
            self.found.pushed += len(events)
            if self.found.pushed - sampled >= every:
                sampled = self.found.pushed
                self._sample()
            if number % _LOOK_EVERY == 0 and self._service.waiting() > ahead * IN_ONE:
                await self._service.until(ahead * IN_ONE // 2)
            if int(self._done * _TOLD) > told:
                told = int(self._done * _TOLD)
                self._tell(min(told, _TOLD) * 100 // _TOLD)
            if self._done >= 1:
                return
            if self._arguments.rate:
                await asyncio.sleep(self.found.pushed / self._arguments.rate - self._seconds)

    async def _push_a_part(self, session: aiohttp.ClientSession, url: str, part: bytes, whole: int) -> None:
        """Once as if it were all, and once with the connection broken off before the whole."""
        async with session.put(url, data=part, headers=HEADERS) as answer:
            statuses = [answer.status, await broken_off(url, part, whole)]
        self.found.cut += len(statuses)
        self.found.cut_and_taken += statuses.count(200)

    def _sample(self) -> None:
        self.found.samples.append(Sample(self.found.pushed, self._service.resident(), self._seconds))

    def _tell(self, percent: int) -> None:
        self._sample()
        pushed, mib = self.found.pushed, self.found.samples[-1].mib
        print(
            f"{percent:3} %  {pushed:9,} events  {pushed / self._seconds:7,.0f} a second  {mib:6.1f} MiB",
            flush=True,
        )


async def broken_off(url: str, part: bytes, whole: int) -> int:
    """The status of what is sent as so many bytes and ends after the first of them; 0 where none came."""
    at = URL(url)
    reader, writer = await asyncio.open_connection(at.host, at.port)
    headers = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    lines = f"PUT {at.path} HTTP/1.1\r\nHost: {at.host}\r\n{headers}Content-Length: {whole}\r\n\r\n"
    writer.write(lines.encode() + part)
    writer.write_eof()
    [_, status, *_] = (await reader.readline()).split() or (b"", b"0")
    writer.close()
    return int(status)


def judged(found: Soaked, town: Town, homeserver: Living) -> Soaked:
    """With what became of the questions."""
    found.asked, found.different = len(town.asked), town.different
    found.unanswered = sum(homeserver.answers[question] == 0 for question in town.asked)
    found.answered_twice = sum(homeserver.answers[question] > 1 for question in town.asked)
    return found


async def main(arguments: argparse.Namespace) -> bool:
    """Whether all is as it must be."""
    large = Large(arguments.networks, 2)
    homeserver = Living(large)
    town = Town(large, homeserver)
    with tempfile.TemporaryDirectory() as folder:
        async with service(large, homeserver, Path(folder), reconcile=_OFTEN) as running:
            found = judged(await Soak(running, town, arguments).run(), town, homeserver)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in town.pushed.most_common())
    print(f"{len(large.expected)} rooms; {kinds}\n{found.told()}")
    for fault in found.faults:
        print(f"NOT AS IT MUST BE: {fault}")
    return not found.faults


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--events", type=int, default=2_000_000, help="repeats among them; 0: for all of --hours"
    )
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--ahead", type=int, default=500, help="full transactions that may wait")
    parser.add_argument("--hours", type=float, default=6.0, help="the longest that is pushed")
    parser.add_argument("--rate", type=float, default=0.0, help="events a second at most; 0: no limit")
    parser.add_argument("--every", type=int, default=2_000, help="events between two looks at the memory")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(0 if run(main(_arguments())) else 1)
