"""The checks of what may be seen, taken away one by one: does the proof notice?

    python -m tests.leaks.without

Each is a piece of the source of a function, which is compiled anew without it. Where the source no longer
has that piece, this fails.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.leaks.checks import PIECES, SHORTLY
from tests.leaks.judging import Counted, Direct, Leak, judge, opened
from tests.leaks.worlds import World, banned, worlds

__all__ = ["CHECKS", "SHORTLY", "Check", "notices", "taken_away"]


_FUTURE = annotations.compiler_flag


@dataclass(frozen=True)
class Check:
    """In `where`, `gone` becomes `instead`."""

    name: str
    where: Any
    gone: str
    instead: str

    def __str__(self) -> str:
        return self.name


CHECKS = tuple(Check(name, where, *piece) for where, pieces in PIECES.items() for name, *piece in pieces)


@contextmanager
def taken_away(check: Check) -> Iterator[None]:
    """The function goes on without it; whoever holds the function already, too."""
    function = _function(check.where)
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(check.gone) != 1:
        raise LookupError(f"{check.name}: {function.__qualname__} has not once {check.gone!r}")
    made: dict[str, Any] = {}
    without = source[_start(source) :].replace(check.gone, check.instead)
    exec(compile(without, "<without>", "exec", flags=_FUTURE), dict(function.__globals__), made)
    before = function.__code__
    function.__code__ = made[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = before


def _function(where: Any) -> FunctionType:
    function = inspect.unwrap(where)
    assert isinstance(function, FunctionType)
    return function


def _start(source: str) -> int:
    """Where the function itself begins, behind its decorators."""
    found = re.search(r"^(async )?def ", source, re.MULTILINE)
    assert found is not None
    return found.start()


def notices(connection: Direct, check: Check | None, *, most: int = 60) -> tuple[int, str] | None:
    """After how many answers the proof fails, and how; None where it holds for so many worlds."""
    counted = Counted()

    @seed(1)
    @given(worlds())
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    def every(world: World) -> None:
        try:
            asyncio.run(judge(connection, banned(world), counted, each=12))
        finally:
            connection.rollback()

    try:
        with taken_away(check) if check else _nothing():
            every()
    except Leak as leak:
        return counted.answers, str(leak)
    return None


@contextmanager
def _nothing() -> Iterator[None]:
    yield


# -- by hand ----------------------------------------------------------------------------------------------


def main() -> int:
    """Print for each check after how many answers it was noticed; 1 where one was not."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        asyncio.run(_migrated(file))
        connection = opened(str(file))
        missed = [check for check in CHECKS if not _tried(connection, check)]
    print(f"{len(CHECKS) - len(missed)} of {len(CHECKS)} are noticed")
    return 1 if missed else 0


def _tried(connection: Direct, check: Check) -> bool:
    began = time.monotonic()
    found = notices(connection, check)
    took = time.monotonic() - began
    said = f"after {found[0]:>5} answers" if found else "NOT NOTICED       "
    print(f"{check.name:<40} {said}  {took:6.1f} s", flush=True)
    return found is not None


async def _migrated(file: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{file}")
    await migrate(database)
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
