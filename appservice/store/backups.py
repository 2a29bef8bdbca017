"""A database as one file, and back: SQLite by VACUUM INTO, PostgreSQL by its own programs.

Passwords go to those programs in their environment, never on a command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL

from appservice.store.database import Connection, Database
from appservice.store.revisions import known_revisions
from spaces.errors import Unavailable

RESTORED_MARK = "restored"
_JUMP = 10_000
"""So many numbers are left out after a restore: those that were given since the backup stay theirs.

That holds for epochs, too: who still acts on what is replaced has one that is not taken again.
"""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_BESIDE = ("-wal", "-shm", "-journal")
_NOT_GATHERED = ("-wal", "-journal")  # what is still there holds what was committed, or what was not


# -- both -------------------------------------------------------------------------------------------


async def shape(database: Database) -> str | None:
    """The revision that the database is at; None where there is none of Hedgerow's."""
    if database.path is not None and not database.path.exists():
        return None
    async with database.reading() as connection:
        return await _shape(connection)


async def _shape(connection: Connection) -> str | None:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.dialect.name != "sqlite":
        query = f"{_TABLES} AND tablename = 'alembic_version'"
    if (await connection.execute(text(query))).first() is None:
        return None
    found: str | None = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    return found


async def holding(database: Database) -> str:
    """What there is in it, in words. Raises `StoreError` where it cannot be read."""
    async with database.reading() as connection:
        counts = {}
        for name in ("networks", "groups"):
            counts[name] = (await connection.execute(text(f'SELECT count(*) FROM "{name}"'))).scalar_one()
    return f"networks: {counts['networks']}, groups: {counts['groups']}"


def check_shape(revision: str) -> None:
    """Raises `Unavailable` for one that a newer version has made."""
    if revision not in known_revisions():
        raise Unavailable(
            "The backup was made by a newer version of Hedgerow than this one, which cannot read it. "
            "Install that version, and restore with it."
        )


# -- SQLite -----------------------------------------------------------------------------------------


def save_sqlite(database: Path, to: Path) -> None:
    """All that is committed, as a file of its own. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def check_sqlite(file: Path) -> None:
    """Raises `Unavailable` where the file is damaged, or is no database of Hedgerow's."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        found, tables = str(error), set()
    if found != "ok":
        raise Unavailable(f"The database in the backup is damaged ({found}). Take another backup.")
    if not tables >= {"alembic_version", "marks", "sqlite_sequence"}:
        raise Unavailable("The database in the backup is not one of Hedgerow's. Take another backup.")


def note_restored(file: Path, when: str) -> None:
    """Let the service know that it goes on from a backup, and give no number a second time."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (RESTORED_MARK, when))
        counting = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        given = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        connection.execute("DELETE FROM sqlite_sequence")
        for (name,) in connection.execute(counting).fetchall():
            row = (name, given.get(name, 0) + _JUMP)
            connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", row)
        connection.execute("COMMIT")


def replace_sqlite(database: Path, fresh: Path, aside: Path) -> None:
    """Put `fresh` in the database's place at one stroke; what was there before is kept as `aside`.

    A kill in between leaves the old one, whole, or the new one. Nobody may write to it.
    """
    if database.exists():
        _gather(database)
        os.link(database, aside)
        for end in _NOT_GATHERED:
            with contextlib.suppress(FileNotFoundError):
                os.link(database.with_name(database.name + end), aside.with_name(aside.name + end))
    for end in _BESIDE:
        database.with_name(database.name + end).unlink(missing_ok=True)
    sync(database.parent)
    os.replace(fresh, database)
    sync(database.parent)


def _gather(database: Path) -> None:
    """Bring what stands beside it into the file. One that is damaged, or is read, is left as it is."""
    with contextlib.suppress(sqlite3.DatabaseError), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")


def copy_sqlite(source: Path, to: Path) -> None:
    """A file of SQLite's while others write to it."""
    with closing(sqlite3.connect(source, timeout=30)) as reading, closing(sqlite3.connect(to)) as writing:
        reading.backup(writing)


def sync(path: Path) -> None:
    """Have it on disk: a file's content, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- PostgreSQL -------------------------------------------------------------------------------------


async def save_postgresql(database: Database, to: Path) -> None:
    """All that is committed, in pg_dump's own format. Raises `Unavailable`."""
    await _check_version(database, "pg_dump")
    await _run(database.url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")


async def restore_postgresql(database: Database, dump: Path, when: str, folder: Path) -> None:
    """Put what is in `dump` in the place of all tables, in one transaction. Raises `Unavailable`.

    `folder` is for what is written on the way.
    """
    await _check_version(database, "pg_restore")
    tables = await check_ours(database)
    script = folder / "restore.sql"
    written = folder / "dumped.sql"
    await _run(database.url, "pg_restore", "--no-owner", "--no-privileges", f"--file={written}", str(dump))
    with script.open("xb") as out, written.open("rb") as dumped:
        schema = await _schema(database)
        out.write((_EPOCH if "acting" in tables else _NO_EPOCH).format(schema=schema).encode())
        out.write("".join(f"DROP TABLE {schema}.{_quoted(name)} CASCADE;\n" for name in tables).encode())
        shutil.copyfileobj(dumped, out)
        out.write(_AFTERWARDS.format(schema=schema, mark=RESTORED_MARK, when=when, jump=_JUMP).encode())
    script_options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    await _run(database.url, "psql", *script_options, "--output=/dev/null", f"--file={script}")


_EPOCH = "SELECT coalesce(max(epoch), 0) AS epoch FROM {schema}.acting \\gset\n"
_NO_EPOCH = "\\set epoch 0\n"
_AFTERWARDS = """
DELETE FROM {schema}.marks WHERE name = '{mark}';
INSERT INTO {schema}.marks (name, value) VALUES ('{mark}', '{when}');
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + {jump})
FROM pg_sequences WHERE format('%I', schemaname) = '{schema}';
SELECT to_regclass('{schema}.acting') IS NOT NULL AS has_epochs \\gset
\\if :has_epochs
UPDATE {schema}.acting SET epoch = greatest(epoch, :epoch) + {jump};
\\endif
"""


async def check_ours(database: Database) -> list[str]:
    """All tables that are there. Raises `Unavailable` where they are somebody else's."""
    async with database.reading() as connection:
        found = list((await connection.execute(text(_TABLES))).scalars())
    if found and "alembic_version" not in found:
        raise Unavailable(
            "The database holds tables that are not Hedgerow's, and nothing in it is touched. "
            "Give Hedgerow a database of its own (`createdb hedgerow`), and name that in `database`."
        )
    return found


async def _schema(database: Database) -> str:
    async with database.reading() as connection:
        return str((await connection.execute(text("SELECT quote_ident(current_schema())"))).scalar_one())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def _check_version(database: Database, program: str) -> None:
    said = await _run(database.url, program, "--version")
    found = re.search(r"(\d+)", said)
    ours = int(found[1]) if found else 0
    async with database.reading() as connection:
        number = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    theirs = int(number) // 10_000
    if ours < theirs:
        raise Unavailable(
            f"{program} is of PostgreSQL {ours}, and the server is of {theirs}: an older one cannot be "
            f"trusted with it. Install those of {theirs} (`apt-get install postgresql-client-{theirs}`), "
            "and put their folder first in PATH."
        )


async def _run(url: URL, program: str, *options: str) -> str:
    """What a program of PostgreSQL's says. Raises `Unavailable` where it is missing or fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *options,
            env=_environment(url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise Unavailable(
            f"{program} is not installed, and PostgreSQL's databases are saved and restored with it. "
            "Install PostgreSQL's programs on this machine (`apt-get install postgresql-client`)."
        ) from error
    out, err = await process.communicate()
    if process.returncode:
        last = err.decode("utf-8", "replace").strip().splitlines()[-3:]
        raise Unavailable(f"{program} has failed, and nothing was changed: {' '.join(last)}")
    return out.decode("utf-8", "replace")


def _environment(url: URL) -> Mapping[str, str]:
    """The way to the database, in libpq's variables."""
    return {**os.environ, **dict(_variables(url))}


def _variables(url: URL) -> Iterator[tuple[str, str]]:
    ssl, socket = url.query.get("ssl"), url.query.get("host")
    said = {
        "PGHOST": url.host or (socket if isinstance(socket, str) else None),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl if isinstance(ssl, str) else None,
    }
    return ((name, value) for name, value in said.items() if value)
