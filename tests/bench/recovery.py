"""How long does it take until a large installation that was lost is there again, from its backup?

    python -m tests.bench.recovery sqlite|postgresql [--networks 1000] [--groups 17] [--people 100000]

A place as it stands once all is done (`tests/bench/place.py`), and `hedgerow backup`; then the database is
lost, and `hedgerow restore --yes` and `hedgerow run` follow, as delivered, at a stand-in for a homeserver
that answers from memory. Printed are the seconds of each: the service is there once `/ready` answers 200, and
sure of all that people may have changed meanwhile once it has read back every room. Exit code 1: from the
loss until then it took more than ten minutes. A throw-away PostgreSQL is started for it, which does not sync.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

import asyncpg
from aiohttp import web

from appservice.demo.synapse import free_port
from appservice.store.database import Database
from tests.bench.delivered import run, until_ready, written
from tests.bench.place import Large
from tests.bench.stores import KINDS, server
from tests.bench.town import Living
from tests.databases import driven

_MOST_SECONDS = 600.0
_PATIENCE_SECONDS = 3 * _MOST_SECONDS


class Reading(Living):
    """A stand-in that knows which of the place's rooms are not `unread` any more."""

    def __init__(self, large: Large) -> None:
        super().__init__(large)
        self.unread = {str(large.places.room(place)) for place in large.expected}
        self.all_read = asyncio.Event()

    async def _state(self, request: web.Request) -> web.Response:
        answer = await super()._state(request)
        self.unread.discard(unquote(request.match_info["room"]))
        if not self.unread:
            self.all_read.set()
        return answer


# -- what is lost -------------------------------------------------------------------------------------


class Losable(Protocol):
    """A database at `url`."""

    url: str

    async def lose(self) -> None:
        """Nothing is left of it; an empty one can be, or is, in its place."""


class File:
    """SQLite's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "kept"
        self._folder.mkdir()
        self.url = f"sqlite:///{self._folder / 'hedgerow.db'}"

    async def lose(self) -> None:
        for file in self._folder.iterdir():
            file.unlink()


class AtServer:
    """PostgreSQL's, at the server of that URL."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.url = f"{server}/hedgerow"

    async def make(self) -> None:
        await self._say("CREATE DATABASE hedgerow")

    async def lose(self) -> None:
        await self._say("DROP DATABASE hedgerow")
        await self.make()

    async def _say(self, statement: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def losable(kind: str, folder: Path) -> AsyncIterator[Losable]:
    if kind == "sqlite":
        yield File(folder)
        return
    with server() as url:
        found = AtServer(url)
        await found.make()
        yield found


# -- what is done -------------------------------------------------------------------------------------


class Stopwatch:
    """Tells how long each step took."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def tell(self, what: str) -> float:
        """Seconds since it was asked last."""
        before, self._at = self._at, time.monotonic()
        print(f"  {what}: {self._at - before:.1f} s", flush=True)
        return self._at - before


async def _hedgerow(*words: str) -> None:
    """Raises `RuntimeError` where it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appservice", *words), stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise RuntimeError(f"hedgerow {words[0]} has failed")


@asynccontextmanager
async def _running(config: Path, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "appservice", "run", "--config", str(config))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def recovered(large: Large, kept: Losable, folder: Path) -> float:
    """Seconds from the loss until all rooms have been read back."""
    homeserver, port = Reading(large), free_port()
    saved, log = folder / "saved.hedgerow", folder / "log"
    log.touch()
    await large.write(Database(driven(kept.url)))
    config = written(folder / "hedgerow.yaml", await homeserver.start(), port, kept.url, {})
    said = ("--config", str(config))
    watch = Stopwatch()
    await _hedgerow("backup", str(saved), *said)
    watch.tell(f"backup, of {saved.stat().st_size / 1e6:,.0f} MB")
    await kept.lose()
    watch.tell("loss")
    await _hedgerow("restore", str(saved), "--yes", *said)
    taken = watch.tell("restore")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), _running(config, log) as process:
            await until_ready(port, process, _PATIENCE_SECONDS)
            taken += watch.tell("until /ready answers 200")
            await homeserver.all_read.wait()
            return taken + watch.tell("until all rooms have been read back")
    finally:
        await homeserver.stop()
        print((await asyncio.to_thread(log.read_text, encoding="utf-8"))[-2000:], end="")


async def main(arguments: argparse.Namespace) -> bool:
    """Whether it took ten minutes at most."""
    large = Large(arguments.networks, arguments.groups, arguments.people)
    print(f"{arguments.kind}: {arguments.networks} networks, {len(large.expected)} rooms", flush=True)
    with tempfile.TemporaryDirectory() as name:
        async with losable(arguments.kind, Path(name)) as kept:
            seconds = await recovered(large, kept, Path(name))
    print(f"there again after {seconds:.0f} s")
    return seconds <= _MOST_SECONDS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=17)
    parser.add_argument("--people", type=int, default=100_000)
    sys.exit(0 if run(main(parser.parse_args())) else 1)
