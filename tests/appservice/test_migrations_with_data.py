"""Each migration goes up, down and up again with data in every table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, Table, insert, inspect, text
from sqlalchemy import Connection as SyncConnection

from appservice.store import alembic_chain
from appservice.store.database import Database
from tests.appservice.test_migrations import FULL_TEXT, differences

_ROWS = 2
_INDEXED = "words"  # PostgreSQL's own


def _cell(column: Any, n: int) -> Any:
    match column.type:
        case Boolean():
            return bool(n % 2)
        case Float():
            return n + 0.5
        case Integer():
            return n + 1
        case LargeBinary():
            return bytes([n])
        case _:
            return f"{column.name} {n}"


def _fill(connection: SyncConnection, filled: set[str]) -> None:
    """Rows for the tables that are new."""
    inspector = inspect(connection)
    names = set(inspector.get_table_names()) - filled - {"alembic_version"}
    for name in sorted(name for name in names if not name.startswith(FULL_TEXT)):
        found = {column["name"]: column["type"] for column in inspector.get_columns(name)}
        found.pop(_INDEXED, None)
        table = Table(name, MetaData(), *(Column(column, kind) for column, kind in found.items()))
        rows = [{column.name: _cell(column, n) for column in table.columns} for n in range(_ROWS)]
        connection.execute(insert(table), rows)
        filled.add(name)


def _held(connection: SyncConnection, filled: set[str]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: sorted(
            (dict(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings()), key=str
        )
        for name in sorted(filled)
    }


def _walk(connection: SyncConnection) -> int:
    """The steps themselves, without Alembic's command, which reads all of them anew for each."""
    filled: set[str] = set()
    scripts = list(ScriptDirectory.from_config(alembic_chain.config()).walk_revisions())[::-1]
    with Operations.context(MigrationContext.configure(connection)):
        for script in scripts:
            named = {name for name in filled if name in Path(script.path).read_text()}
            before = _held(connection, named)
            script.module.upgrade()
            script.module.downgrade()
            assert _held(connection, named) == before, f"down from {script.revision}"
            script.module.upgrade()
            _fill(connection, filled)
    return len(filled)


async def test_a73_every_revision_goes_up_down_and_up_again_with_data_and_loses_none(
    database_url: str,
) -> None:
    database = Database(database_url)
    async with database.writing() as connection:
        assert await connection.run_sync(_walk) > 50
    assert await differences(database) == []
    await database.close()
