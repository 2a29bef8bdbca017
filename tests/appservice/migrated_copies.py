"""A database that is copied again and again, of each kind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.conftest import execute
from tests.databases import driven

Copied = tuple[str, Callable[[], str]]
"""The URL of an empty database, and what makes a copy of it, with what is in it by then."""

_numbers = count(1)


@contextmanager
def files(folder: Path) -> Iterator[Copied]:
    file = folder / "older"

    def copy() -> str:
        return f"sqlite+aiosqlite:///{shutil.copy(file, folder / f'copy{next(_numbers)}')}"

    yield f"sqlite+aiosqlite:///{file}", copy


@contextmanager
def databases(server: str) -> Iterator[Copied]:
    names = [f"older_{next(_numbers)}"]
    asyncio.run(execute(server, f"CREATE DATABASE {names[0]}"))

    def copy() -> str:
        names.append(f"upgraded_{next(_numbers)}")
        asyncio.run(execute(server, f"CREATE DATABASE {names[-1]} TEMPLATE {names[0]}"))
        return driven(f"{server}/{names[-1]}")

    yield driven(f"{server}/{names[0]}"), copy
    for name in names:
        asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))
