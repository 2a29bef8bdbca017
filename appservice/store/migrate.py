"""Bring the database to this version's shape, under a lock, all of it or nothing."""

from __future__ import annotations

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text

from appservice.store.database import Connection, Database
from appservice.store.revisions import known_revisions, revision_in, revision_of
from spaces.errors import Unavailable

_LOCK = 4_873_512_001  # any number that no other program on the same PostgreSQL takes


async def migrate(database: Database, to: str = "head") -> None:
    """Upgrade to `to`. Raises `Unavailable` where the database is newer than this program."""
    async with database.writing() as connection:
        await migrate_on(connection, to)


async def look(database: Database) -> bool:
    """Whether the database has this version's shape; an empty one gets it.

    Raises `Unavailable` where it is newer than this program. An older one is left as it is: another process
    may act on it.
    """
    async with database.reading() as connection:
        found = await revision_of(connection)
    if found is None:
        await migrate(database)
    else:
        _check_known(found)
    return found in (None, known_revisions()[0])


async def migrate_on(connection: Connection, to: str = "head") -> None:
    """The same within a transaction of somebody else's."""
    if connection.dialect.name != "sqlite":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
    await connection.run_sync(_upgrade, to)


async def downgrade(database: Database, to: str) -> None:
    """Go back to revision `to` (`base`: nothing)."""
    async with database.writing() as connection:
        await connection.run_sync(_run, "downgrade", to)


def _upgrade(connection: SyncConnection, to: str) -> None:
    found = revision_in(connection)
    if found == (known_revisions()[0] if to == "head" else to):
        return
    if found is not None:
        _check_known(found)
    _run(connection, "upgrade", to)


def _run(connection: SyncConnection, how: str, to: str) -> None:
    from appservice.store import alembic_chain  # a tenth of a service's memory, which most starts do not need

    alembic_chain.run(connection, how, to)


def _check_known(found: str) -> None:
    if found not in known_revisions():
        raise Unavailable(
            "The database was written by a newer version of Hedgerow than this one, which cannot read it. "
            "Install that version again, or restore a backup made with this one."
        )
