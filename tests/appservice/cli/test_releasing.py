"""`hedgerow release --all`, as an operator types it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from appservice.cli import app
from appservice.store.database import Database
from tests.appservice.stage import Stage
from tests.databases import driven


def test_p7_all_has_to_be_said(config: Path) -> None:
    said = CliRunner().invoke(app, ["release", "--config", str(config)])
    assert (said.exit_code, "Say --all" in said.stderr) == (1, True)


def test_p7_with_no_network_there_is_nothing_to_release(config: Path) -> None:
    said = CliRunner().invoke(app, ["release", "--all", "--config", str(config)])
    assert (said.exit_code, said.stdout) == (0, "Nothing can be released.\n")


def test_p7_what_cannot_be_released_is_named_with_the_reason(config: Path, service_database: str) -> None:
    async def found() -> None:
        database = Database(driven(service_database))
        await Stage(database).found("Arts")
        await database.close()

    asyncio.run(found())
    said = CliRunner().invoke(app, ["release", "--all", "--yes", "--config", str(config)])
    assert said.exit_code == 1
    assert said.stderr.startswith("stays for now – Arts: I am still making Arts")
