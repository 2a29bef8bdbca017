"""A start that upgrades an older database with data is killed before each statement and commit, one by one.

    python -m tests.bench.upgrades sqlite|postgresql [--every 1] [--times 20]

Then it is killed `--times` times after any while, wherever it is then. After each kill the next start must
bring the database to this version's shape, with all that was in it. Ends with a line, or an exception.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.appservice import killed_upgrade
from tests.appservice.killed_upgrade import Rows
from tests.appservice.migrated_copies import Copied
from tests.bench.stores import KINDS, copied


def tried(empty: Copied, folder: Path, every: int, times: int) -> str:
    url, copy = empty
    rows, left = killed_upgrade.older(url), Counter[str]()
    began = time.monotonic()
    steps = killed_upgrade.steps(copy(), folder / "steps")
    seconds = time.monotonic() - began
    for step in range(0, len(steps), every):
        place = copy()
        assert killed_upgrade.was_killed(place, step), steps[step]
        left[judged(place, rows)] += 1
    chance = random.Random(73)
    for _ in range(times):
        place = copy()
        killed_upgrade.was_killed_after(place, chance.uniform(0.0, seconds))
        left[judged(place, rows)] += 1
    found = ", ".join(f"{count} at {revision}" for revision, count in sorted(left.items()))
    return (
        f"{left.total()} kills in an upgrade of {len(steps)} steps: left {found}; each upgraded wholly after"
    )


def judged(url: str, rows: Rows) -> str:
    found = killed_upgrade.left_behind(url)
    assert killed_upgrade.upgraded(url, set(rows)) == rows
    return found


def main(kind: str, every: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as name, copied(kind, Path(name)) as empty:
        print(f"{kind}: {tried(empty, Path(name), every, times)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    main(given.kind, given.every, given.times)
