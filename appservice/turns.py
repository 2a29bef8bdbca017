"""Whose turn it is: each in turn, however much one asks for.

Start-time fair queuing (Goyal, Vin and Cheng, 1996) with one step for each thing: who begins to ask begins
at the step at which the others are. So one thing does not wait until thousands of another's are done, and
thousands do not wait until nothing else comes any more. Who asks for much can be held back as a whole. What
is due is found without going through all that waits.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

Order = tuple[bool, int]
Kind = TypeVar("Kind", bound=Hashable)


class Waiting(NamedTuple):
    """One thing: what comes first of what is asked by one, and the lane in which it stands at the front."""

    order: Order
    lane: str


@dataclass(slots=True)
class _Asking(Generic[Kind]):
    """Somebody whose things wait. `first` is the number of the first, `step` how far they are."""

    first: int
    step: int
    waiting: defaultdict[Kind, list[Waiting]] = field(default_factory=lambda: defaultdict(list))


class _Turn(NamedTuple):
    step: int
    first: int
    whose: Hashable


class Turns(Generic[Kind]):
    """Things of several kinds, of which some may be barred for a while. `asks_much` says who does now."""

    def __init__(self, asks_much: Callable[[Hashable], bool]) -> None:
        self._asks_much = asks_much
        self._step = 0
        self._asking: dict[Hashable, _Asking[Kind]] = {}
        self._queues: defaultdict[tuple[Kind, bool], list[_Turn]] = defaultdict(list)

    @property
    def kinds(self) -> set[Kind]:
        """Those of which anything waits."""
        return {kind for (kind, _), queue in self._queues.items() if queue}

    def add(self, kind: Kind, whose: Hashable, order: Order, lane: str) -> None:
        """Something waits. It may do so twice; once it does not stand any more, it is passed over."""
        asking = self._asking.get(whose)
        if asking is None:
            asking = self._asking[whose] = _Asking(order[1], self._step)
        if not asking.waiting[kind]:
            self._queue(kind, _Turn(asking.step, asking.first, whose))
        heapq.heappush(asking.waiting[kind], Waiting(order, lane))

    def _queue(self, kind: Kind, turn: _Turn) -> None:
        heapq.heappush(self._queues[kind, self._asks_much(turn.whose)], turn)

    def take(self, kinds: Iterable[Kind], stands: Callable[[Waiting], bool], *, much: bool) -> Waiting | None:
        """What is due of these kinds, and of what one asks for the lowest order.

        Without `much`, of those alone who ask for little.
        """
        due = [front for kind in kinds for front in self._fronts(kind, stands, much=much)]
        if not due:
            return None
        turn, waiting, queue = min(due, key=lambda front: (front[0][:2], front[1]))
        self._step = turn.step
        self._asking[turn.whose].step = turn.step + 1
        heapq.heappop(self._asking[turn.whose].waiting[queue[0]])
        self._move_on(queue)
        return waiting

    def _fronts(
        self, kind: Kind, stands: Callable[[Waiting], bool], *, much: bool
    ) -> Iterator[tuple[_Turn, Waiting, tuple[Kind, bool]]]:
        """Whose turn it is, with what, and where: of those who ask for little, and of the others."""
        queues = [(kind, False), (kind, True)]
        for queue in queues:
            while self._queues[queue] and not self._is_right(queue, stands):
                self._move_on(queue)
        for queue in queues if much else queues[:1]:
            if self._queues[queue]:
                turn = self._queues[queue][0]
                yield turn, self._asking[turn.whose].waiting[kind][0], queue

    def _is_right(self, queue: tuple[Kind, bool], stands: Callable[[Waiting], bool]) -> bool:
        """Whether what is at its front has its turn there. What does not stand any more is taken away."""
        turn = self._queues[queue][0]
        asking = self._asking[turn.whose]
        waiting = asking.waiting[queue[0]]
        while waiting and not stands(waiting[0]):
            heapq.heappop(waiting)
        return bool(waiting) and turn.step == asking.step and self._asks_much(turn.whose) == queue[1]

    def _move_on(self, queue: tuple[Kind, bool]) -> None:
        """Who is at its front comes again later, and where they belong, if anything of theirs waits."""
        kind, turn = queue[0], heapq.heappop(self._queues[queue])
        asking = self._asking[turn.whose]
        if asking.waiting[kind]:
            self._queue(kind, turn._replace(step=asking.step))
            return
        del asking.waiting[kind]
        if not asking.waiting:
            del self._asking[turn.whose]
