"""A homeserver that limits the bot: how many calls are wasted, and do people still get their answers?

    python -m tests.bench.limits [--networks 10] [--groups 10] [--rate 3] [--times 50] [--seconds 30]

`hedgerow run` as it is delivered, on SQLite, at a stand-in for a homeserver that answers from memory
(`tests/bench/town.py`), and here limits it as Synapse does who is not exempt (`Limits`): by Synapse's own
defaults, `--times` as fast, so that a run ends today. `hedgerow apply` asks for an ecosystem of so many
networks, each with its kit and so many groups; until they are made, and `--seconds` at least, people ask
the bot things in their direct rooms, so many a second. This is done three times, each time with a new
service: without limits, with limits that say how long to wait (`Retry-After`, `retry_after_ms`), and with
the same ones that do not say.

Of requests only those are counted that a limit is for. An answer's time goes from the moment at which its
question was due. During back-off are those whose question was due after the first 429. Exit code 1: more
than a tenth of the requests were answered with 429, p95 was over two seconds, or something had no answer.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from tests.bench.delivered import HEADERS, Service, run, service
from tests.bench.place import Json, Large, person
from tests.bench.town import KINDS, Living, Town

_MOST_WASTED = 0.1
_MOST_SECONDS = 2.0
_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.5  # for which Synapse holds an answer back that is 429
_LONGEST_SECONDS = 600.0  # that a blueprint may take
_DEFAULTS: Mapping[str, tuple[float, float]] = {
    "rc_message": (0.2, 10),
    "rc_room_creation": (0.016, 10),
    "rc_invites.per_room": (0.3, 10),
    "rc_invites.per_user": (0.003, 5),
    "rc_invites.per_issuer": (0.3, 10),
    "rc_joins.local": (0.1, 10),
}
"""Synapse's: so many a second, after so many at once."""


@dataclass(slots=True)
class Bucket:
    """Leaks `per_second`, holds `burst`."""

    per_second: float
    burst: float
    filled: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until there is room for one more; 0 if there is."""
        self.filled = max(0.0, self.filled - (now - self.at) * self.per_second)
        self.at = now
        over = self.filled - (self.burst - 1)
        return over / self.per_second if over > 1e-9 else 0.0


class Limits:
    """Which calls are counted, each in its buckets as Synapse does.

    What is said and what is set in rooms are one kind to it, and a room that is made is counted as one of
    those, too. (It exempts an application service's own bot from `rc_message`; others do not.)
    """

    def __init__(self, times: float) -> None:
        self._times = times
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def wait(self, kind: str, room: str, user: str) -> float:
        """0 and the call is counted, or how many seconds to wait."""
        buckets, now = [self._bucket(*key) for key in _counted(kind, room, user)], time.monotonic()
        wait = max(bucket.wait(now) for bucket in buckets)
        if not wait:
            for bucket in buckets:
                bucket.filled += 1
        return wait

    def _bucket(self, name: str, key: str) -> Bucket:
        per_second, burst = _DEFAULTS[name]
        return self._buckets.setdefault((name, key), Bucket(per_second * self._times, burst))


def _counted(kind: str, room: str, user: str) -> list[tuple[str, str]]:
    match kind:
        case "createRoom":
            return [("rc_room_creation", ""), ("rc_message", "")]
        case "invite":
            each = [("rc_invites.per_room", room), ("rc_invites.per_user", user)]
            return [*each, ("rc_invites.per_issuer", "")]
        case "join":
            return [("rc_joins.local", "")]
        case _:
            return [("rc_message", "")]


class Limiting(Living):
    """A stand-in with `limits`, or none. `told` is whether it says how long to wait.

    `requests` and `wasted` count by kind what the limits are for, and the 429s among it.
    """

    def __init__(self, large: Large, limits: Limits | None, *, told: bool) -> None:
        super().__init__(large)
        self._limits, self._told = limits, told
        self.requests: Counter[str] = Counter()
        self.wasted: Counter[str] = Counter()
        self.limited_at: float | None = None

    async def _send(self, request: web.Request) -> web.Response:
        return await self._limited(request, "message") or await super()._send(request)

    async def _anything(self, request: web.Request) -> web.Response:
        rest = request.path.split("/")
        if request.method == "GET" and "/directory/room/" in request.path:  # asked for before a second try
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "Not found."}, status=404)
        kind = None
        if request.path.endswith("/createRoom"):
            kind = "createRoom"
        elif request.method == "PUT" and rest[4:5] == ["rooms"] and rest[6:7] == ["state"]:
            kind = "state"
        elif request.method == "POST" and rest[4:5] == ["rooms"] and rest[6:] in (["invite"], ["join"]):
            kind = rest[6]
        limited = await self._limited(request, kind) if kind else None
        return limited or await super()._anything(request)

    async def _limited(self, request: web.Request, kind: str) -> web.Response | None:
        """What is answered instead, or None where the call is let through."""
        self.requests[kind] += 1
        if self._limits is None:
            return None
        user = json.loads(await request.read())["user_id"] if kind == "invite" else ""
        room = unquote(request.path.split("/")[5]) if kind != "createRoom" else ""
        if not (wait := self._limits.wait(kind, room, user)):
            return None
        self.wasted[kind] += 1
        self.limited_at = self.limited_at or time.monotonic()
        await asyncio.sleep(_PAUSE_SECONDS)
        body: Json = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}
        if not self._told:
            return web.json_response(body, status=429)
        headers = {"Retry-After": str(math.ceil(wait))}
        return web.json_response({**body, "retry_after_ms": int(wait * 1000)}, status=429, headers=headers)


# -- who asks -----------------------------------------------------------------------------------------


@dataclass
class Asking:
    """Asks `running`, whether or not what was asked before is answered; `took` is in seconds, by when due."""

    large: Large
    homeserver: Limiting
    running: Service
    session: aiohttp.ClientSession
    took: list[tuple[float, float]] = field(default_factory=list)
    due: dict[str, float] = field(default_factory=dict)
    none_due: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._town = Town(self.large, self.homeserver)
        self._at = random.Random(17)
        self._people, self._numbers = itertools.cycle(range(1, self.large.people)), itertools.count(1)
        self.homeserver.on_answer = self._answered

    def _answered(self, event: str) -> None:
        if (due := self.due.pop(event, None)) is not None:
            self.took.append((due, time.monotonic() - due))
            if not self.due:
                self.none_due.set()

    async def ask(self, rate: float) -> None:
        """So many a second, until cancelled."""
        begun = time.monotonic()
        for number in itertools.count():
            due = begun + number / rate
            await asyncio.sleep(due - time.monotonic())
            kind, name = self._at.choice([*KINDS]), self._at.choice(self.large.shown)
            question = self._town.question(kind, next(self._people), name)
            self.due[question["event_id"]] = due
            self.none_due.clear()
            url = f"{self.running.transactions}{next(self._numbers)}"
            body = json.dumps({"events": [question]}).encode()
            async with self.session.put(url, data=body, headers=HEADERS) as answer:
                answer.raise_for_status()

    async def until_answered(self) -> None:
        """Each, or no longer than patience lasts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.none_due.wait()


# -- what comes of it ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """`requests` and `wasted` by kind; `took`, sorted, are the answers that are judged; seconds."""

    name: str
    requests: Mapping[str, int]
    wasted: Mapping[str, int]
    took: list[float]
    unanswered: int
    seconds: float
    is_made: bool

    @property
    def share(self) -> float:
        return sum(self.wasted.values()) / sum(self.requests.values())

    @property
    def p95(self) -> float:
        return self.took[int(len(self.took) * 0.95)]

    @property
    def faults(self) -> list[str]:
        """What is over the goals."""
        found = {
            f"{self.share:.1%} of the requests were wasted": self.share > _MOST_WASTED,
            f"p95 was {self.p95:.2f} s": self.p95 > _MOST_SECONDS,
            f"{self.unanswered} questions have no answer": self.unanswered > 0,
            "the blueprint was not made in time": not self.is_made,
        }
        return [fault for fault, is_so in found.items() if is_so]

    def told(self) -> str:
        kinds = ", ".join(f"{kind} {self.wasted.get(kind, 0)}/{n}" for kind, n in self.requests.items())
        p50, requests = self.took[len(self.took) // 2], sum(self.requests.values())
        return (
            f"{self.name}: {'made' if self.is_made else 'not made'} in {self.seconds:.0f} s; "
            f"{requests:,} requests, {sum(self.wasted.values())} × 429, {self.share:.1%} ({kinds}); "
            f"{len(self.took)} answers after {p50 * 1000:,.0f} (p50) and {self.p95 * 1000:,.0f} ms (p95), "
            f"{self.took[-1]:.1f} s at most; {self.unanswered} never"
        )


def blueprint(networks: int, groups: int) -> Json:
    each = [{"name": f"Group {n}"} for n in range(groups)]
    below = [
        {"name": f"Grown {n}", "groups": each, "coordinators": [str(person(n))]} for n in range(networks)
    ]
    return {"version": 1, "networks": [{"name": "Grown", "kind": "ecosystem", "networks": below}]}


async def _applied(folder: Path, arguments: argparse.Namespace) -> bool:
    """Whether it was made in time. Raises `RuntimeError` where it fails."""
    file = folder / "blueprint.yaml"
    file.write_text(json.dumps(blueprint(arguments.networks, arguments.groups)), encoding="utf-8")
    command = ("-m", "appservice", "apply", str(file), "--yes", "--config", str(folder / "hedgerow.yaml"))
    with (folder / "applied").open("wb") as output:
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=output)
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            if await process.wait():
                raise RuntimeError("hedgerow apply has failed")
            return True
    except TimeoutError:
        return False
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def limited(name: str, limits: Limits | None, arguments: argparse.Namespace, *, told: bool) -> Found:
    large = Large(100, 3)
    homeserver = Limiting(large, limits, told=told)
    with tempfile.TemporaryDirectory() as folder:
        async with service(large, homeserver, Path(folder)) as running, aiohttp.ClientSession() as session:
            await running.until_at_rest()
            homeserver.requests.clear()
            asking = Asking(large, homeserver, running, session)
            pushing, begun = asyncio.create_task(asking.ask(arguments.rate)), time.monotonic()
            is_made = await _applied(Path(folder), arguments)
            seconds = time.monotonic() - begun
            await asyncio.sleep(arguments.seconds - seconds)
            pushing.cancel()
            await asking.until_answered()
        since = homeserver.limited_at or 0.0
        took = sorted(seconds for due, seconds in asking.took if due >= since)
        wasted, unanswered = homeserver.wasted, len(asking.due)
        return Found(name, homeserver.requests, wasted, took, unanswered, seconds, is_made)


async def main(arguments: argparse.Namespace) -> bool:
    """Whether all is within the goals."""
    cases = {
        "no limits": (False, True),
        "limits that say how long": (True, True),
        "limits that do not say": (True, False),
    }
    faults: list[str] = []
    for name, (are_there, told) in cases.items():
        limits = Limits(arguments.times) if are_there else None
        found = await limited(name, limits, arguments, told=told)
        print(found.told(), flush=True)
        faults += [f"{name}: {fault}" for fault in found.faults]
    print("\n".join(faults) or "within the goals")
    return not faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=10)
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--rate", type=float, default=3)
    parser.add_argument("--times", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    sys.exit(0 if run(main(parser.parse_args())) else 1)
