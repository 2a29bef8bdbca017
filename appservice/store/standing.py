"""How a database stands: of which shape it is, and what of it an operator may have to look after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import text

from appservice.store.database import Connection
from appservice.store.revisions import known_revisions, revision_of

Shape = Literal["none", "older", "this", "newer"]

_POSTGRESQL = text("""
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('server_version') AS called,
           current_setting('server_encoding') AS encoding,
           pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS is_read_only,
           coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
           current_schema() AS schema,
           current_user AS called_by,
           extract(epoch FROM clock_timestamp())::float AS now
""")


@dataclass(frozen=True, slots=True)
class Server:
    """What PostgreSQL tells of itself: `version` as 150004, `now` in seconds since 1970."""

    version: int
    called: str
    encoding: str
    is_read_only: bool
    may_create: bool
    schema: str | None
    user: str
    now: float


def sqlstate(error: Exception) -> str:
    """PostgreSQL's code for what went wrong, such as 3D000; empty for anything else."""
    original = getattr(error, "orig", None) or error.__cause__
    return str(getattr(original, "sqlstate", None) or "")


def why_unusable(error: Exception) -> str:
    """What keeps a database from being used, without the statement or the URL: words, or else its kind."""
    original = getattr(error, "orig", None) or error
    known = _REASONS.get(sqlstate(error)) or _REASONS.get(getattr(original, "sqlite_errorname", ""))
    if known is not None:
        return known
    if isinstance(error, ConnectionRefusedError):
        return "nothing takes a connection at its host and port"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return type(original).__name__


_REASONS = {
    "3D000": "PostgreSQL has none of that name; `createdb` makes it",
    "28P01": "PostgreSQL does not take this user or password",
    "28000": "PostgreSQL does not take this user or password",
    "SQLITE_NOTADB": "the file is not SQLite's",
    "SQLITE_CORRUPT": "the file is damaged",
}


async def shape(connection: Connection) -> Shape:
    """Of which version's shape the database is, by its migrations."""
    found = await revision_of(connection)
    known = known_revisions()
    if found is None:
        return "none"
    if found not in known:
        return "newer"
    return "this" if found == known[0] else "older"


async def server(connection: Connection) -> Server:
    """Of PostgreSQL alone."""
    row = (await connection.execute(_POSTGRESQL)).one()
    return Server(
        version=row.version,
        called=row.called,
        encoding=row.encoding,
        is_read_only=row.is_read_only,
        may_create=row.may_create,
        schema=row.schema,
        user=row.called_by,
        now=row.now,
    )


async def is_sound(connection: Connection) -> bool:
    """Whether SQLite finds its file in order; it reads the whole of it."""
    found = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar()
    return found == "ok"


def log_bytes(database: Path) -> int:
    """How long SQLite's write-ahead log is."""
    try:
        return database.with_name(f"{database.name}-wal").stat().st_size
    except OSError:
        return 0
