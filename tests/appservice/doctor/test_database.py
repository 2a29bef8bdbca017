"""What the doctor finds of the database: its shape, its files, its server, and the disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from appservice.doctor import Repairing
from appservice.doctor.clock import clock_of
from appservice.repairs import MakeFolder, Migrate, SetMode
from appservice.store import database as databases
from appservice.store.database import Database
from appservice.store.migrate import downgrade
from appservice.store.revisions import known_revisions
from config.settings import Settings
from tests.appservice.doctor.examined import MakeSettings, about, findings
from tests.conftest import execute

_Usage = namedtuple("_Usage", "total used free")


async def test_a_database_of_an_older_version_is_looked_at_and_the_repair_brings_it_to_this_one(
    laid_out: Settings,
) -> None:
    opened = Database(laid_out.database_url)
    await downgrade(opened, known_revisions()[1])
    await opened.close()
    [found] = [one for one in await findings(laid_out) if one.about == "database"]
    assert found.verdict == "look"
    assert "of an older version" in found.found
    assert found.repair == Migrate()
    assert (await Repairing(laid_out).do(Migrate())).why_not == ""
    assert await about(laid_out, "database") == ["ok      database: it opens."]


async def test_a_database_of_a_newer_version_is_a_failure_that_names_its_mend(
    laid_out: Settings,
) -> None:
    opened = Database(laid_out.database_url)
    async with opened.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await opened.close()
    [line] = await about(laid_out, "database")
    assert line.startswith("failed  database: it was written by a newer version of Hedgerow than this one")
    assert "To mend it: install that version again, or restore a backup" in line


@pytest.mark.of_sqlite
async def test_an_empty_database_is_filled_by_the_first_start(settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "h.db").touch(mode=0o600)
    assert await about(settings(), "database") == [
        "ok      database: it opens, and is empty; the first start fills it."
    ]


@pytest.mark.of_sqlite
async def test_a_damaged_file_is_told(laid_out: Settings, file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [page] = opened.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'").fetchone()
        size = opened.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    last = (await about(laid_out, "database"))[-1]
    assert last.startswith(f"failed  database: {file} is damaged. To mend it: stop Hedgerow, and restore")


@pytest.mark.of_sqlite
async def test_a79_a_database_that_others_may_read_or_change_is_told_and_mended(
    laid_out: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chmod(file, 0o644)
    monkeypatch.setattr("appservice.doctor.files.stat.S_IXOTH", 0o400)  # as if pytest's folder were open
    for mode, verdict, deed in ((0o644, "look", "read"), (0o646, "failed", "change")):
        os.chmod(file, mode)
        last = next(one for one in await findings(laid_out) if one.about == "database" and one.mend)
        assert (last.verdict, last.repair) == (verdict, SetMode(file, 0o600))
        assert last.found == f"everyone on this machine can {deed} {file} (mode {mode:04o})"
    assert (await Repairing(laid_out).do(SetMode(file, 0o600))).why_not == ""
    assert await about(laid_out, "database") == ["ok      database: it opens."]


@pytest.mark.of_sqlite
async def test_in_a_folder_that_is_shut_to_others_the_mode_of_a_file_is_nobodys_business(
    laid_out: Settings, file: Path
) -> None:
    os.chmod(file, 0o666)  # pytest's own folder is this user's alone
    assert await about(laid_out, "database") == ["ok      database: it opens."]


@pytest.mark.of_sqlite
async def test_a_disk_that_cannot_do_what_sqlite_needs_is_told(
    laid_out: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(databases._PRAGMAS, "journal_mode", "elsewhere")
    [line] = await about(laid_out, "database")
    assert line.startswith("failed  database: SQLite cannot have `journal_mode` as Hedgerow needs it there.")
    assert "network file systems cannot do it" in line


@pytest.mark.of_sqlite
async def test_a_write_ahead_log_that_never_ends_is_looked_at(
    laid_out: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Database(laid_out.database_url)
    async with opened.writing() as connection:  # so that there is a log
        await connection.exec_driver_sql("INSERT INTO marks VALUES ('long', 'log')")
    monkeypatch.setattr("appservice.doctor.database._LONGEST_LOG", 0)
    last = (await about(laid_out, "database"))[-1]
    await opened.close()
    assert last.startswith("look    database: its write-ahead log has grown to ")


@pytest.mark.parametrize(("free", "verdict"), [(999_000_000, "look"), (99_000_000, "failed")])
async def test_a_disk_that_is_nearly_full_is_told_before_it_is_full(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(10**12, 0, free))
    [line] = await about(settings(), "disk")
    assert line.startswith(f"{verdict:<7} disk: {free // 10**6} MB are free where ")
    assert "To mend it: free some" in line


@pytest.mark.of_sqlite
async def test_a_folder_that_is_missing_is_made_by_the_repair_for_this_user_only(
    settings: MakeSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "not made" / "yet"
    made = settings().model_copy(update={"database": SecretStr(f"sqlite:///{folder / 'h.db'}")})
    found = next(one for one in await findings(made) if one.about == "database")
    assert found.repair == MakeFolder(folder)
    assert (await Repairing(made).do(MakeFolder(folder))).why_not == ""
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (await about(made, "database"))[0].startswith("ok ")


@pytest.mark.of_sqlite
async def test_what_keeps_a_user_out_of_their_own_folder_is_mended(
    settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path and allowed(path, mode))
    found = next(one for one in await findings(settings()) if one.about == "database")
    assert found.repair == SetMode(tmp_path, 0o700)
    monkeypatch.setattr("appservice.doctor.files.os.geteuid", lambda: 4242)
    found = next(one for one in await findings(settings()) if one.about == "database")
    assert found.repair is None


# -- PostgreSQL -------------------------------------------------------------------------------------


async def test_what_is_wrong_with_a_postgresql_server_is_told_each_with_its_mend(
    settings: MakeSettings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await execute(postgres_url, "CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0")
    await execute(postgres_url, "CREATE ROLE plain LOGIN")
    url = f"{postgres_url}/narrow"
    made = settings().model_copy(update={"database": SecretStr(url)})
    try:
        found = await about(made, "database")
        assert found[0] == "ok      database: it opens, and is empty; the first start fills it."
        assert found[1].startswith("failed  database: its encoding is LATIN1, and people's names do not fit")
        assert "`createdb --encoding=UTF8 --template=template0`" in found[1]
        monkeypatch.setattr("appservice.doctor.database._OLDEST_SERVER", 10**7)
        plain = SecretStr(url.replace("tester@", "plain@"))
        [_, old, _, powerless] = await about(made.model_copy(update={"database": plain}), "database")
        assert old.startswith("look    database: PostgreSQL ")
        assert powerless == (
            "failed  database: plain may make no tables in it. To mend it: as its owner say in `psql`: "
            'GRANT ALL ON SCHEMA public TO "plain";'
        )
        await execute(postgres_url, "ALTER DATABASE narrow SET default_transaction_read_only = on")
        assert (await about(made, "database"))[-1].startswith(
            "failed  database: nothing can be written to it."
        )
        slow = [one for one in await findings(made, now=lambda: 1000.0) if "database's server" in one.found]
        assert [one.verdict for one in slow] == ["failed"]
    finally:
        await execute(postgres_url, "DROP DATABASE narrow WITH (FORCE)")
        await execute(postgres_url, "DROP ROLE plain")


async def test_a_postgresql_that_does_not_let_us_in_is_told_apart_from_one_that_is_away(
    settings: MakeSettings, postgres_url: str
) -> None:
    async def told(url: str) -> str:
        made = settings().model_copy(update={"database": SecretStr(url)})
        [line] = await about(made, "database")
        return line

    at = postgres_url.partition("@")[2]
    assert await told(f"{postgres_url}/nowhere") == (
        f"failed  database: PostgreSQL at {at} has none of the name nowhere. To mend it: `createdb "
        "--owner=tester --encoding=UTF8 --template=template0 nowhere` on its machine."
    )
    stranger = await told(f"{postgres_url.replace('tester', 'stranger')}/postgres")
    assert stranger.startswith(
        f"failed  database: PostgreSQL at {at} does not let stranger in. To mend it: cor"
    )
    away = await told("postgresql://hedgerow@127.0.0.1:1/hedgerow")
    assert away.startswith(
        "failed  database: no PostgreSQL answers at 127.0.0.1:1. To mend it: start Postgre"
    )


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (1030.0, "ok      clock: this machine's clock agrees with that of the homeserver."),
        (1031.0, "look    clock: this machine's clock is 31 seconds behind that of the homeserver."),
        (699.0, "failed  clock: this machine's clock is 5 minutes ahead of that of the homeserver."),
    ],
)
def test_clocks_are_half_a_minute_or_five_apart(theirs: float, words: str) -> None:
    line = str(clock_of("the homeserver", theirs, 1000.0))
    assert line.startswith(words)
    assert ("`timedatectl set-ntp true`" in line) == (not words.startswith("ok"))
