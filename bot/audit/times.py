"""When something was, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from spaces.sentences import Sentence, sentence

_MONTHS = (
    sentence("{day} January {year}, {time} UTC"),
    sentence("{day} February {year}, {time} UTC"),
    sentence("{day} March {year}, {time} UTC"),
    sentence("{day} April {year}, {time} UTC"),
    sentence("{day} May {year}, {time} UTC"),
    sentence("{day} June {year}, {time} UTC"),
    sentence("{day} July {year}, {time} UTC"),
    sentence("{day} August {year}, {time} UTC"),
    sentence("{day} September {year}, {time} UTC"),
    sentence("{day} October {year}, {time} UTC"),
    sentence("{day} November {year}, {time} UTC"),
    sentence("{day} December {year}, {time} UTC"),
)


def when(at: float) -> Sentence:
    """`at` (seconds since 1970) with its date, to the minute."""
    moment = datetime.fromtimestamp(at, UTC)
    parts = {"day": moment.day, "year": str(moment.year), "time": f"{moment:%H:%M}"}
    return replace(_MONTHS[moment.month - 1], parts=parts)
