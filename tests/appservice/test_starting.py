"""What a start says where the database cannot be used, and where the homeserver does not know the token."""

from __future__ import annotations

import asyncio
import fcntl
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event
from structlog.testing import capture_logs
from typer.testing import CliRunner

from appservice.app import Hedgerow
from appservice.cli import app
from appservice.demo.synapse import free_port
from appservice.engine import Foundation
from appservice.store.database import Database
from config.settings import Settings
from spaces.errors import Unavailable
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import running, settings_for
from tests.registration import Registration


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    database = f"sqlite:///{tmp_path / 'h.db'}"  # as a URL: there is no file yet
    return settings_for(f"http://127.0.0.1:{free_port()}", Registration(), database)


async def refused(service: Hedgerow) -> str:
    """What is said to whoever started `service`."""
    with pytest.raises(Unavailable) as refusal:
        await service.run(asyncio.Event())
    return refusal.value.sentence


async def forbid_writing(database: Database) -> None:
    """SQLite opens the file as it does one of this user's that is only to be read (mode 0400)."""

    def forbid(_dialect: object, _record: object, words: list[Any], more: dict[str, Any]) -> None:
        words[0], more["uri"] = f"file:{database.path}?mode=ro", True

    await database.close()
    event.listen(database.engine.sync_engine, "do_connect", forbid)


@pytest.mark.of_sqlite
async def test_a_database_that_can_only_be_read_ends_the_start_with_a_sentence(settings: Settings) -> None:
    foundation = Foundation(settings)
    await foundation.lay()
    await foundation.database.close()
    service = Hedgerow(settings)
    await forbid_writing(service.foundation.database)
    said = await refused(service)
    assert said.startswith("The database cannot be used (OperationalError).")
    assert "this user must be allowed to write" in said
    assert "`hedgerow doctor`" in said


@pytest.mark.of_sqlite
async def test_a_file_of_another_kind_and_a_folder_that_is_missing_are_each_told_in_words(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "h.db").write_bytes(b"no database at all" * 500)
    said = await refused(Hedgerow(settings))
    assert said.startswith("The database cannot be used (the file is not SQLite's).")
    elsewhere = SecretStr(f"sqlite+aiosqlite:///{tmp_path}/none/h.db")
    said = await refused(Hedgerow(settings.model_copy(update={"database": elsewhere})))
    assert said.startswith("The database cannot be used (No such file or directory).")


async def test_a_postgresql_without_that_database_is_told_in_words(
    settings: Settings, postgres_url: str
) -> None:
    nowhere = SecretStr(f"{postgres_url}/nowhere".replace("postgresql:", "postgresql+asyncpg:"))
    said = await refused(Hedgerow(settings.model_copy(update={"database": nowhere})))
    assert said.startswith(
        "The database cannot be used (PostgreSQL has none of that name; `createdb` makes it)."
    )


@pytest.mark.of_sqlite
async def test_a_database_that_can_only_be_read_is_refused_before_anything_is_planned_or_replayed(
    settings: Settings,
) -> None:
    foundation = Foundation(settings)
    await foundation.lay()
    await forbid_writing(foundation.database)
    with pytest.raises(Unavailable, match="cannot be used"):
        await foundation.lay()
    await foundation.database.close()


@pytest.mark.of_sqlite
async def test_a_database_that_is_shut_while_the_lock_is_taken_ends_the_start_with_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Hedgerow(settings)
    reach = service.foundation.open

    async def reach_and_shut() -> None:
        await reach()
        await forbid_writing(service.foundation.database)

    monkeypatch.setattr(service.foundation, "open", reach_and_shut)
    assert (await refused(service)).startswith("The database cannot be used (OperationalError).")


@pytest.mark.of_sqlite
async def test_a_lock_that_cannot_be_opened_ends_the_start_with_a_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "h.db.lock").mkdir()
    said = await refused(Hedgerow(settings))
    assert said.startswith(f"{tmp_path / 'h.db.lock'} cannot be locked (Is a directory)")
    assert "belong with its folder to the user that Hedgerow runs as" in said


@pytest.mark.of_sqlite
async def test_a_file_system_that_knows_no_locks_ends_the_start_with_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    assert "cannot be locked (No locks available)" in await refused(Hedgerow(settings))


@pytest.mark.of_sqlite
def test_the_command_says_it_in_one_line_and_ends_with_code_1(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "h.db.lock").mkdir()
    monkeypatch.setattr("appservice.cli.running.begin", lambda config: settings)
    kept: list[bool] = []
    monkeypatch.setattr("appservice.memory.keep_together", lambda: kept.append(True))  # not for this process
    ended = CliRunner().invoke(app, ["run", "--config", "hedgerow.yaml"])
    assert (ended.exit_code, kept) == (1, [True])
    assert ended.output.splitlines()[-1].startswith(f"{tmp_path / 'h.db.lock'} cannot be locked")
    assert "Traceback" not in ended.output


# -- the token --------------------------------------------------------------------------------------


async def until_logged(lines: list[Any], name: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            for line in lines:
                if line["event"] == name:
                    return dict(line)
            await asyncio.sleep(0.01)


async def test_a_token_that_the_homeserver_does_not_know_has_an_event_of_its_own(
    fake: FakeHomeserver, service_database: str
) -> None:
    made = settings_for(fake.base_url, fake.registration, service_database)
    homeserver = made.homeserver.model_copy(update={"as_token": SecretStr("some-other-token-012345")})
    stop = asyncio.Event()
    with capture_logs() as lines:
        service = asyncio.create_task(Hedgerow(made.model_copy(update={"homeserver": homeserver})).run(stop))
        said = await until_logged(lines, "token_not_known")
        stop.set()
        await service
    assert (said["log_level"], said["mend"], said["status"]) == ("warning", "hedgerow doctor", 401)
    assert "homeserver_does_not_answer" not in [line["event"] for line in lines]


async def test_a_token_that_is_forgotten_later_and_a_homeserver_that_is_away_are_logged_apart(
    fake: FakeHomeserver, service_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appservice.app._HEALTH_SECONDS", 0.05)
    asked = "GET /account/whoami"
    async with running(settings_for(fake.base_url, fake.registration, service_database)):
        with capture_logs() as lines:
            fake.script(asked, Fault.error(401, "M_UNKNOWN_TOKEN"), None)
            await until_logged(lines, "token_not_known")
            assert "homeserver_does_not_answer" not in [line["event"] for line in lines]
            fake.clear_script()
            fake.script(asked, Fault.bad_gateway(), None)
            said = await until_logged(lines, "homeserver_does_not_answer")
    assert (said["status"], said["errcode"]) == (502, "")


# -- what is said of it -----------------------------------------------------------------------------


def test_the_example_does_not_say_that_without_an_address_of_their_own_there_are_no_numbers() -> None:
    text = resources.files("config").joinpath("example.yaml").read_text(encoding="utf-8")
    above = text.partition("metrics:\n")[2].partition("  listen:")[0]
    assert "no metrics" not in above
    assert "on `listen`, without a token" in above
