"""Ten thousand made-up worlds, each on all surfaces: does anything tell of what is hidden (A44)?

    python -m tests.bench.worlds [--worlds 10000] [--seed 1] [--first 0] [--minutes 60] [--without CHECK]

Each world is drawn by its number and the seed. What the directory finds, what digests tell and what the bot
answers (directly, and where others read it), the public pages, feeds, calendars and the directory's API, the
state of every room, the room directories, the labels of numbers, and whatever comes into the log meanwhile
are judged by the oracle of `tests/leaks`, and most also by asking the same in the world without what is
hidden. Exit code 1: something told of what is hidden, which is shown, and how to have that very world again;
or the minutes were over before the last world. `--without` takes one of the checks of
`python -m tests.leaks.without` away, to see that fail.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from tests.compiled_once import compiled_once
from tests.leaks.everywhere import Tried, judge_everywhere, logged
from tests.leaks.judging import Leak, opened
from tests.leaks.without import CHECKS, ELSEWHERE, migrated, taken_away

_CHECKS = (*CHECKS, *ELSEWHERE)
_MOST_SHOWN = 20
_TOLD_EVERY = 250


def main(arguments: argparse.Namespace) -> int:
    tried, begun, hits = Tried(), time.monotonic(), list[int]()
    removed = next((check for check in _CHECKS if check.name == arguments.without), None)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    with taken_away(removed) if removed else nullcontext():
        for number in _each(arguments, tried, hits):
            if tried.worlds % _TOLD_EVERY == 0 or number in hits:
                _tell(tried, hits, time.monotonic() - begun)
            is_over = time.monotonic() - begun > arguments.minutes * 60 > 0
            if len(hits) == _MOST_SHOWN or is_over:
                break
    print(f"{tried.found}\n{tried.sold}\n{tried.heard}\n{tried.published}\n{tried.lines} lines of the log")
    worlds = tried.worlds + len(hits)
    print(
        f"{worlds:,} of {arguments.worlds:,} worlds, {tried.questions:,} questions, {len(hits)} hits "
        f"in {time.monotonic() - begun:,.0f} s (seed {arguments.seed})"
    )
    return 1 if hits or worlds < arguments.worlds else 0


def _each(arguments: argparse.Namespace, tried: Tried, hits: list[int]) -> Iterator[int]:
    """The number of each world once it has been judged."""
    with tempfile.TemporaryDirectory() as folder, logged() as log:
        file = Path(folder) / "worlds.db"
        asyncio.run(migrated(file))
        connection = opened(str(file))
        for number in range(arguments.first, arguments.first + arguments.worlds):
            try:
                asyncio.run(judge_everywhere(connection, arguments.seed, number, tried, log))
            except Exception as fault:  # what breaks off tells nothing, but is no answer either
                hits.append(number)
                _show(fault, arguments, number)
            yield number


def _show(fault: Exception, arguments: argparse.Namespace, number: int) -> None:
    what = str(fault) if isinstance(fault, Leak) else "".join(traceback.format_exception(fault))
    again = f"--worlds 1 --seed {arguments.seed} --first {number}"
    again += f" --without {arguments.without!r}" if arguments.without else ""
    print(f"HIT in world {number}: {what}\nagain: python -m tests.bench.worlds {again}\n", flush=True)


def _tell(tried: Tried, hits: Sequence[int], seconds: float) -> None:
    worlds = tried.worlds + len(hits)
    each = f"{1000 * seconds / worlds:4.0f} ms each"
    print(f"{worlds:7,} worlds  {tried.questions:10,} questions  {len(hits)} hits  {each}", flush=True)


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="the longest that it tries; 0: until the last"
    )
    parser.add_argument(
        "--without", default="", choices=["", *(check.name for check in _CHECKS)], metavar="CHECK"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    with compiled_once():
        sys.exit(main(_arguments()))
