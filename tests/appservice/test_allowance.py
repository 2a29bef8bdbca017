"""How much of the directory one person may look up: counted over units of work, and forgotten in time."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from appservice.allowance import Allowance, FindsCounted, Limits
from appservice.store import allowance, tables
from appservice.store.database import Database
from tests.appservice.stage import ALICE, BEN, Stage

DAY = 86_400.0


@pytest.mark.both_databases
async def test_who_was_shown_is_remembered_for_a_day_and_then_forgotten(database: Database) -> None:
    counted = FindsCounted(Limits())
    async with database.writing() as connection:
        one = Allowance(connection, counted)
        await one.note_shown(ALICE, ("@ash:hs.test", "@birch:hs.test"), 100.0)
        await one.note_shown(ALICE, ("@birch:hs.test",), 200.0)
        await one.note_shown(BEN, ("@cedar:hs.test",), 300.0)
        shown = {"@ash:hs.test": 100.0, "@birch:hs.test": 200.0}
        assert await one.people_shown(ALICE, 0.0) == shown
        assert await one.people_shown(ALICE, 100.0) == {"@birch:hs.test": 200.0}
        await one.note_shown(BEN, (), 200.0 + DAY)
        assert await one.people_shown(ALICE, 0.0) == {}
        assert await one.people_shown(BEN, 0.0) == {"@cedar:hs.test": 300.0}
        await allowance.forget(connection, before=300.0)
        query = select(func.count()).select_from(tables.people_shown)
        assert (await connection.execute(query)).scalar_one() == 0


async def test_finds_are_counted_over_units_of_work_for_each_person_by_the_minute(stage: Stage) -> None:
    async def takes(person: str, now: float) -> bool:
        async with stage.works.begin(person) as work:
            return work.allowance.take_find(type(ALICE)(person), now)

    assert all([await takes(ALICE, float(second)) for second in range(30)])
    assert not await takes(ALICE, 59.0)
    assert await takes(BEN, 59.0)
    assert await takes(ALICE, 60.0)
    assert not await takes(ALICE, 60.5)


async def test_what_an_operator_decides_holds(stage: Stage) -> None:
    counted = FindsCounted(Limits(finds_per_minute=1, people_per_day=7))
    async with stage.works.begin("test") as work:
        one = Allowance(work.connection, counted)
        assert (one.finds_per_minute, one.people_per_day) == (1, 7)
        assert one.take_find(ALICE, 1.0)
        assert not one.take_find(ALICE, 2.0)
