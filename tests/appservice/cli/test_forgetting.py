"""`hedgerow forget`, as an operator types it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import erasing
from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.appservice.stage import ALICE, Stage


def test_s3_an_operator_sees_what_is_kept_and_has_it_forgotten(tmp_path: Path) -> None:
    file, config = tmp_path / "h.db", tmp_path / "c.yaml"
    words = ["init", "--domain", "hs.test", "--homeserver", "http://127.0.0.1:1"]
    words += ["--listen", "127.0.0.1:29330", "--database", f"sqlite:///{file}", "--admin", "@a:hs.test"]
    words += ["--config", str(config), "--registration", str(tmp_path / "r.yaml")]
    assert CliRunner().invoke(app, words).exit_code == 0

    async def found() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrate(database)
        await Stage(database).found("Arts")
        await database.close()

    async def asked() -> list[tuple[str, bool]]:
        database = Database(f"sqlite+aiosqlite:///{file}")
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
