"""What a service tells in `/metrics`, by name and kind."""

from __future__ import annotations

import re
from collections.abc import Mapping

from appservice.metrics import READ, Meters

_TYPE = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)


def kinds_told(numbers: str) -> Mapping[str, str]:
    """Name → counter, gauge or histogram, of what `/metrics` answered."""
    return dict(_TYPE.findall(numbers))


def everything_told() -> str:
    """All that a service tells that has just begun."""
    meters = Meters(lambda: 0.0)
    meters.reads(lambda: dict.fromkeys(READ, 0.0))
    return meters.render()
