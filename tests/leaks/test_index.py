"""Whatever is asked of the directory, the answer tells of nothing that the asker may not see."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from appservice.store.database import Database
from tests.leaks.judging import Counted, judge, opened
from tests.leaks.without import CHECKS, SHORTLY, Check, notices
from tests.leaks.worlds import World, banned, furnished, worlds
from tests.spaces.worlds import CountedIds, beginnings

_WORLDS = 36
_AT_LEAST = 5_000


def test_a44_no_answer_tells_of_what_is_hidden(migrated_file: Path) -> None:
    connection, counted = opened(str(migrated_file)), Counted()

    @given(worlds())
    @settings(max_examples=_WORLDS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def every(world: World) -> None:
        try:
            asyncio.run(judge(connection, banned(world), counted, each=29))
        finally:
            connection.rollback()

    every()
    print(counted)
    assert counted.answers >= _AT_LEAST
    assert counted.telling > counted.answers / 4
    assert counted.hidden > counted.rows / 4


@pytest.mark.both_databases
async def test_a44_the_databases_tell_of_nothing_hidden_either(database: Database) -> None:
    counted = Counted()
    for seed in range(2):
        world = banned(furnished(beginnings(CountedIds()), seed))
        async with database.engine.connect() as connection:
            await judge(connection, world, counted, each=10)
            await connection.rollback()
    assert counted.answers == 100


@pytest.mark.parametrize("check", [c for c in CHECKS if c.name in SHORTLY], ids=str)
def test_the_proof_fails_where_a_check_is_taken_away(check: Check, migrated_file: Path) -> None:
    connection = opened(str(migrated_file))
    assert notices(connection, check) is not None


def test_the_proof_holds_where_none_is(migrated_file: Path) -> None:
    assert notices(opened(str(migrated_file)), None, most=3) is None
