"""Which waiting action is delivered when: in order within a room, side by side across rooms, paced."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appservice.homeserver import _limited
from appservice.lanes import Entry, Lanes
from spaces.actions import Action, CreateRoom, Invite, ReadBack, Redact, Say, SetState, StateEvent
from spaces.identifiers import EventId, NetworkId, RoomId, UserId

ARTS = NetworkId("n.arts")
HEALTH = NetworkId("n.health")
ROOM = RoomId("!room")
OTHER = RoomId("!other")
ALICE = UserId("@alice:hs.test")


def lanes_of(*actions: Action, made: tuple[NetworkId, ...] = (), ready: tuple[NetworkId, ...] = ()) -> Lanes:
    lanes = Lanes()
    for place in made:
        lanes.made(place)
    for place in ready:
        lanes.ready(place)
    for seq, action in enumerate(actions, 1):
        lanes.add(Entry(seq, action))
    return lanes


def taken(lanes: Lanes, now: float = 0.0, room_for: int = 100) -> list[int]:
    """The seqs of what is taken; it stays under way."""
    return [entry.seq for entry in lanes.take(now, room_for)]


def done(lanes: Lanes, now: float = 0.0) -> list[int]:
    """The seqs of what is taken, and done."""
    entries = lanes.take(now, 100)
    for entry in entries:
        lanes.done(entry)
    return [entry.seq for entry in entries]


def say(room: RoomId | NetworkId, said: str = "x") -> Say:
    return Say(room, said, {})


def name_of(place: NetworkId | RoomId, name: str = "x") -> SetState:
    return SetState(place, StateEvent("m.room.name", {"name": name}))


def closing(place: NetworkId) -> SetState:
    return SetState(place, StateEvent("m.room.join_rules", {"join_rule": "invite"}), closing=True)


def child(parent: NetworkId, place: NetworkId) -> SetState:
    return SetState(parent, StateEvent("m.space.child", {"via": ["hs.test"]}, place))


# -- order ------------------------------------------------------------------------------------------


def test_a_rooms_actions_are_taken_one_at_a_time_in_order() -> None:
    lanes = lanes_of(say(ROOM, "1"), say(ROOM, "2"), say(ROOM, "3"))
    [first] = lanes.take(0, 100)
    assert first.seq == 1
    assert taken(lanes) == []
    lanes.done(first)
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert len(lanes) == 0


def test_rooms_go_side_by_side_up_to_the_room_there_is() -> None:
    lanes = lanes_of(*(say(RoomId(f"!{n}")) for n in range(5)))
    assert taken(lanes, room_for=3) == [1, 2, 3]
    assert lanes.under_way == 3
    assert taken(lanes, room_for=0) == []
    assert taken(lanes, room_for=5) == [4, 5]


def test_what_is_said_goes_before_older_things_of_other_rooms() -> None:
    lanes = lanes_of(
        name_of(ROOM), Invite(OTHER, ALICE), say(RoomId("!chat")), Redact(RoomId("!z"), EventId("$"))
    )
    assert taken(lanes, room_for=2) == [3, 4]
    assert taken(lanes) == [1, 2]


def test_an_action_known_already_is_not_taken_twice() -> None:
    lanes = lanes_of(say(ROOM))
    lanes.add(Entry(1, say(ROOM)))
    assert done(lanes) == [1]
    assert done(lanes) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_whatever_comes_back_each_room_keeps_its_order_and_all_of_it_is_done(
    plan: list[tuple[int, bool]], rng: random.Random
) -> None:
    lanes = lanes_of(*(say(RoomId(f"!{room}"), str(n)) for n, (room, _) in enumerate(plan)))
    fails_once = {n for n, (_, fails) in enumerate(plan, 1) if fails}
    order: dict[str, list[int]] = {}
    now = 0.0
    while len(lanes):
        batch = lanes.take(now, rng.randint(1, 4))
        assert len({entry.lane for entry in batch}) == len(batch)
        for entry in batch:
            if entry.seq in fails_once:
                fails_once.remove(entry.seq)
                lanes.put_back(entry, now + rng.randint(1, 9))
            else:
                order.setdefault(entry.lane, []).append(entry.seq)
                lanes.done(entry)
        now += 1
    assert sum(map(len, order.values())) == len(plan)
    assert all(seqs == sorted(seqs) for seqs in order.values())


# -- what waits for a room --------------------------------------------------------------------------


def test_a_room_is_made_then_closed_and_read_back_and_only_then_linked_and_spoken_in() -> None:
    lanes = lanes_of(
        CreateRoom(HEALTH), ReadBack(HEALTH), closing(HEALTH), name_of(HEALTH), Invite(HEALTH, ALICE),
        ready=(ARTS,),
    )  # fmt: skip
    lanes.add(Entry(6, child(ARTS, HEALTH)))
    assert done(lanes) == [1]
    assert done(lanes) == []
    lanes.made(HEALTH)
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert done(lanes) == []
    lanes.ready(HEALTH)
    assert done(lanes) == [4, 6]
    assert done(lanes) == [5]


def test_a_link_waits_for_both_of_its_rooms() -> None:
    lanes = lanes_of(child(ARTS, HEALTH))
    lanes.ready(HEALTH)
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_a_room_that_names_its_parent_is_made_only_when_the_parent_is_closed() -> None:
    lanes = lanes_of(CreateRoom(HEALTH, (StateEvent("m.space.parent", {"via": ["hs.test"]}, ARTS),)))
    lanes.made(ARTS)
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_what_waits_for_one_room_holds_up_no_other() -> None:
    lanes = lanes_of(name_of(ARTS), say(ROOM))
    assert done(lanes) == [2]


def test_what_comes_for_a_room_found_open_waits_until_it_is_closed_again() -> None:
    lanes = lanes_of(ready=(ARTS,))
    lanes.unready(ARTS)
    for seq, action in enumerate((Invite(ARTS, ALICE), closing(ARTS), ReadBack(ARTS, 1)), 1):
        lanes.add(Entry(seq, action))
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_a53_what_waited_before_the_room_was_found_open_waits_until_it_is_closed_again() -> None:
    lanes = lanes_of(ReadBack(ARTS), Invite(ARTS, ALICE), child(HEALTH, ARTS), ready=(ARTS, HEALTH))
    [reading] = lanes.take(0, 1)
    lanes.add(Entry(4, closing(ARTS)))
    lanes.add(Entry(5, ReadBack(ARTS, 1)))
    lanes.done(reading)
    lanes.unready(ARTS)
    assert done(lanes) == [4]
    assert done(lanes) == [5]
    lanes.ready(ARTS)
    assert done(lanes) == [2, 3]
    assert len(lanes) == 0


def test_dropped_actions_are_never_taken_whether_they_wait_or_not() -> None:
    lanes = lanes_of(say(ROOM, "1"), name_of(ARTS), say(ROOM, "3"))
    lanes.drop({1, 2})
    lanes.ready(ARTS)
    assert len(lanes) == 1
    assert done(lanes) == [3]
    assert done(lanes) == []


# -- waiting ----------------------------------------------------------------------------------------


def test_what_is_put_back_holds_up_its_own_room_alone_and_goes_first_afterwards() -> None:
    lanes = lanes_of(say(ROOM, "1"), say(ROOM, "2"), say(OTHER, "3"))
    one, three = lanes.take(0, 100)
    lanes.put_back(one.tried_again(), 10.0)
    lanes.done(three)
    lanes.add(Entry(4, say(OTHER, "4")))
    assert done(lanes, 9.9) == [4]
    assert lanes.wakes_at(9.9) == 10.0
    [again] = lanes.take(10.0, 100)
    assert (again.seq, again.attempts) == (1, 1)
    lanes.done(again)
    assert done(lanes, 10.0) == [2]
    assert lanes.wakes_at(10.0) is None


def test_after_an_outage_what_waited_for_an_answer_goes_at_once_and_nothing_else() -> None:
    lanes = lanes_of(say(ROOM), say(OTHER))
    silent, limited = lanes.take(0, 100)
    lanes.put_back(silent, 500.0, until_it_answers=True)
    lanes.put_back(limited, 60.0)
    lanes.release()
    assert done(lanes, 1.0) == [1]
    assert done(lanes, 59.0) == []
    assert done(lanes, 60.0) == [2]


def test_a_room_that_is_told_to_wait_after_an_outage_waits() -> None:
    lanes = lanes_of(say(ROOM))
    [entry] = lanes.take(0, 100)
    lanes.put_back(entry, 5.0, until_it_answers=True)
    [entry] = lanes.take(5.0, 100)
    lanes.put_back(entry, 60.0)
    lanes.release()
    assert done(lanes, 6.0) == []
    assert done(lanes, 60.0) == [1]


# -- pacing -----------------------------------------------------------------------------------------


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
    """A homeserver that takes a fifth of a second for each call, says 429 at once, and lanes beside it."""

    lanes: Lanes
    limits: Mapping[type[Action], Limiter]
    rng: random.Random
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
        if wait:
            self.lanes.slow_down(entry, wait, self.now)
            self.lanes.put_back(entry, self.now + wait * self.rng.uniform(1.0, 1.1))
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
