"""Lanes with actions in them, and what is taken out of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from appservice.lanes import Entry, Lanes
from spaces.actions import Action, Say, SetState, StateEvent
from spaces.identifiers import NetworkId, RoomId, UserId

ARTS = NetworkId("n.arts")
HEALTH = NetworkId("n.health")
ROOM = RoomId("!room")
OTHER = RoomId("!other")
ALICE = UserId("@alice:hs.test")


def lanes_of(
    *actions: Action,
    made: tuple[NetworkId, ...] = (),
    ready: tuple[NetworkId, ...] = (),
    undertakings: Sequence[int | None] = (),
) -> Lanes:
    """`undertakings`: of the first actions, which they belong to."""
    lanes = Lanes()
    for place in made:
        lanes.made(place)
    for place in ready:
        lanes.ready(place)
    for seq, (action, undertaking) in enumerate(zip_longest(actions, undertakings), 1):
        lanes.add(Entry(seq, action, undertaking))
    return lanes


def taken(lanes: Lanes, now: float = 0.0, room_for: int = 100, *, sparing: bool = False) -> list[int]:
    """The seqs of what is taken; it stays under way."""
    return [entry.seq for entry in lanes.take(now, room_for, sparing=sparing)]


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
