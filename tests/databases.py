"""Databases for the services of tests, of whichever kind the run asks for: empty, or as a kill leaves them.

Those of PostgreSQL are used again and again, which costs a tenth of making and dropping each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.clerk import clerk_at
from tests.hedgerow import laid_out, migrated
from tests.kept_rows import Rows, fill_file, kept_file, script

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


_SHAPE = (
    "SELECT md5(string_agg(concat_ws(' ', c.relname, a.attname, a.atttypid, a.attnotnull), ',' "
    "ORDER BY c.relname, a.attnum)) || (SELECT version_num FROM alembic_version) FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace"
)


class Databases(Protocol):
    """Of one kind. A URL is as the configuration has it; nothing else of this process runs meanwhile."""

    def empty(self) -> AbstractContextManager[str]:
        """The URL of a database of this version's shape, for a while."""

    def keep(self, url: str) -> Rows:
        """What has been committed, which is what a kill leaves. A commit that is under way may be in it."""

    def holding(self, rows: Rows) -> AbstractContextManager[str]:
        """The URL of a database that holds what was kept, for a while."""


# -- SQLite -------------------------------------------------------------------------------------------


class Files:
    """In `folder`, each in one of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self._file() as file:
            yield f"sqlite:///{laid_out(file)}"

    def keep(self, url: str) -> Rows:
        return kept_file(Path(url.removeprefix("sqlite:///")))

    @contextmanager
    def holding(self, rows: Rows) -> Iterator[str]:
        assert not isinstance(rows, str)
        with self._file() as file:
            file.touch(mode=0o600)
            fill_file(file, rows)
            yield f"sqlite:///{file}"

    @contextmanager
    def _file(self) -> Iterator[Path]:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        yield folder / "hedgerow.db"
        shutil.rmtree(folder)


# -- PostgreSQL ---------------------------------------------------------------------------------------


class AtServer:
    """At the server of that URL."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._clerk = clerk_at(server)
        self._template = template_at(server)
        self._numbers = count(1)
        self._spare = list[str]()
        self._nothing: Rows | None = None
        self._shape = self._shape_of(self._template)
        self._clerk.leave(self._template)

    @contextmanager
    def empty(self) -> Iterator[str]:
        if self._nothing is None:
            with self._lent() as name:
                self._nothing = self.keep(name)
        with self.holding(self._nothing) as url:
            yield url

    def keep(self, url: str) -> Rows:
        return self._clerk.at_once(url.rpartition("/")[2], script)

    @contextmanager
    def holding(self, rows: Rows) -> Iterator[str]:
        with self._lent() as name:
            self._clerk.at_once(name, lambda at: at.execute(rows))
            yield f"{self._server}/{name}"
            self._clerk.at_once(name, lambda at: at.execute(_END_OTHERS))

    @contextmanager
    def _lent(self) -> Iterator[str]:
        """One that nobody uses, with whatever is in it. Who fails, or changes its shape, keeps it."""
        name = self._spare.pop() if self._spare else self._made()
        yield name
        if self._shape_of(name) == self._shape:
            self._spare.append(name)

    def _shape_of(self, name: str) -> str:
        shape: str = self._clerk.at_once(name, lambda at: at.fetchval(_SHAPE))
        return shape

    def _made(self) -> str:
        name = f"lent_{next(self._numbers)}"
        self._clerk.at_once("postgres", lambda at: at.execute(copying(name, self._template)))
        return name


@cache
def databases_at(server: str) -> AtServer:
    """Those of this process."""
    return AtServer(server)


@cache
def template_at(server: str) -> str:
    """The name of a database of this version's shape; nobody may be connected with it while it is copied."""
    name, clerk = "migrated", clerk_at(server)
    clerk.at_once("postgres", lambda at: at.execute(f"CREATE DATABASE {name}"))
    clerk.at_once("postgres", lambda _: migrated(driven(f"{server}/{name}")))
    return name


def copying(name: str, template: str) -> str:
    """The statement that makes a copy."""
    return f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"  # in half the time of the other


def driven(url: str) -> str:
    """SQLAlchemy's URL, with the asynchronous driver, for one as in the configuration."""
    return url.replace("sqlite:", "sqlite+aiosqlite:", 1).replace("postgresql:", "postgresql+asyncpg:", 1)
