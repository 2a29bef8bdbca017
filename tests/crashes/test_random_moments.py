"""P3, A11, A23: killed at random moments, again and again, it comes to the same end."""

from __future__ import annotations

import random

from tests.crashes.killed_deliveries import killed_at_delivering
from tests.crashes.killed_services import killed_in_service
from tests.crashes.lifetimes import SHORT_LIFE
from tests.databases import Databases

KILLS = 20


def test_a11_a23_a_process_killed_again_and_again_leaves_one_room_each_and_comes_to_the_same_end(
    databases: Databases,
) -> None:
    *_, found = killed_at_delivering(databases, KILLS, random.Random(11))
    assert len(found.struck) >= KILLS
    assert found.rounds > 0


def test_p3_a_service_killed_at_what_it_makes_changes_archives_and_restores_is_never_more_open_than_otherwise(
    databases: Databases,
) -> None:
    *_, found = killed_in_service(databases, KILLS, random.Random(3), SHORT_LIFE)
    assert len(found.struck) >= KILLS
    assert set(found.steps) >= {"create", "update", "archive", "restore"}
