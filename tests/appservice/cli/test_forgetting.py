"""`hedgerow forget`, as an operator types it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import erasing
from appservice.store.database import Database
from tests.appservice.stage import ALICE, Stage
from tests.databases import driven


def test_s3_an_operator_sees_what_is_kept_and_has_it_forgotten(config: Path, service_database: str) -> None:
    async def found() -> None:
        database = Database(driven(service_database))
        await Stage(database).found("Arts")
        await database.close()

    async def asked() -> list[tuple[str, bool]]:
        database = Database(driven(service_database))
        async with database.reading() as connection:
            waiting = await erasing.erasures(connection)
        await database.close()
        return [(one.user, one.begun) for one in waiting]

    asyncio.run(found())
    forget = ["forget", ALICE, "--config", str(config)]
    shown = CliRunner().invoke(app, forget)
    assert (shown.exit_code, asyncio.run(asked())) == (1, [])
    assert "What you look after: 2" in shown.stdout
    assert "Nobody else looks after 1 of their networks" in shown.stdout
    done = CliRunner().invoke(app, [*forget, "--yes"])
    assert (done.exit_code, asyncio.run(asked())) == (0, [(ALICE, False)])
    other = CliRunner().invoke(app, ["forget", "@nobody:hs.test", "--config", str(config)])
    assert (other.exit_code, other.stdout) == (0, "Nothing is kept about @nobody:hs.test.\n")
