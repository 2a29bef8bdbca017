"""Some of the worlds of `python -m tests.bench.worlds`, and what they notice on each surface."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.leaks.everywhere import Tried, judge_everywhere, logged
from tests.leaks.judging import opened
from tests.leaks.without import ELSEWHERE, SHORTLY, Check, worlds_notice

_WORLDS = 6


def test_a44_a45_nothing_tells_of_what_is_hidden_on_any_surface(migrated_file: Path) -> None:
    connection, tried = opened(str(migrated_file)), Tried()
    with logged() as log:
        for number in range(_WORLDS):
            asyncio.run(judge_everywhere(connection, 7, number, tried, log))
    assert tried.worlds == _WORLDS
    assert tried.found.answers == 15 * _WORLDS
    assert tried.heard.answers == 9 * _WORLDS
    assert tried.heard.among_others > 0
    assert tried.heard.hidden > 20 * _WORLDS
    assert tried.sold.readers > 6 * _WORLDS
    assert tried.published.pages > 8 * _WORLDS
    assert tried.published.told > 2 * _WORLDS
    assert tried.published.rooms > 9 * _WORLDS
    assert tried.questions > 40 * _WORLDS


@pytest.mark.parametrize("check", [c for c in ELSEWHERE if c.name in SHORTLY], ids=str)
def test_the_worlds_notice_where_a_check_is_taken_away(check: Check, migrated_file: Path) -> None:
    assert worlds_notice(opened(str(migrated_file)), check) is not None
