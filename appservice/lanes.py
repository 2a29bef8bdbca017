"""Which waiting action may be delivered now: in order within a room, side by side across rooms.

    waiting for a place ──(place is closed and read back)──▶ runnable ──▶ under way ──▶ gone
                                                               ▲              │
                                                               └──(parked)────┘

One action of a room is under way at a time. What is said goes first; then each undertaking has its turn, so
that nobody waits until all of a large one is done (`turns`). Of what was asked for together the rooms are
made before anything else is done, since a homeserver needs less time for that than for both in turns. What a
room waits for holds up that room alone; when two rooms are told by the homeserver to slow down in the same
kind of call, calls of that kind are paced (`Pace`), so that few are wasted. Coming into rooms and leaving
them, for which other homeservers are asked, never takes all of what may go side by side.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from appservice.pacing import Pace
from appservice.turns import Turns, Waiting
from spaces.actions import (
    Action,
    Adopt,
    CreateRoom,
    Invite,
    Join,
    Leave,
    ReadBack,
    Redact,
    Renew,
    Say,
    SetState,
)
from spaces.identifiers import PlaceId

_MOST_COMING_AND_GOING = 4
_MUCH = 20  # actions of one undertaking that wait
_ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class Entry:
    """One waiting action. `seq` is its place in the order; `attempts` how often it was tried."""

    seq: int
    action: Action
    undertaking: int | None = None
    attempts: int = 0

    def tried_again(self) -> Entry:
        return replace(self, attempts=self.attempts + 1)

    @property
    def lane(self) -> str:
        return self.action.room

    @property
    def is_talk(self) -> bool:
        return isinstance(self.action, (Say, Redact))

    @property
    def comes_or_goes(self) -> bool:
        """Whether somebody comes or goes, for which a stranger's homeserver may let us wait."""
        if isinstance(self.action, Invite):
            return self.action.reported
        return isinstance(self.action, (Join, Leave, Adopt))


class _Kind(NamedTuple):
    """Of what may go or be barred together: its kind of rate limit, and what else says so."""

    limited: str
    talks: bool
    comes_or_goes: bool


def kind_of(action: Action) -> str:
    """The kind of rate limit that a homeserver counts the action under (Synapse's `rc_…`)."""
    match action:
        case CreateRoom() | Renew():
            return "create"
        case Invite():
            return "invite"
        case Join() | Adopt():
            return "join"
        case SetState() | Say() | Redact():
            return "event"
        case ReadBack():
            return "read"
        case _:
            return "other"


def _kind(entry: Entry) -> _Kind:
    return _Kind(kind_of(entry.action), entry.is_talk, entry.comes_or_goes)


def _whose(entry: Entry) -> Hashable:
    """Whose turn it is: its undertaking's; what belongs to none goes in turn with all of its kind."""
    if entry.undertaking is not None:
        return entry.undertaking
    is_routine = isinstance(entry.action, ReadBack) and entry.action.routine
    return _ROUTINE if is_routine else _kind(entry)


def _order(entry: Entry) -> tuple[bool, int]:
    """What comes first of what was asked for together."""
    is_behind_rooms = entry.undertaking is not None and not isinstance(entry.action, CreateRoom)
    return is_behind_rooms, entry.seq


class Lanes:
    """The waiting actions of all rooms. Knows no clock: `now` is given, in seconds."""

    def __init__(self) -> None:
        self._runnable: dict[str, list[tuple[int, Entry]]] = defaultdict(list)
        self._blocked: dict[PlaceId | int, list[Entry]] = defaultdict(list)
        self._lacking: dict[int, set[PlaceId | int]] = {}
        self._asked: dict[str, set[int]] = defaultdict(set)
        self._parked: dict[str, float] = {}
        self._silent: set[str] = set()
        self._under_way: dict[str, Entry] = {}
        self._paces: dict[str, Pace] = defaultdict(Pace)
        self._known: dict[int, Entry] = {}
        self._asked_for: Counter[Hashable] = Counter()
        self._turns = Turns[_Kind](self._asks_much)
        self._resting: list[tuple[float, str]] = []
        self._postponed: list[tuple[float, int, Entry]] = []
        self._made: set[PlaceId] = set()
        self._ready: set[PlaceId] = set()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def add(self, entry: Entry) -> None:
        """Take a waiting action. One that is known already is left as it is."""
        if entry.seq in self._known:
            return
        self._known[entry.seq] = entry
        self._asked[entry.action.key].add(entry.seq)
        self._asked_for[_whose(entry)] += 1
        self._let_run(entry)

    def _let_run(self, entry: Entry) -> None:
        """It can be taken from now on, or once there is what it lacks."""
        lacking: set[PlaceId | int] = {place for place in entry.action.needs if place not in self._ready}
        lacking |= {seq for key in entry.action.behind for seq in self._asked.get(key, ()) if seq < entry.seq}
        if self._waits_for_room(entry.action):
            lacking.add(PlaceId(entry.action.room))
        if lacking:
            self._lacking[entry.seq] = lacking
            for what in lacking:
                self._blocked[what].append(entry)
        else:
            self._line_up(entry)

    def _line_up(self, entry: Entry) -> None:
        heapq.heappush(self._runnable[entry.lane], (entry.seq, entry))
        self._let_in(entry.lane)

    def _let_in(self, lane: str) -> None:
        """What is at the front of the lane has its turn some time."""
        if heap := self._runnable.get(lane):
            entry = heap[0][1]
            self._turns.add(_kind(entry), _whose(entry), _order(entry), lane)

    def _asks_much(self, whose: Hashable) -> bool:
        return not isinstance(whose, _Kind) and self._asked_for[whose] > _MUCH

    def _waits_for_room(self, action: Action) -> bool:
        unmade = isinstance(action.room, PlaceId) and action.room not in self._made
        return unmade and not isinstance(action, CreateRoom)

    def made(self, place: PlaceId) -> None:
        """The place has a room now; what closes it can go ahead."""
        self._made.add(place)
        for entry in self._blocked.get(place, ()):
            if place not in entry.action.needs:
                self._free(entry, place)

    def ready(self, place: PlaceId) -> None:
        """The place's room is closed and read back."""
        self._made.add(place)
        self._ready.add(place)
        for entry in self._blocked.pop(place, ()):
            self._free(entry, place)

    def unready(self, place: PlaceId) -> None:
        """The place's room was found not closed as it should be; what needs it closed waits again."""
        self._ready.discard(place)
        for lane, heap in list(self._runnable.items()):
            waiting = [entry for _, entry in heap if place in entry.action.needs]
            for entry in waiting:
                self._lacking[entry.seq] = {place}
                self._blocked[place].append(entry)
            if waiting:
                self._leave_in(lane, [pair for pair in heap if pair[0] not in self._lacking])

    def _leave_in(self, lane: str, heap: list[tuple[int, Entry]]) -> None:
        """From now on this and nothing else can be taken out of the lane."""
        self._runnable.pop(lane, None)
        if heap:
            heapq.heapify(heap)
            self._runnable[lane] = heap
            self._let_in(lane)

    def _free(self, entry: Entry, what: PlaceId | int) -> None:
        lacking = self._lacking.get(entry.seq)
        if lacking is None:
            return
        lacking.discard(what)
        if not lacking:
            del self._lacking[entry.seq]
            self._let_run(entry)  # what it had may be gone meanwhile

    def _is_over(self, seq: int) -> None:
        """It is done or will never be: what waited for it waits no longer."""
        over = self._known.pop(seq, None)
        if over is not None:
            self._forget(over)
        for entry in self._blocked.pop(seq, ()):
            self._free(entry, seq)

    def _forget(self, entry: Entry) -> None:
        asked = self._asked[entry.action.key]
        asked.discard(entry.seq)
        if not asked:
            del self._asked[entry.action.key]
        self._asked_for[whose := _whose(entry)] -= 1
        if not self._asked_for[whose]:
            del self._asked_for[whose]

    def take(self, now: float, room_for: int, *, sparing: bool = False) -> list[Entry]:
        """At most `room_for` actions to deliver now; `sparing`, none of large undertakings or routine."""
        self._resume(now)
        chosen: list[Entry] = []
        while len(chosen) < room_for:
            entry = self._next(now, talks=True, much=True) or self._next(now, talks=False, much=not sparing)
            if entry is None:
                break
            chosen.append(entry)
        return chosen

    def _next(self, now: float, *, talks: bool, much: bool) -> Entry | None:
        kinds = [kind for kind in self._turns.kinds if kind.talks is talks and self._may_go(kind, now)]
        due = self._turns.take(kinds, lambda waiting: self._stands(waiting, now), much=much)
        if due is None:
            return None
        _, entry = heapq.heappop(self._runnable[due.lane])
        if not self._runnable[due.lane]:
            del self._runnable[due.lane]
        self._paces[kind_of(entry.action)].start(now)
        self._under_way[due.lane] = entry
        return entry

    def _may_go(self, kind: _Kind, now: float) -> bool:
        if kind.comes_or_goes:
            under_way = sum(entry.comes_or_goes for entry in self._under_way.values())
            if under_way >= _MOST_COMING_AND_GOING:
                return False
        return self._paces[kind.limited].next_at <= now

    def _stands(self, waiting: Waiting, now: float) -> bool:
        """Whether it is at the front of its lane still and can be taken out; else it is let in again then."""
        lane = waiting.lane
        front = next((seq for seq, _ in self._runnable.get(lane, ())), None)
        is_free = lane not in self._under_way and self._parked.get(lane, 0.0) <= now
        return is_free and front == waiting.order[1]

    def _resume(self, now: float) -> None:
        while self._postponed and self._postponed[0][0] <= now:
            _, _, entry = heapq.heappop(self._postponed)
            if entry.seq in self._known:
                self._let_run(entry)
        while self._resting and self._resting[0][0] <= now:
            self._let_in(heapq.heappop(self._resting)[1])

    def wakes_at(self, now: float) -> float | None:
        """When something may be delivered that may not now, or None."""
        times = [at for lane, at in self._parked.items() if at > now and self._runnable.get(lane)]
        times += [pace.next_at for pace in self._paces.values() if pace.next_at > now]
        times += [at for at, _, _ in self._postponed[:1]]
        return min(times, default=None)

    def done(self, entry: Entry) -> None:
        """The action is delivered or given up."""
        self._under_way.pop(entry.lane, None)
        self._parked.pop(entry.lane, None)
        self._silent.discard(entry.lane)
        self._is_over(entry.seq)
        self._let_in(entry.lane)

    def drop(self, seqs: Set[int]) -> None:
        """Forget these: they will never be done."""
        for seq in seqs:
            self._lacking.pop(seq, None)
        for lane in {self._known[seq].lane for seq in seqs if seq in self._known}:
            self._leave_in(lane, [pair for pair in self._runnable.get(lane, ()) if pair[0] not in seqs])
        for seq in seqs:
            self._is_over(seq)

    def release(self) -> None:
        """The homeserver answers: rooms that waited for that wait no longer."""
        for lane in self._silent:
            self._parked.pop(lane, None)
            self._let_in(lane)
        self._silent.clear()

    def went_well(self, entry: Entry) -> None:
        self._paces[kind_of(entry.action)].went_well(entry.lane)

    def slow_down(self, entry: Entry, wait: float | None, now: float) -> None:
        """The homeserver said 429 to this one, and how many seconds to wait, or did not say."""
        self._paces[kind_of(entry.action)].slow_down(entry.lane, wait, now)

    def held_up_alone(self, entry: Entry) -> bool:
        """Whether the call before it in its room was let through; notes that this one was not."""
        limited = self._paces[kind_of(entry.action)].limited
        is_first = entry.lane not in limited
        limited.add(entry.lane)
        return is_first

    def postpone(self, entry: Entry, until: float) -> None:
        """Try `entry` again, not before `until`, and let what is behind it in its room go first."""
        self._under_way.pop(entry.lane, None)
        heapq.heappush(self._postponed, (until, entry.seq, entry))
        self._let_in(entry.lane)

    def put_back(self, entry: Entry, until: float, *, until_it_answers: bool = False) -> None:
        """Try `entry` again, not before `until`; its room waits with it.

        With `until_it_answers` it may be sooner: as soon as the homeserver answers (`release`).
        """
        self._under_way.pop(entry.lane, None)
        self._parked[entry.lane] = until
        (self._silent.add if until_it_answers else self._silent.discard)(entry.lane)
        heapq.heappush(self._resting, (until, entry.lane))
        self._line_up(entry)
