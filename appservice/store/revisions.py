"""Which shapes of the database this program knows, and which one a database has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import inspect, text

from appservice.store.database import Connection

FOLDERS = (Path(__file__).parent / "migrations" / "versions",)
_LINK = re.compile(r'^revision = "(\w+)"\ndown_revision = "?(\w+)"?$', re.MULTILINE)


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions that this program brings, the newest first, as alembic has them.

    Read from the files' text: alembic itself takes a tenth of a service's memory, and only who migrates
    needs it.
    """
    texts = (file.read_text("utf-8") for folder in FOLDERS for file in folder.glob("*.py"))
    follows: dict[str, str] = dict(link for text in texts for link in _LINK.findall(text))
    [newest] = follows.keys() - follows.values()
    chain = [newest]
    while (before := follows[chain[-1]]) in follows:
        chain.append(before)
    return tuple(chain)


async def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; None where it has none."""
    return await connection.run_sync(revision_in)


def revision_in(connection: SyncConnection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found
