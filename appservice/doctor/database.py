"""What the doctor looks at of the database: files, shape, server, and the room left on the disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from appservice.device import DEVICE_MARK, SEEDS_MARK
from appservice.doctor.clock import clock_of
from appservice.doctor.files import fault_of_database_files, files_of, open_to_others, room_left
from appservice.doctor.visit import Visit
from appservice.findings import Finding
from appservice.repairs import Migrate
from appservice.secrecy import crypto_folder
from appservice.store import journal, standing
from appservice.store.database import Connection, NotLetIn, StoreError

_ABOUT = "database"
_OLDEST_SERVER = 130_000
_LONGEST_LOG = 500_000_000  # bytes; usually it is a few million
_LARGEST_READ = 200_000_000  # bytes that are read through in a second or two
_NOT_SET = re.compile(r"SQLite would not set (\w+)")


async def look(visit: Visit) -> Sequence[Finding]:
    """It opens, is of this version's shape and sound, and nobody else reads it."""
    path = visit.database.path
    if path is not None:
        if (fault := fault_of_database_files(path.absolute())) is not None:
            return [fault]
        if not path.exists():
            visit.is_read = True
            return [Finding("ok", _ABOUT, f"{path} is not there yet; the first start makes it")]
    try:
        async with visit.database.reading() as connection:
            return await _read(visit, connection)
    except (StoreError, OSError) as error:
        return [_unreadable(visit, error)]
    except RuntimeError as error:
        if (setting := _NOT_SET.match(str(error))) is None:
            raise
        found = f"SQLite cannot have `{setting[1]}` as Hedgerow needs it there"
        mend = "put the file on a disk of this machine: network file systems cannot do it; or use PostgreSQL."
        return [Finding("failed", _ABOUT, found, mend)]


def _unreadable(visit: Visit, error: Exception) -> Finding:
    url, user = visit.database.url, visit.database.url.username
    at = f"{url.host or 'the local socket'}:{url.port or 5432}"
    if not visit.database.is_sqlite and isinstance(error, OSError) and not isinstance(error, NotLetIn):
        mend = "start PostgreSQL, or correct the host and the port in `database`."
        return Finding("failed", _ABOUT, f"no PostgreSQL answers at {at}", mend)
    match standing.sqlstate(error):
        case "3D000":
            options = f"--owner={user} --encoding=UTF8 --template=template0"
            mend = f"`createdb {options} {url.database}` on its machine."
            return Finding("failed", _ABOUT, f"PostgreSQL at {at} has none of the name {url.database}", mend)
        case "28P01" | "28000":
            mend = "correct the user and the password in `database`; pg_hba.conf must let them in from here."
            return Finding("failed", _ABOUT, f"PostgreSQL at {at} does not let {user} in", mend)
    mend = "look at `database` in the configuration: the file must be readable, or PostgreSQL answer."
    return Finding("failed", _ABOUT, f"it cannot be read ({standing.why_unusable(error)})", mend)


async def _read(visit: Visit, connection: Connection) -> list[Finding]:
    shape = await standing.shape(connection)
    found = _of_shape(shape)
    if visit.database.is_sqlite:
        found += await _of_sqlite(visit, connection)
    else:
        found += _of_server(await standing.server(connection), visit.now(), shape)
    if shape in ("this", "older"):
        visit.device = await journal.mark(connection, DEVICE_MARK)
        visit.seeds = await journal.mark(connection, SEEDS_MARK)
    visit.is_read = shape != "newer"
    visit.has_tables = shape == "this"
    return found


def _of_shape(shape: standing.Shape) -> list[Finding]:
    match shape:
        case "none":
            return [Finding("ok", _ABOUT, "it opens, and is empty; the first start fills it")]
        case "older":
            found = "it is of an older version, and the next start brings it to this one's shape"
            mend = "make a backup (`hedgerow backup`), since the older version cannot read it after that."
            return [Finding("look", _ABOUT, found, mend, Migrate())]
        case "newer":
            found = "it was written by a newer version of Hedgerow than this one, which cannot read it"
            mend = "install that version again, or restore a backup made with this one."
            return [Finding("failed", _ABOUT, found, mend)]
    return [Finding("ok", _ABOUT, "it opens")]


# -- SQLite -----------------------------------------------------------------------------------------


async def _of_sqlite(visit: Visit, connection: Connection) -> list[Finding]:
    path = (visit.database.path or Path()).absolute()
    found = open_to_others(_ABOUT, files_of(path)[:3])
    if path.stat().st_size <= _LARGEST_READ and not await standing.is_sound(connection):
        mend = "stop Hedgerow, and restore the newest backup (`hedgerow restore`)."
        found.append(Finding("failed", _ABOUT, f"{path} is damaged", mend))
    if (long := standing.log_bytes(path)) > _LONGEST_LOG:
        words = f"its write-ahead log has grown to {long // 1_000_000:,} MB"
        mend = "end what keeps the file open for reading all the time, then start `hedgerow run` again."
        found.append(Finding("look", _ABOUT, words, mend))
    return found


# -- PostgreSQL -------------------------------------------------------------------------------------


def _of_server(server: standing.Server, now: float, shape: standing.Shape) -> list[Finding]:
    found = []
    if server.version < _OLDEST_SERVER:
        words = f"PostgreSQL {server.called} gets no corrections any more"
        mend = "move to version 15 or later, with which Hedgerow is tried."
        found.append(Finding("look", _ABOUT, words, mend))
    if server.encoding != "UTF8":
        words = f"its encoding is {server.encoding}, and people's names do not fit into it"
        mend = "make another with `createdb --encoding=UTF8 --template=template0`, and name it in `database`."
        found.append(Finding("failed", _ABOUT, words, mend))
    if server.is_read_only:
        mend = "name the primary server in `database`: this one only follows it, or is set to be read only."
        found.append(Finding("failed", _ABOUT, "nothing can be written to it", mend))
    elif shape != "this" and not server.may_create:
        words = f"{server.user} may make no tables in it"
        mend = (
            f'as its owner say in `psql`: GRANT ALL ON SCHEMA {server.schema or "public"} TO "{server.user}";'
        )
        found.append(Finding("failed", _ABOUT, words, mend))
    clock = clock_of("the database's server", server.now, now)
    return found if clock.verdict == "ok" else [*found, clock]


# -- the disk ---------------------------------------------------------------------------------------


async def look_at_room_left(visit: Visit) -> Sequence[Finding]:
    """Where this machine keeps what Hedgerow writes: SQLite's file, else the keys of conversations."""
    path = visit.database.path
    folder = (
        path.absolute().parent if path else crypto_folder(visit.settings, visit.database).absolute().parent
    )
    found = room_left(folder)
    return [] if found is None or (found.verdict == "ok" and path is None) else [found]
