"""A backup is one file, made while others write, and brought back after the original is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import backups, tables
from appservice.store.copying import numbers_given
from appservice.store.database import Database
from appservice.store.locks import ActingLock
from spaces.errors import Unavailable
from tests.appservice.stage import Stage

SECRET = "hidden-from-ps"


@dataclass
class House:
    """An installation: its settings, its database, and where its backup goes."""

    folder: Path
    database: Database

    @property
    def file(self) -> Path:
        return self.folder / "saved.hedgerow"

    @property
    def config(self) -> Path:
        return self.folder / "c.yaml"

    async def says(self, *words: str, env: dict[str, str] | None = None) -> Result:
        every = [*words, "--config", str(self.config)]
        return await asyncio.to_thread(CliRunner(env=env or {}).invoke, app, every)

    async def names(self) -> list[str]:
        landscape = await Stage(self.database).works.landscape()
        return sorted(network.name for network in landscape.networks.values())


@pytest.fixture
async def house(migrated_url: str, tmp_path: Path) -> AsyncIterator[House]:
    url = (
        migrated_url.replace("+aiosqlite", "").replace("+asyncpg", "").replace("tester@", f"tester:{SECRET}@")
    )
    words = ["init", "--domain", "hs.test", "--homeserver", "http://127.0.0.1:1", "--database", url]
    words += ["--listen", "127.0.0.1:29330", "--admin", "@a:hs.test", "--config", str(tmp_path / "c.yaml")]
    made = CliRunner().invoke(app, [*words, "--registration", str(tmp_path / "r.yaml")])
    assert made.exit_code == 0, made.output
    database = Database(migrated_url)
    yield House(tmp_path, database)
    await database.close()


async def lost(house: House) -> None:
    await house.database.close()
    if house.database.path is not None:
        for file in house.folder.glob("hedgerow.db*"):
            file.unlink()
        return
    async with house.database.writing() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))


@pytest.mark.both_databases
async def test_what_was_there_at_the_backup_is_back_after_the_original_is_lost(house: House) -> None:
    await Stage(house.database).found("Arts")
    async with house.database.writing() as writing:  # somebody else has not committed yet
        await writing.execute(tables.marks.insert().values(name="under way", value="x"))
        made = await house.says("backup", str(house.file))
    assert made.exit_code == 0, made.output
    assert "is written: networks: 1, groups: 2, at " in made.stdout
    assert house.file.stat().st_mode & 0o777 == 0o600
    async with house.database.reading() as connection:
        given = await numbers_given(connection)
    await Stage(house.database).found("Later")
    for newer in (True, False):  # over what has gone on, and into nothing
        if not newer:
            await lost(house)
        await house.database.close()
        back = await house.says("restore", str(house.file), "--yes")
        assert back.exit_code == 0, back.output
        assert await house.names() == ["Arts"]
        assert ("kept as" in back.stdout) == (newer and house.database.path is not None)
    async with house.database.reading() as connection:
        marks = dict((await connection.execute(text("SELECT name, value FROM marks"))).all())
        after = await numbers_given(connection)
    assert "under way" not in marks
    assert backups.RESTORED_MARK in marks
    jumping = {name for name in given if name != "code_tries" or house.database.path is None}
    assert {name: after[name] - given[name] >= 10_000 for name in jumping} == dict.fromkeys(jumping, True)
    again = await house.says("backup", str(house.file))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert left_beside(house) == []


@pytest.mark.both_databases
async def test_while_a_service_acts_nothing_is_replaced(house: House) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    lock = ActingLock(house.database, time.monotonic)
    assert await lock.take()
    said = await house.says("restore", str(house.file), "--yes")
    assert (said.exit_code, "A service acts on this database. Stop it" in said.stderr) == (1, True)
    await lock.release()
    asked = await house.says("restore", str(house.file))
    assert (asked.exit_code, "Say --yes" in asked.stderr) == (1, True)
    assert "It takes the place of: networks: 0, groups: 0." in asked.stdout


_SAME = b""


def repacked(house: House, name: str, *, database: bytes | None = _SAME, **said: Any) -> Path:
    """The backup with other words in its manifest, or with another database or none."""
    path = house.folder / name
    with zipfile.ZipFile(house.file) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.namelist():
            body = old.read(item)
            if item == "manifest.json":
                body = json.dumps({**json.loads(body), **said}).encode()
            if item == "database" and database is None:
                continue
            if item == "database" and database:
                body = database
            new.writestr(item, body)
    return path


@pytest.mark.of_sqlite
async def test_a_backup_that_does_not_fit_is_refused_with_the_reason(house: House) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    broken = house.folder / "broken"
    broken.write_bytes(house.file.read_bytes()[:-200])
    flipped = house.folder / "flipped"
    whole = bytearray(house.file.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    flipped.write_bytes(whole)
    other = house.folder / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE marks (name, value)")
    before = sqlite_bytes(house)
    for file, reason in (
        (repacked(house, "newer", revision="9999"), "made by a newer version of Hedgerow"),
        (repacked(house, "theirs", server="elsewhere.test"), "The backup is of elsewhere.test"),
        (repacked(house, "postgres", kind="postgresql"), "move all with `hedgerow migrate`"),
        (repacked(house, "format", format=2), "is a backup of format 2"),
        (repacked(house, "kind", kind="mysql"), "is not a whole backup"),
        (repacked(house, "said", revision=["9999"]), "is not a whole backup"),
        (repacked(house, "other", database=other.read_bytes()), "is not one of Hedgerow's"),
        (broken, "is not a whole backup"),
        (flipped, "is damaged"),
        (house.folder / "none", "cannot be read"),
        (house.config, "is not a whole backup"),
    ):
        said = await house.says("restore", str(file), "--yes")
        assert (said.exit_code, reason in said.stderr) == (1, True), (file, said.output)
    assert sqlite_bytes(house) == before


def sqlite_bytes(house: House) -> bytes:
    assert house.database.path is not None
    return house.database.path.read_bytes()


@pytest.mark.of_sqlite
async def test_a_restore_that_breaks_off_leaves_the_old_database_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    await Stage(house.database).found("Arts")
    await house.database.close()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups.os, "replace", fails)
    said = await house.says("restore", str(house.file), "--yes")
    assert (said.exit_code, "No space left on device" in said.stderr) == (1, True)
    assert await house.names() == ["Arts"]


_KILLED = """
import os, sys
from appservice.cli import app
from appservice.store import backups
backups.check_sqlite = lambda _: os.kill(os.getpid(), 9)
app(sys.argv[1:])
"""


@pytest.mark.of_sqlite
async def test_what_a_restore_that_was_killed_has_left_goes_with_the_next(house: House) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    words = ["restore", str(house.file), "--yes", "--config", str(house.config)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, *words)
    assert await process.wait() == -9
    assert len(left_beside(house)) == 1
    assert (await house.says("restore", str(house.file), "--yes")).exit_code == 0
    assert left_beside(house) == []


def left_beside(house: House) -> list[Path]:
    return [path for path in house.folder.iterdir() if path.name.startswith(".")]


@pytest.mark.of_sqlite
async def test_a_damaged_database_is_replaced_and_kept_beside(house: House) -> None:
    await Stage(house.database).found("Arts")
    assert (await house.says("backup", str(house.file))).exit_code == 0
    await house.database.close()
    assert house.database.path is not None
    house.database.path.write_bytes(b"no database at all" * 500)
    said = await house.says("backup", str(house.folder / "another"))
    assert "The backup cannot be made (the file is not SQLite's)." in said.stderr
    said = await house.says("restore", str(house.file), "--yes")
    assert said.exit_code == 0, said.output
    assert "a database that cannot be read (the file is not SQLite's)" in said.stdout
    assert await house.names() == ["Arts"]


@pytest.mark.of_sqlite
async def test_what_was_there_before_is_kept_whole_though_somebody_reads_it(house: House) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    assert house.database.path is not None
    with closing(sqlite3.connect(house.database.path)) as reading:
        reading.execute("BEGIN")
        assert reading.execute("SELECT count(*) FROM networks").fetchone() == (0,)
        await Stage(house.database).found("Arts")
        await house.database.close()
        said = await house.says("restore", str(house.file), "--yes")
        assert said.exit_code == 0, said.output
    assert await house.names() == []
    [before] = [file for file in house.folder.glob("*.before-*") if not file.name.endswith(("-wal", "-shm"))]
    with closing(sqlite3.connect(before)) as kept:
        assert kept.execute("SELECT name FROM networks").fetchall() == [("Arts",)]


@pytest.mark.of_sqlite
async def test_the_bots_keys_are_in_the_backup_and_come_back_only_when_asked_for(house: House) -> None:
    keys = house.folder / "hedgerow-crypto"
    keys.mkdir()
    with closing(sqlite3.connect(keys / "bot.db")) as writing:
        writing.executescript("PRAGMA journal_mode = WAL; CREATE TABLE k (x); INSERT INTO k VALUES (7);")
        assert (await house.says("backup", str(house.file))).exit_code == 0
    said = await house.says("restore", str(house.file), "--yes", "--keys")
    assert (said.exit_code, "what is in it is newer" in said.stderr) == (1, True)
    shutil.rmtree(keys)
    said = await house.says("restore", str(house.file), "--yes")
    assert (said.exit_code, "makes itself a new device" in said.stdout, keys.exists()) == (0, True, False)
    assert (await house.says("restore", str(house.file), "--yes", "--keys")).exit_code == 0
    with closing(sqlite3.connect(keys / "bot.db")) as reading:
        assert reading.execute("SELECT x FROM k").fetchall() == [(7,)]


@pytest.mark.of_sqlite
async def test_keys_on_a_disk_of_their_own_are_refused_before_anything_is_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    before = sqlite_bytes(house)
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "hedgerow-crypto")
    said = await house.says("restore", str(house.file), "--yes", "--keys")
    assert (said.exit_code, "Name a folder within it as" in said.stderr) == (1, True), said.output
    assert (sqlite_bytes(house), left_beside(house)) == (before, [])


@pytest.mark.of_sqlite
async def test_a_restore_that_fails_brings_no_keys_so_that_another_backup_can(house: House) -> None:
    keys = house.folder / "hedgerow-crypto"
    keys.mkdir()
    with closing(sqlite3.connect(keys / "bot.db")) as writing:
        writing.executescript("CREATE TABLE k (x); INSERT INTO k VALUES (7);")
    assert (await house.says("backup", str(house.file))).exit_code == 0
    shutil.rmtree(keys)
    damaged = repacked(house, "damaged", database=b"no database at all" * 500)
    said = await house.says("restore", str(damaged), "--yes", "--keys")
    assert (said.exit_code, "in the backup is damaged" in said.stderr) == (1, True)
    assert not keys.exists()
    said = await house.says("restore", str(house.file), "--yes", "--keys")
    assert said.exit_code == 0, said.output
    assert [(file.name, file.stat().st_mode & 0o777) for file in keys.iterdir()] == [("bot.db", 0o600)]
    assert keys.stat().st_mode & 0o777 == 0o700
    assert left_beside(house) == []


@pytest.mark.of_sqlite
async def test_whichever_byte_of_a_backup_is_another_a_sentence_says_so(house: House) -> None:
    assert (await house.says("backup", str(house.file))).exit_code == 0
    whole, damaged = house.file.read_bytes(), house.folder / "damaged"
    said = set()
    for at in range(0, len(whole), len(whole) // 60):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        done = await house.says("restore", str(damaged), "--yes")
        assert done.exit_code == 0 or isinstance(done.exception, SystemExit), (at, done.exception)
        said |= {word for word in ("is damaged", "is not a whole backup") if word in done.stderr}
    assert said == {"is damaged", "is not a whole backup"}
    without = repacked(house, "without", database=None)
    done = await house.says("restore", str(without), "--yes")
    assert (done.exit_code, "is damaged" in done.stderr) == (1, True), done.output


@pytest.fixture
async def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for; none is in it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, said: str) -> None:
    """A program that says that, and keeps how it was called and what it was told besides."""
    path = folder / name
    path.write_text(
        f"#!/bin/sh\necho '{said}'\necho \"$0 $*\" >> {folder}/called\necho $PGPASSWORD > {folder}/told\n"
    )
    path.chmod(0o755)


async def test_without_the_programs_of_postgresql_or_with_old_ones_a_sentence_says_what_to_install(
    migrated_postgres: str, tmp_path: Path, programs: Path
) -> None:
    url = make_url(migrated_postgres.replace("postgresql://", "postgresql+asyncpg://")).set(password=SECRET)
    database = Database(url.render_as_string(hide_password=False))
    with pytest.raises(Unavailable, match="pg_dump is not installed"):
        await backups.save_postgresql(database, tmp_path / "dump")
    program(programs, "pg_dump", "pg_dump (PostgreSQL) 9.6.2")
    with pytest.raises(Unavailable, match="pg_dump is of PostgreSQL 9, and the server is of 1"):
        await backups.save_postgresql(database, tmp_path / "dump")
    program(programs, "pg_dump", "pg_dump (PostgreSQL) 99.1 (Debian 99.1-1)")
    await backups.save_postgresql(database, tmp_path / "dump")
    assert (programs / "told").read_text().strip() == SECRET
    assert SECRET not in (programs / "called").read_text()
    await database.close()


async def test_tables_of_somebody_else_are_not_touched(postgres_database: str, tmp_path: Path) -> None:
    database = Database(postgres_database.replace("postgresql://", "postgresql+asyncpg://"))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE theirs (x INTEGER)"))
    (tmp_path / "dump").touch()
    with pytest.raises(Unavailable, match="tables that are not Hedgerow's"):
        await backups.check_ours(database)
    await database.close()
