"""A backup is brought back after the original is lost."""

from __future__ import annotations

from tests.synapse.hedge import Hedge
from tests.synapse.stale import brought_back


async def test_a71_a_stale_backup_brought_back_makes_no_second_room(hedge: Hedge) -> None:
    assert await brought_back(hedge, "Kept") > 0
