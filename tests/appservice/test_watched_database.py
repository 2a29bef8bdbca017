"""What the database does not carry out is counted, by whether others were in the way."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, text

from appservice.store import database as module
from appservice.store import tables
from appservice.store.database import Connection, Database, StoreError
from appservice.watching import Watch

pytestmark = pytest.mark.both_databases


class Counting(Watch):
    def __init__(self) -> None:
        self.busy: list[bool] = []

    def database_failed(self, *, busy: bool) -> None:
        self.busy.append(busy)


async def fail(opened: Database, *statements: str) -> None:
    async with opened.reading(apart=True) as connection:
        *before, last = statements
        for statement in before:
            await connection.execute(text(statement))
        with pytest.raises(StoreError):
            await connection.execute(text(last))


async def test_a_statement_that_fails_is_counted_and_a_row_that_is_there_already_is_not(
    migrated_url: str,
) -> None:
    counting = Counting()
    opened = Database(migrated_url, counting)

    async def mark(connection: Connection) -> None:
        await connection.execute(insert(tables.marks).values(name="a", value="b"))

    async with opened.writing() as connection:
        await mark(connection)
    with pytest.raises(StoreError):
        async with opened.writing() as connection:
            await mark(connection)
    assert counting.busy == []
    await fail(opened, "SELECT * FROM nowhere")
    assert counting.busy == [False]
    await opened.close()


async def test_a_lock_that_another_has_is_counted_as_busy(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._PRAGMAS, "busy_timeout", 10)
    counting = Counting()
    opened, other = Database(migrated_url, counting), Database(migrated_url)
    patient = [] if opened.is_sqlite else ["SET LOCAL lock_timeout = '10ms'"]
    async with other.writing() as connection:
        if not other.is_sqlite:
            await connection.execute(text("LOCK TABLE marks"))
        await fail(opened, *patient, "DELETE FROM marks")
    assert counting.busy == [True]
    await opened.close()
    await other.close()


async def test_what_is_raised_holds_no_values(migrated_url: str) -> None:
    opened = Database(migrated_url)
    with pytest.raises(StoreError) as raised:
        async with opened.writing() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:x)"), {"x": "zanzibar"})
    assert "nowhere" in str(raised.value)
    assert "zanzibar" not in str(raised.value)
    await opened.close()
