"""`hedgerow release --all`, as an operator types it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appservice.cli import app
from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.appservice.stage import Stage


@pytest.fixture
def config(tmp_path: Path) -> Path:
    words = ["init", "--domain", "hs.test", "--homeserver", "http://127.0.0.1:1"]
    words += ["--listen", "127.0.0.1:29330", "--database", f"sqlite:///{tmp_path / 'h.db'}"]
    words += ["--admin", "@a:hs.test", "--config", str(tmp_path / "c.yaml")]
    made = CliRunner().invoke(app, [*words, "--registration", str(tmp_path / "r.yaml")])
    assert made.exit_code == 0
    return tmp_path / "c.yaml"


def test_p7_all_has_to_be_said(config: Path) -> None:
    said = CliRunner().invoke(app, ["release", "--config", str(config)])
    assert (said.exit_code, "Say --all" in said.stderr) == (1, True)


def test_p7_with_no_network_there_is_nothing_to_release(config: Path) -> None:
    said = CliRunner().invoke(app, ["release", "--all", "--config", str(config)])
    assert (said.exit_code, said.stdout) == (0, "Nothing can be released.\n")


def test_p7_what_cannot_be_released_is_named_with_the_reason(config: Path, tmp_path: Path) -> None:
    async def found() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'h.db'}")
        await migrate(database)
        await Stage(database).found("Arts")
        await database.close()

    asyncio.run(found())
    said = CliRunner().invoke(app, ["release", "--all", "--yes", "--config", str(config)])
    assert said.exit_code == 1
    assert said.stderr.startswith("stays for now – Arts: I am still making Arts")
