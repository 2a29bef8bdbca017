"""What the time of an answer goes into: milestones on the way of one question after the other."""

from __future__ import annotations

import functools
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from appservice.handling import Handling
from appservice.homeserver import Homeserver
from appservice.inbox import Inbox
from appservice.mailbox import Mailbox
from appservice.outbox import Outbox
from appservice.settling import Settler
from appservice.work import UnitOfWork
from bot.conversation import Conversation

_KEPT = "the transaction is kept (a commit)"
_ANSWERED = "the homeserver has taken it"
_AFTER = "what came of it is written down (a commit)"
_BEGINS: dict[tuple[type[Any], str], str] = {
    (Handling, "_handle"): "the event is read",
    (Conversation, "hear"): "the unit of work has begun, and the room is looked up",
    (Outbox, "_performed"): "a task is started for it",
    (Homeserver, "send"): "it is looked up whether it still waits, and is still private",
}
_ENDS: dict[tuple[type[Any], str], str] = {
    (Mailbox, "accept"): _KEPT,
    (Inbox, "_split"): "the unit of work is committed, with the transaction's end",
    (Conversation, "hear"): "the question is understood and answered",
    (UnitOfWork, "flush"): "the answer is in the outbox",
    (Handling, "_together"): "the unit of work is committed (of several events)",
    (Outbox, "_load"): "the outbox is read",
    (Homeserver, "send"): _ANSWERED,
    (Settler, "settle"): _AFTER,
}


class Steps:
    """Times the way of each question from now on, in this process; `tell` prints the medians."""

    def __init__(self) -> None:
        self._last, self._reached = 0.0, ""
        self._took: dict[str, list[float]] = defaultdict(list)
        for (owner, name), label in _BEGINS.items():
            setattr(owner, name, self._timed(getattr(owner, name), begin=label))
        for (owner, name), label in _ENDS.items():
            setattr(owner, name, self._timed(getattr(owner, name), end=label))

    def _timed(
        self, function: Callable[..., Any], begin: str | None = None, end: str | None = None
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        async def timed(*args: Any, **named: Any) -> Any:
            if end == _KEPT:
                self._last = time.perf_counter()
            self._reach(begin)
            came = await function(*args, **named)
            self._reach(end if came is not False else None)  # `_split` found nothing to split
            return came

        return timed

    def _reach(self, milestone: str | None) -> None:
        answered = self._reached in (_ANSWERED, _AFTER)
        if not milestone or not self._last or (answered and milestone not in (_AFTER, _KEPT)):
            return
        now = time.perf_counter()
        self._took[milestone].append((now - self._last) * 1000)
        self._last, self._reached = now, milestone

    def tell(self) -> None:
        total = 0.0
        for milestone, times in self._took.items():
            total += statistics.median(times) if milestone != _AFTER else 0.0
            print(f"  {statistics.median(times):6.2f} ms  {milestone}")
        print(f"  {total:6.2f} ms  together, but for the last")
