"""Databases for benches, of the kind that is asked for; a PostgreSQL is started for it and thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.appservice.migrated_copies import Copied, databases, files
from tests.clerk import send_home
from tests.databases import AtServer, Databases, Files
from tests.postgres import Cluster

KINDS = ("sqlite", "postgresql")


@contextmanager
def copied(kind: str, folder: Path) -> Iterator[Copied]:
    """An empty one, and what copies it."""
    if kind == "sqlite":
        with files(folder) as found:
            yield found
    else:
        with server() as url, databases(url) as found:
            yield found


@contextmanager
def shaped(kind: str, folder: Path) -> Iterator[Databases]:
    """Those of this version's shape."""
    if kind == "sqlite":
        yield Files(folder)
    else:
        with server() as url:
            try:
                yield AtServer(url)
            finally:
                send_home()


@contextmanager
def server() -> Iterator[str]:
    cluster = Cluster()
    cluster.start()
    try:
        yield cluster.url
    finally:
        cluster.stop()
