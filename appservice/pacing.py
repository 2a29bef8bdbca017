"""How fast one kind of call goes where the homeserver limits it, so that few calls are wasted."""

from __future__ import annotations

from dataclasses import dataclass, field

_CALM_AFTER = 20
_SLOWER = 1.2
_UNTOLD_SECONDS = 0.25
_SLOWER_UNTOLD = 2.0


@dataclass(slots=True)
class Pace:
    """How fast one kind of call may go. `interval` is seconds between two; 0 is as fast as it goes.

    After some calls that went well it tries half the interval, and takes that back at the first 429. Where
    the homeserver does not say how long to wait, the interval is searched for: short at first, then doubled.
    """

    interval: float = 0.0
    next_at: float = 0.0
    limited: set[str] = field(default_factory=set)
    calm: int = 0
    eased_from: float = 0.0
    started: bool = False

    def slow_down(self, lane: str, wait: float | None, now: float) -> None:
        self.limited.add(lane)
        self.calm = 0
        if self.interval or len(self.limited) > 1:
            slower = 1.0
            if self.started and not self.eased_from:  # those sent before the last 429 tell nothing new
                slower = _SLOWER if wait is not None else _SLOWER_UNTOLD
            least = wait if wait is not None else _UNTOLD_SECONDS
            self.interval = max(self.interval * slower, self.eased_from, least)
            self.eased_from = 0.0
            self.next_at = max(self.next_at, now + (self.interval if wait is None else wait))
            self.started = False

    def went_well(self, lane: str) -> None:
        self.limited.discard(lane)
        self.calm += 1
        if self.interval and self.calm >= _CALM_AFTER:
            self.calm = 0
            self.eased_from = self.interval
            self.interval = self.interval / 2 if self.interval > 0.1 else 0.0

    def start(self, now: float) -> None:
        self.next_at = now + self.interval
        self.started = True
