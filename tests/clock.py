"""A clock that stands still until somebody sets it."""

from __future__ import annotations


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds
