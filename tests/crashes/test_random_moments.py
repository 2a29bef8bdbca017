"""A11, A23: killed at random moments, again and again, a blueprint comes to the same end."""

from __future__ import annotations

import random

from tests.crashes.killed_deliveries import killed_at_delivering
from tests.databases import Databases

KILLS = 20


def test_a11_a23_a_process_killed_again_and_again_leaves_one_room_each_and_comes_to_the_same_end(
    databases: Databases,
) -> None:
    *_, found = killed_at_delivering(databases, KILLS, random.Random(11))
    assert len(found.struck) >= KILLS
    assert found.rounds > 0
