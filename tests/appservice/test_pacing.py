"""How fast calls go when the homeserver says to slow down: few are wasted, and none waits for long."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from appservice.homeserver.answers import _limited
from appservice.lanes import Entry, Lanes
from spaces.actions import Action, CreateRoom, Invite
from spaces.identifiers import NetworkId, RoomId
from tests.appservice.laning import ALICE, ARTS, ROOM, done, lanes_of, say


def test_one_room_told_to_slow_down_slows_no_other() -> None:
    lanes = lanes_of(*(Invite(RoomId(f"!{n}"), ALICE) for n in range(5)))
    [entry] = lanes.take(0, 1)
    lanes.slow_down(entry, 30.0, 0)
    lanes.put_back(entry, 30.0)
    assert done(lanes) == [2, 3, 4, 5]


def test_two_rooms_told_to_slow_down_pace_calls_of_that_kind_and_no_others() -> None:
    lanes = lanes_of(*(Invite(RoomId(f"!{n}"), ALICE) for n in range(5)))
    for entry in lanes.take(0, 2):
        lanes.slow_down(entry, 30.0, 0)
        lanes.put_back(entry, 30.0)
    lanes.add(Entry(10, CreateRoom(ARTS)))
    lanes.add(Entry(11, say(ROOM)))
    assert done(lanes) == [11, 10]
    assert lanes.wakes_at(0.0) == 30.0
    assert [done(lanes, now) for now in (30.0, 30.1, 60.0, 89.0, 90.0)] == [[1], [], [2], [], [3]]


@dataclass
class Limiter:
    """Synapse's: a burst, and one more every so many seconds. `calls` are all that were tried."""

    burst: int
    seconds_each: float
    calls: int = 0
    filled: float = 0.0
    at: float = 0.0

    def allows(self, now: float) -> float:
        """0, or how long to wait."""
        self.calls += 1
        self.filled = max(0.0, self.filled - (now - self.at) / self.seconds_each)
        self.at = now
        if self.filled > self.burst - 1 + 1e-9:
            return (self.filled - (self.burst - 1)) * self.seconds_each
        self.filled += 1
        return 0.0


@dataclass
class Simulation:
    """A homeserver that takes a fifth of a second for each call, says 429 at once, and lanes beside it.

    `told`: it says how long to wait.
    """

    lanes: Lanes
    limits: Mapping[type[Action], Limiter]
    rng: random.Random
    told: bool = True
    now: float = 0.0
    ends: list[tuple[float, int, Entry]] = field(default_factory=list)
    finished: dict[int, float] = field(default_factory=dict)

    def run(self) -> None:
        """Until all is done; the loop wakes as the outbox does."""
        while len(self.lanes):
            for entry in self.lanes.take(self.now, 8 - len(self.ends)):
                self._try(entry)
            times = [end for end, _, _ in self.ends[:1]]
            wakes_at = self.lanes.wakes_at(self.now)
            times += [] if wakes_at is None else [wakes_at]
            assert times, "nothing is under way and nothing will ever be"
            self.now = max(min(times), self.now)
            while self.ends and self.ends[0][0] <= self.now:
                _, _, entry = heapq.heappop(self.ends)
                self.lanes.went_well(entry)
                self.lanes.done(entry)
                self.finished[entry.seq] = self.now

    def _try(self, entry: Entry) -> None:
        limiter = self.limits.get(type(entry.action))
        wait = limiter.allows(self.now) if limiter else 0.0
        if wait and self.told:
            self.lanes.slow_down(entry, wait, self.now)
            self.lanes.put_back(entry, self.now + wait * self.rng.uniform(1.0, 1.1))
        elif wait:
            self.lanes.slow_down(entry, None, self.now)
            again = 0.25 * 2.0 ** (entry.attempts + 1)
            self.lanes.put_back(entry.tried_again(), self.now + again * self.rng.uniform(0.8, 1.1))
        else:
            heapq.heappush(self.ends, (self.now + self.rng.uniform(0.15, 0.25), entry.seq, entry))


@pytest.mark.parametrize("seed", range(20))
def test_a30_fifty_rooms_against_a_limit_take_at_most_a_tenth_more_tries(seed: int) -> None:
    lanes = lanes_of(*(CreateRoom(NetworkId(f"n.{n}")) for n in range(50)))
    limiter = Limiter(burst=10, seconds_each=60.0)
    simulation = Simulation(lanes, {CreateRoom: limiter}, random.Random(seed))
    simulation.run()
    assert len(simulation.finished) == 50
    assert limiter.calls <= 55
    ideal = 40 * 60.0
    assert simulation.now <= 1.2 * ideal, "and it does not dawdle"


def test_a30_what_is_said_meanwhile_waits_for_nothing() -> None:
    lanes = lanes_of(*(CreateRoom(NetworkId(f"n.{n}")) for n in range(50)), say(ROOM))
    simulation = Simulation(lanes, {CreateRoom: Limiter(10, 60.0)}, random.Random(1))
    simulation.run()
    assert simulation.finished[51] < 2.0


@pytest.mark.parametrize("seconds_each", [0.1, 1.25])
@pytest.mark.parametrize("seed", range(10))
def test_a31_without_a_hint_the_pace_is_found_that_the_homeserver_lets_through(
    seed: int, seconds_each: float
) -> None:
    lanes = lanes_of(*(CreateRoom(NetworkId(f"n.{n}")) for n in range(400)))
    limiter = Limiter(burst=10, seconds_each=seconds_each)
    simulation = Simulation(lanes, {CreateRoom: limiter}, random.Random(seed), told=False)
    simulation.run()
    assert len(simulation.finished) == 400
    assert limiter.calls <= 440
    assert simulation.now <= 2 * 390 * seconds_each


def test_a_pace_eases_once_the_limit_is_gone() -> None:
    lanes = lanes_of(*(CreateRoom(NetworkId(f"n.{n}")) for n in range(200)))
    for entry in lanes.take(0, 8):
        lanes.slow_down(entry, 10.0, 0)
        lanes.put_back(entry, 10.0)
    simulation = Simulation(lanes, {}, random.Random(1))
    simulation.run()
    assert simulation.now < 0.5 * 200 * 10.0


# -- what the homeserver says about waiting ---------------------------------------------------------


HINTS: list[tuple[dict[str, str], dict[str, Any], float | None]] = [
    ({}, {}, None),
    ({}, {"retry_after_ms": -1}, None),
    ({}, {"retry_after_ms": 0}, None),
    ({}, {"retry_after_ms": 10**12}, 600.0),
    ({}, {"retry_after_ms": "abc"}, None),
    ({}, {"retry_after_ms": 1.5}, 0.0015),
    ({}, {"retry_after_ms": [1]}, None),
    ({}, {"retry_after_ms": float("nan")}, None),
    ({}, {"retry_after_ms": 10**400}, None),
    ({}, {"retry_after_ms": True}, None),
    ({"Retry-After": "7"}, {"retry_after_ms": 2000}, 7.0),
    ({"Retry-After": "7"}, {"retry_after_ms": 6040}, 6.04),
    ({"Retry-After": "1"}, {"retry_after_ms": 80}, 0.08),
    ({"Retry-After": "1"}, {"retry_after_ms": 0}, 1.0),
    ({"Retry-After": "-1"}, {"retry_after_ms": 2000}, 2.0),
    ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"retry_after_ms": 2000}, 2.0),
    ({"Retry-After": "1e99"}, {}, 600.0),
    ({"Retry-After": "inf"}, {}, None),
]


@pytest.mark.parametrize(("headers", "body", "wait"), HINTS, ids=range(len(HINTS)))
def test_a31_whatever_hint_comes_the_wait_is_sane_or_left_to_us(
    headers: dict[str, str], body: dict[str, Any], wait: float | None
) -> None:
    assert _limited(headers, body).wait == wait
