"""Numbers for whoever watches the process: counters and gauges without labels, so without names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NAME = re.compile(r"hedgerow_[a-z][a-z0-9_]*")


class Numbers:
    """Counters that only grow (their names end in `_total`) and gauges, read when they are asked for.

    Names begin with `hedgerow_`, in lower case; a `ValueError` says so otherwise.
    """

    def __init__(self, gauges: Callable[[], Mapping[str, float]] = dict) -> None:
        self._counters: dict[str, float] = {}
        self._gauges = gauges

    def count(self, name: str, by: float = 1) -> None:
        """Add `by` to the counter `name`, which begins at 0."""
        if not name.endswith("_total") or by < 0:
            raise ValueError(f"{name} is not a counter: the name ends in _total and it never falls.")
        self._counters[_checked(name)] = self._counters.get(name, 0) + by

    def render(self) -> str:
        """All numbers in Prometheus' text exposition format 0.0.4, by name."""
        counters = [_lines(name, value, "counter") for name, value in self._counters.items()]
        gauges = [_lines(_checked(name), value, "gauge") for name, value in self._gauges().items()]
        return "".join(sorted(counters + gauges))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"“{name}” cannot name a number. One looks like hedgerow_events_total.")
    return name


def _lines(name: str, value: float, kind: str) -> str:
    return f"# TYPE {name} {kind}\n{name} {value:.15g}\n"
