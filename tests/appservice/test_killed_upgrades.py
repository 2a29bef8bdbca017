"""A73: the process that upgrades the schema is killed, and the next start upgrades it wholly.

On PostgreSQL; `python -m tests.bench.upgrades` kills it at each statement and commit, on both databases.
"""

from __future__ import annotations

from tests.appservice import killed_upgrade
from tests.appservice.killed_upgrade import BEGUN_WITH
from tests.appservice.migrated_copies import databases


def test_a73_killed_in_an_upgrade_all_is_as_it_was_and_the_next_start_upgrades_it(postgres_url: str) -> None:
    with databases(postgres_url) as (url, copy):
        rows = killed_upgrade.older(url)
        assert len(rows) > 20
        place = copy()
        assert killed_upgrade.was_killed(place, "before the commit")
        assert killed_upgrade.left_behind(place) == BEGUN_WITH
        assert killed_upgrade.upgraded(place, set(rows)) == rows
