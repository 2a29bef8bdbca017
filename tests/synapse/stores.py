"""The database of a Hedgerow at Synapse: of one half of them SQLite's, of the other PostgreSQL's.

Which one it is hangs on the name of its folder, so it is the same in every run; `TEST_DATABASE`
says `sqlite` or `postgresql` for all of them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.postgres import cluster

_DRIVERS = {"sqlite:": "sqlite+aiosqlite:", "postgresql:": "postgresql+asyncpg:"}
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_WITH = 'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE :text OR t::text LIKE :bytes LIMIT 1'
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Store:
    """One database; `url` is as the configuration has it."""

    url: str

    @property
    def driven_url(self) -> str:
        """SQLAlchemy's, with the asynchronous driver."""
        scheme, rest = self.url.split(":", 1)
        return _DRIVERS[f"{scheme}:"] + rest

    @property
    def is_file(self) -> bool:
        """Whether it is SQLite's."""
        return self.url.startswith("sqlite:")

    def tables_with(self, word: str) -> set[str]:
        """The tables of PostgreSQL with a row in which `word` stands, as text or as bytes; none of a file."""
        if self.is_file:
            return set()
        tables = [name for (name,) in self.rows(_TABLES)]
        either = {"text": f"%{word}%", "bytes": f"%{word.encode().hex()}%"}
        return {name for name in tables if self.rows(_WITH.format(table=name), **either)}

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a statement of SQL gives, from whatever thread or loop; what it writes is committed."""
        return _apart(self._rows(statement, values))

    async def _rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        engine = create_async_engine(self.driven_url)
        async with engine.begin() as connection:
            found = await connection.execute(text(statement), values)
            rows = [tuple(row) for row in found] if found.returns_rows else []
        await engine.dispose()
        return rows


@cache
def store_at(directory: Path) -> Store:
    """The one for the Hedgerows of this folder, empty at first."""
    if _kind(directory) == "sqlite":
        return Store(f"sqlite:///{directory / 'hedgerow.db'}")
    name = f"hedgerow_{next(_numbers)}"
    _apart(_made(name))
    return Store(f"{cluster().url}/{name}")


def _kind(directory: Path) -> str:
    name = directory.name.rstrip("0123456789")
    by_name = ("sqlite", "postgresql")[zlib.crc32(name.encode()) % 2]
    return os.environ.get("TEST_DATABASE", by_name)


async def _made(name: str) -> None:
    connection = await asyncpg.connect(f"{cluster().url}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def _apart(doing: Any) -> Any:
    """Run it in a loop of its own, whether or not one runs here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, doing).result()
