"""At a real Synapse, a stale backup is brought back again and again, each time after more has been made.

    python -m tests.bench.restores sqlite|postgresql [--times 20]

Each time there must be the same rooms as before, one for each place. Ends with a line, or an exception.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from tests.bench.stores import KINDS
from tests.postgres import cluster
from tests.synapse.hedge import Hedge
from tests.synapse.home import Home
from tests.synapse.stale import brought_back


async def restored(folder: Path, times: int) -> str:
    home, rooms, began = Home.prepare(folder / "home"), 0, time.monotonic()
    hedge = Hedge(home, folder / "hedge")
    hedge.directory.mkdir()
    await home.synapse.start()
    try:
        for number in range(1, times + 1):
            rooms = await brought_back(hedge, f"Kept {number}")
            print(f"  {number}: {rooms} rooms, {time.monotonic() - began:.0f} s", flush=True)
    finally:
        hedge.end()
        await home.synapse.stop()
    return f"{times} stale backups brought back: {rooms} rooms in the end, one for each place, none lost"


def main(kind: str, times: int) -> None:
    os.environ["TEST_DATABASE"] = kind
    try:
        with tempfile.TemporaryDirectory() as name:
            print(f"{kind}: {asyncio.run(restored(Path(name), times))}")
    finally:
        if cluster.cache_info().currsize:
            cluster().stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    main(given.kind, given.times)
