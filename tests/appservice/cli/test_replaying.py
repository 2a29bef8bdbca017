"""`hedgerow replay`, beside a database in which an event was set aside."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import inbox
from appservice.store.database import Database
from tests.databases import driven

EVENT = {"event_id": "$1", "type": "m.room.message", "room_id": "!r", "sender": "@a:hs.test", "content": {}}


async def set_aside(url: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        await inbox.keep_events(connection, [EVENT], 1.0)
        await inbox.set_aside(connection, 1, "a reason")
    await database.close()


def test_a13_what_was_set_aside_is_tried_again_by_one_command(config: Path, service_database: str) -> None:
    asyncio.run(set_aside(driven(service_database)))
    runner = CliRunner()
    again = runner.invoke(app, ["replay", "--config", str(config)])
    assert (again.exit_code, again.stdout) == (0, "Events that will be tried again: 1.\n")
    assert "No event was set aside." in runner.invoke(app, ["replay", "--config", str(config)]).stdout
