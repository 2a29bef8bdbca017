"""The database of a Hedgerow at Synapse: of one half of them SQLite's, of the other PostgreSQL's.

Which one it is hangs on the name of its folder, so it is the same in every run; `HEDGEROW_TEST_DATABASE`
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
    return os.environ.get("HEDGEROW_TEST_DATABASE", by_name)


async def _made(name: str) -> None:
    connection = await asyncpg.connect(f"{cluster().url}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def _apart(doing: Any) -> Any:
    """Run it in a loop of its own, whether or not one runs here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, doing).result()
