"""A day in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from spaces.sentences import Sentence, sentence

_MONTHS = (
    sentence("{day} January {year}"),
    sentence("{day} February {year}"),
    sentence("{day} March {year}"),
    sentence("{day} April {year}"),
    sentence("{day} May {year}"),
    sentence("{day} June {year}"),
    sentence("{day} July {year}"),
    sentence("{day} August {year}"),
    sentence("{day} September {year}"),
    sentence("{day} October {year}"),
    sentence("{day} November {year}"),
    sentence("{day} December {year}"),
)


def last_day(ends_at: float) -> Sentence:
    """The day that is over at `ends_at` (seconds since 1970)."""
    day = datetime.fromtimestamp(ends_at - 1, UTC)
    return replace(_MONTHS[day.month - 1], parts={"day": day.day, "year": str(day.year)})
