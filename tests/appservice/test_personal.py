"""No table holds a person whom `my data` does not show, and `forget me` does not forget."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, String, Table, insert

from appservice.store import erasing, holding, tables
from appservice.store.database import Connection, Database
from appservice.store.erasing import Erasure
from appservice.store.holding import is_text
from appservice.store.personal import PERSONAL
from spaces.identifiers import UserId

CANARY = UserId("@canary:hs.test")
NEIGHBOUR = UserId("@canary-bird:hs.test")
GONE = Erasure(CANARY, "@forgotten-abcdefgh", 0.0, begun=True, stays=False)
# Those the unit of work changes in its landscape (`test_forgetting.py`).
IN_THE_LANDSCAPE = {"bans", "coordinators", "groups", "links", "networks", "shares", "slugs"}


def test_a82_every_table_says_what_it_keeps_of_people() -> None:
    missing = tables.metadata.tables.keys() - PERSONAL.keys()
    assert not missing, f"say in appservice/store/personal.py what of people is kept in {sorted(missing)}"
    assert not PERSONAL.keys() - tables.metadata.tables.keys()


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_what_is_said_of_a_table_is_of_its_columns(name: str) -> None:
    kept, table = PERSONAL[name], tables.metadata.tables[name]
    told = (*kept.goes, *kept.signed, *kept.deed, *kept.others, *kept.words, *kept.beside)
    assert set(told) <= set(table.columns.keys())
    assert kept.words == () or set(kept.words).isdisjoint((*kept.goes, *kept.signed))


def looked_at(table: Table) -> list[Column[Any]]:
    """Every column in which anybody may be named, but for what others wrote for others to read."""
    return [c for c in table.columns if is_text(c) and c.name not in PERSONAL[table.name].words]


async def plant(connection: Connection, table: Table, column: Column[Any], number: int) -> None:
    """A row that names one person in `column`, and a neighbour of theirs in all others."""
    row = {one.name: _filling(one, number) for one in table.columns}
    await connection.execute(insert(table).values({**row, column.name: _named(column, CANARY)}))
    if not column.unique and not column.primary_key:
        row = {one.name: _filling(one, number + 1000) for one in table.columns}
        await connection.execute(insert(table).values({**row, column.name: _named(column, NEIGHBOUR)}))


def _named(column: Column[Any], user: str) -> str:
    """As it stands in the column: an event, an action, or a name."""
    return f'{{"sender": "{user}"}}' if column.name in ("body", "action", "difference", "expected") else user


def _filling(column: Column[Any], number: int) -> object:
    if isinstance(column.type, LargeBinary):
        return b"{}"
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, (Integer, Float)):
        return number
    return f"{NEIGHBOUR}{number}" if isinstance(column.type, String) and column.name != "words" else None


@pytest.mark.both_databases
async def test_a82_whoever_is_named_in_any_column_is_told_so_and_gone_once_forgotten(
    database: Database,
) -> None:
    planted = 0
    async with database.writing() as connection:
        for table in tables.metadata.sorted_tables:
            for column in looked_at(table):
                planted += 1
                await plant(connection, table, column, planted)
        told = {one.table for one in await holding.held_on(connection, CANARY)}
        before = set(await erasing.are_named(connection, CANARY))
        of_another = [one.table for one in await holding.held_on(connection, NEIGHBOUR)]
        await erasing.erase(connection, GONE)
        after = set(await erasing.are_named(connection, CANARY))
        left = [one.table for one in await holding.held_on(connection, NEIGHBOUR)]
    assert planted > 150
    everything = {table.name for table in tables.metadata.sorted_tables if looked_at(table)}
    assert before == everything
    assert everything - told == set()
    assert after == IN_THE_LANDSCAPE
    assert left == of_another
