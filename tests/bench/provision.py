"""How fast a place comes into being, beside the bare calls.

    python -m tests.bench.provision [--groups 100] [--networks 10] [--pairs 2] [--profile]

Both sides make the same calls on a fresh Synapse each, as many side by side: Hedgerow from the
blueprint on, its commits on disk included; the other side is a plain aiohttp script that knows the
list of calls beforehand, keeps nothing and only waits for the room that a call needs. What is measured
is a homeserver and a service that run, not the first second of either: on both sides a small place has
been made before. Printed are calls per room and the ratio of the times, pair by pair; these machines
are noisy, so the ratio counts.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from appservice import memory
from appservice.applying import Applying
from appservice.demo.synapse import LocalSynapse, free_port
from appservice.engine import Foundation
from appservice.places import Places
from appservice.provisioning import MARKER
from config.sections import Settings
from spaces.actions import Action, AddAlias, CreateRoom, Invite, Publish, ReadBack, SetState
from spaces.blueprint import Blueprint, WantedGroup, WantedNetwork
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.network import Access, Kind
from tests.hedgerow import settings_for
from tests.registration import Registration

SIDE_BY_SIDE = 8
ALICE = UserId("@alice:hs.test")
PASSWORD = "secret"
_V3 = "/_matrix/client/v3"


def place(networks: int, groups: int, *, name: str = "Place", more: str = "") -> Blueprint:
    """One ecosystem, `networks` private networks in it, and `groups` private groups spread over them.

    What is below it has `more` behind its name.
    """
    wanted = [
        WantedNetwork(
            f"Network {n}{more}",
            access=Access.PRIVATE,
            groups=tuple(WantedGroup(f"Group {n} {g}{more}") for g in range(n, groups, networks)),
        )
        for n in range(networks)
    ]
    top = WantedNetwork(name, Kind.ECOSYSTEM, Access.PRIVATE, coordinators=(ALICE,), networks=tuple(wanted))
    return Blueprint((top,))


_BEFORE = place(1, 2, name="A Place Before", more=" Before")


class Counting:
    """Counts the calls of an aiohttp session by method and the kind of path."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def trace(self) -> aiohttp.TraceConfig:
        async def started(_: Any, __: Any, params: aiohttp.TraceRequestStartParams) -> None:
            self.calls[f"{params.method} {_kind(params.url.path)}"] += 1

        config = aiohttp.TraceConfig()
        config.on_request_start.append(started)
        return config


def _kind(path: str) -> str:
    parts = path.split("/")[4:]
    kinds = {"createRoom": "createRoom", "directory": "directory", "rooms": "/".join(parts[2:4])}
    return kinds.get(parts[0] if parts else "", parts[0] if parts else path)


# -- the bare side ----------------------------------------------------------------------------------


class Bare:
    """Performs a list of actions with nothing but aiohttp: no store, no checks, no second thoughts."""

    def __init__(self, session: aiohttp.ClientSession, base: str, registration: Registration) -> None:
        self._session, self._base = session, base
        self._query = {"user_id": registration.bot}
        self._headers = {"Authorization": f"Bearer {registration.as_token}"}
        self._server = registration.server_name
        self._places = Places(registration.server_name)
        self._made: dict[PlaceId, asyncio.Event] = defaultdict(asyncio.Event)
        self._side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)

    async def perform(self, actions: list[Action]) -> None:
        lanes: dict[str, list[Action]] = defaultdict(list)
        for action in actions:
            lanes[action.room].append(action)
        await asyncio.gather(*(self._lane(lane) for lane in lanes.values()))

    async def _lane(self, lane: list[Action]) -> None:
        """One room's actions: those that wait for other rooms come when these are there."""
        waiting = list(lane)
        while waiting:
            first = waiting[:1] if isinstance(waiting[0], (CreateRoom, ReadBack)) else waiting
            ready = next((a for a in first if all(self._made[p].is_set() for p in self._needs(a))), None)
            if ready is None:
                await self._any_of([p for a in first for p in self._needs(a)])
                continue
            waiting.remove(ready)
            async with self._side_by_side:
                await self._one(ready)

    def _needs(self, action: Action) -> list[PlaceId]:
        return [] if isinstance(action, ReadBack) else list(action.needs)

    async def _any_of(self, places: list[PlaceId]) -> None:
        missing = [self._made[p] for p in dict.fromkeys(places) if not self._made[p].is_set()]
        tasks = [asyncio.create_task(event.wait()) for event in missing]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _one(self, action: Action) -> None:
        where = PlaceId(action.room)
        if isinstance(action, CreateRoom):
            answer = await self._call("POST", "/createRoom", self._creation(action))
            self._places.put(where, RoomId(answer["room_id"]))
            return
        room = quote(self._places.room(where), safe="")
        match action:
            case ReadBack():
                await self._call("GET", f"/rooms/{room}/state")
                self._made[where].set()
            case SetState(event=event):
                key = quote(self._places.resolve(event.state_key), safe="")
                content = self._places.resolve(event.content)
                await self._call("PUT", f"/rooms/{room}/state/{event.type}/{key}", content)
            case Invite(user=user):
                await self._call("POST", f"/rooms/{room}/invite", {"user_id": user})
            case AddAlias(localpart=localpart):
                alias = quote(f"#{localpart}:{self._server}", safe="")
                await self._call("PUT", f"/directory/room/{alias}", {"room_id": self._places.room(where)})
            case Publish(under=under):
                await self._call(
                    "PUT", f"/directory/list/appservice/{under}/{room}", {"visibility": "public"}
                )
            case _:
                raise TypeError(type(action).__name__)

    def _creation(self, action: CreateRoom) -> dict[str, Any]:
        state = [
            {
                "type": event.type,
                "state_key": self._places.resolve(event.state_key),
                "content": self._places.resolve(event.content),
            }
            for event in action.state
        ]
        levels = {"type": "m.room.power_levels", "state_key": "", "content": action.power_levels}
        where = PlaceId(action.room)
        return {
            "preset": "private_chat",
            "visibility": "private",
            "room_version": action.version,
            "room_alias_name": where.alias_localpart,
            "creation_content": {MARKER: where, **({"type": "m.space"} if action.space else {})},
            "initial_state": [levels, *state],
        }

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self._base}{_V3}{path}"
        request = self._session.request(method, url, json=body, params=self._query, headers=self._headers)
        async with request as answer:
            answer.raise_for_status()
            return await answer.json()


# -- one run ----------------------------------------------------------------------------------------


@asynccontextmanager
async def fresh_synapse(*registrations: Registration) -> AsyncIterator[tuple[LocalSynapse, Path]]:
    """It knows the application services and alice, and there is a folder."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        files = [one.write(directory / f"{one.appservice_id}.yaml") for one in registrations]
        server = registrations[0].server_name
        synapse = LocalSynapse(directory / "synapse", free_port(), server, tuple(files))
        await synapse.start()
        try:
            await synapse.register("alice", PASSWORD)
            yield synapse, directory
        finally:
            await synapse.stop()


async def on_fresh_synapse(measure: Callable[[LocalSynapse, Registration, Path], Awaitable[float]]) -> float:
    registration = Registration()
    async with fresh_synapse(registration) as (synapse, directory):
        return await measure(synapse, registration, directory)


async def of_hedgerow(synapse: LocalSynapse, registration: Registration, directory: Path) -> float:
    """In a process as `hedgerow run` has it."""
    memory.keep_together()
    settings = settings_for(synapse.base_url, registration, directory / "hedgerow.db")
    _, seconds = await seconds_to_apply(settings, _BEFORE, BLUEPRINT)
    return seconds


async def seconds_to_apply(settings: Settings, *blueprints: Blueprint) -> list[float]:
    """Seconds from each blueprint as a value to its last call's outcome on disk, one after the other."""
    foundation = Foundation(settings)
    await foundation.lay()
    took = [await _seconds_to_make(foundation, blueprint) for blueprint in blueprints]
    await foundation.database.close()
    return took


async def _seconds_to_make(foundation: Foundation, blueprint: Blueprint) -> float:
    applying = Applying(foundation, blueprint)
    begun = time.perf_counter()
    undertaking = await applying.apply()
    assert undertaking is not None
    applied = await applying.watch(undertaking, lambda _: None)
    seconds = time.perf_counter() - begun
    assert applied.failed == ()
    return seconds


async def of_bare_calls(synapse: LocalSynapse, registration: Registration, directory: Path) -> float:
    """Seconds for the same actions as plain calls."""
    foundation = Foundation(settings_for(synapse.base_url, registration, directory / "plan.db"))
    await foundation.lay()
    before, actions = [await Applying(foundation, one).actions() for one in (_BEFORE, BLUEPRINT)]
    await foundation.database.close()
    counting = Counting()
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        session = aiohttp.ClientSession(connector=connector, trace_configs=[counting.trace()])
        await stack.enter_async_context(session)
        register = {
            "type": "m.login.application_service",
            "username": registration.bot_localpart,
            "inhibit_login": True,
        }
        headers = {"Authorization": f"Bearer {registration.as_token}"}
        url = f"{synapse.base_url}{_V3}/register"
        async with session.post(url, json=register, headers=headers) as answer:
            answer.raise_for_status()
        await Bare(session, synapse.base_url, registration).perform(before)
        counting.calls.clear()
        begun = time.perf_counter()
        await Bare(session, synapse.base_url, registration).perform(actions)
        seconds = time.perf_counter() - begun
    rooms = sum(isinstance(action, CreateRoom) for action in actions)
    total = counting.calls.total()
    print(f"{total} calls for {rooms} rooms: {total / rooms:.2f} a room")
    for kind, number in counting.calls.most_common():
        print(f"  {number:4} {kind}")
    return seconds


async def main(pairs: int) -> None:
    ratios = []
    for pair in range(pairs):
        bare = await on_fresh_synapse(of_bare_calls)
        ours = await on_fresh_synapse(of_hedgerow)
        ratios.append(ours / bare)
        print(f"pair {pair + 1}: Hedgerow {ours:.1f} s, bare calls {bare:.1f} s, ratio {ours / bare:.2f}")
    print(f"ratio, median of {pairs}: {statistics.median(ratios):.2f}")


def profiled() -> None:
    """Where Hedgerow's own processor time goes."""
    profile = cProfile.Profile()
    profile.enable()
    seconds = asyncio.run(on_fresh_synapse(of_hedgerow))
    profile.disable()
    print(f"Hedgerow under the profiler: {seconds:.1f} s")
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=10)
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    BLUEPRINT = place(arguments.networks, arguments.groups)
    profiled() if arguments.profile else asyncio.run(main(arguments.pairs))
