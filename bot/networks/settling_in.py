"""How a network treats who comes and who has no way left: the words of its options."""

from __future__ import annotations

import re
from enum import StrEnum

from spaces.errors import Malformed
from spaces.reach import MOST_GRACE_DAYS

_DAYS = re.compile(r"(\d{1,4})\s*d?", re.IGNORECASE)


class Switch(StrEnum):
    ON = "on"
    OFF = "off"


def days_in(typed: str | None) -> int | None:
    """A number of days, typed as `7d` or `7`. Raises `Malformed`."""
    if typed is None:
        return None
    found = _DAYS.fullmatch(typed.strip())
    if found is None or int(found[1]) > MOST_GRACE_DAYS:
        raise Malformed(
            "“{typed}” is no number of days from 0 to {most}. Say it like `7d`.",
            typed=typed.strip()[:40],
            most=MOST_GRACE_DAYS,
        )
    return int(found[1])
