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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from appservice.store.database import Database
from appservice.store.migrate import migrate
from tests.leaks import checks, checks_elsewhere
from tests.leaks.everywhere import Tried, judge_everywhere, logged
from tests.leaks.judging import Counted, Direct, Leak, judge, opened
from tests.leaks.worlds import World, banned, worlds

__all__ = ["CHECKS", "ELSEWHERE", "SHORTLY", "Check", "migrated", "notices", "taken_away", "worlds_notice"]


_FUTURE = annotations.compiler_flag
_SEED = 7


@dataclass(frozen=True)
class Check:
    """In `where`, `gone` becomes `instead`."""

    name: str
    where: Any
    gone: str
    instead: str

    def __str__(self) -> str:
        return self.name


Pieces = Mapping[Any, tuple[tuple[str, str, str], ...]]


def _checks(found: Pieces) -> tuple[Check, ...]:
    return tuple(Check(name, where, *piece) for where, pieces in found.items() for name, *piece in pieces)


CHECKS, ELSEWHERE = _checks(checks.PIECES), _checks(checks_elsewhere.PIECES)
SHORTLY = (*checks.SHORTLY, *checks_elsewhere.SHORTLY)


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


def worlds_notice(connection: Direct, check: Check, *, most: int = 60) -> tuple[int, str] | None:
    """As `notices`, of the worlds that are judged on all surfaces."""
    tried = Tried()
    with logged() as log, taken_away(check):
        try:
            for number in range(most):
                asyncio.run(judge_everywhere(connection, _SEED, number, tried, log))
        except Leak as leak:
            return tried.questions, str(leak)
    return None


@contextmanager
def _nothing() -> Iterator[None]:
    yield


# -- by hand ----------------------------------------------------------------------------------------------


def main() -> int:
    """Print for each check after how many answers it was noticed; 1 where one was not."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.db"
        asyncio.run(migrated(file))
        connection = opened(str(file))
        missed = [check for check in CHECKS if not _tried(connection, check, notices)]
        missed += [check for check in ELSEWHERE if not _tried(connection, check, worlds_notice)]
    every = len(CHECKS) + len(ELSEWHERE)
    print(f"{every - len(missed)} of {every} are noticed")
    return 1 if missed else 0


def _tried(
    connection: Direct, check: Check, proof: Callable[[Direct, Check], tuple[int, str] | None]
) -> bool:
    began = time.monotonic()
    found = proof(connection, check)
    took = time.monotonic() - began
    said = f"after {found[0]:>5} answers" if found else "NOT NOTICED       "
    print(f"{check.name:<40} {said}  {took:6.1f} s", flush=True)
    return found is not None


async def migrated(file: Path) -> None:
    """Make an empty database there."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    await migrate(database)
    await database.close()


if __name__ == "__main__":
    sys.exit(main())
