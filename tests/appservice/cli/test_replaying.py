"""`hedgerow replay`, beside a database in which an event was set aside."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import inbox
from appservice.store.database import Database
from appservice.store.migrate import migrate

EVENT = {"event_id": "$1", "type": "m.room.message", "room_id": "!r", "sender": "@a:hs.test", "content": {}}


async def set_aside(url: str) -> None:
    database = Database(url)
    await migrate(database)
    async with database.writing() as connection:
        await inbox.keep_events(connection, [EVENT], 1.0)
        await inbox.set_aside(connection, 1, "a reason")
    await database.close()


def test_a13_what_was_set_aside_is_tried_again_by_one_command(tmp_path: Path) -> None:
    asyncio.run(set_aside(f"sqlite+aiosqlite:///{tmp_path / 'h.db'}"))
    config = tmp_path / "c.yaml"
    runner = CliRunner()
    words = [
        "init",
        "--domain",
        "hs.test",
        "--homeserver",
        "http://127.0.0.1:1",
        "--listen",
        "127.0.0.1:29330",
    ]
    words += [
        "--database",
        f"sqlite:///{tmp_path / 'h.db'}",
        "--admin",
        "@a:hs.test",
        "--config",
        str(config),
    ]
    assert runner.invoke(app, [*words, "--registration", str(tmp_path / "r.yaml")]).exit_code == 0
    again = runner.invoke(app, ["replay", "--config", str(config)])
    assert (again.exit_code, again.stdout) == (0, "Events that will be tried again: 1.\n")
    assert "No event was set aside." in runner.invoke(app, ["replay", "--config", str(config)]).stdout
