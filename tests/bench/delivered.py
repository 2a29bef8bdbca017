"""`hedgerow run` as it is delivered, in a process of its own, at a stand-in for a homeserver.

On SQLite with its own settings, and without encryption of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from appservice.demo.synapse import free_port
from appservice.store.database import Database
from tests.bench.place import SERVER, Large, person
from tests.bench.town import Living
from tests.registration import Registration

IN_ONE = 100  # events in a full transaction
HEADERS = {"Authorization": f"Bearer {Registration().hs_token}", "Content-Type": "application/json"}
_START_SECONDS = 120.0
_CALM_SECONDS = 1_800.0
_RESTS = 0.1  # of a second is less than what a service at rest takes in one
_RESTING_LOOKS = 3


def run(bench: Coroutine[Any, Any, bool]) -> bool:
    """What the bench says. Who ends it (SIGTERM) ends its services, too."""

    async def watched() -> bool:
        task = asyncio.ensure_future(bench)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    return asyncio.run(watched())


def _clock_of(process: int) -> int:
    """The clock of what a process takes of processors, as clock_getcpuclockid(3) gives it on Linux."""
    return (~process << 3) | 2


@dataclass(frozen=True, slots=True)
class Service:
    """A running `hedgerow run`."""

    process: int
    port: int
    file: Path

    @property
    def transactions(self) -> str:
        """Where they are pushed: what comes before their number."""
        return f"http://127.0.0.1:{self.port}/_matrix/app/v1/transactions/"

    def processor_seconds(self) -> float:
        """Of a processor, as much as it has taken in all its threads since it began."""
        return time.clock_gettime(_clock_of(self.process))

    def resident(self) -> float:
        """MiB of its memory that are resident."""
        lines = Path(f"/proc/{self.process}/status").read_text(encoding="ascii").splitlines()
        [kilobytes] = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
        return int(kilobytes) / 1024

    def waiting(self) -> int:
        """Events that wait, a transaction being a hundred, and actions that do."""
        with closing(sqlite3.connect(self.file, timeout=60)) as database:
            [(transactions,)] = database.execute("SELECT count(*) FROM transactions")
            waiting = "SELECT count(*) FROM {} WHERE status = 'waiting'"
            [[events], [actions]] = (
                database.execute(waiting.format(table)).fetchone() for table in ("events", "outbox")
            )
        return int(transactions * IN_ONE + events + actions)

    def handled(self) -> int:
        """Events that were handled, each once."""
        with closing(sqlite3.connect(self.file, timeout=60)) as database:
            [(events,)] = database.execute("SELECT count(*) FROM events WHERE status = 'handled'")
        return int(events)

    async def until_at_rest(self) -> None:
        """Until it does nothing of itself any more: all rooms have been read back."""
        calm = 0
        while calm < _RESTING_LOOKS:
            begun = self.processor_seconds()
            await asyncio.sleep(1)
            calm = calm + 1 if self.processor_seconds() - begun < _RESTS else 0

    async def until(self, most: int, seconds: float = _CALM_SECONDS, every: float = 0.1) -> None:
        """Until at most so many wait, looking `every` so many seconds. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while True:
                if await asyncio.to_thread(self.waiting) <= most:
                    return
                await asyncio.sleep(every)


@asynccontextmanager
async def service(
    large: Large, homeserver: Living, folder: Path, **more: Mapping[str, Any]
) -> AsyncIterator[Service]:
    """It has seen to what it has to see to at the start. `more` are sections of its settings."""
    file, port, log = folder / "hedgerow.db", free_port(), folder / "log"
    await large.write(Database(f"sqlite+aiosqlite:///{file}"))
    config = written(folder / "hedgerow.yaml", await homeserver.start(), port, f"sqlite:///{file}", more)
    command = (sys.executable, "-m", "appservice", "run", "--config", str(config))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        await until_ready(port, process)
        running = Service(process.pid, port, file)
        await running.until(0)
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await homeserver.stop()
        print(log.read_text(encoding="utf-8")[-2000:], end="")


def written(
    config: Path, homeserver: str, port: int, database: str, more: Mapping[str, Mapping[str, Any]]
) -> Path:
    """The file with its settings; `homeserver` and `database` are URLs."""
    registration = Registration(server_name=SERVER)
    settings = {
        "homeserver": {
            "url": homeserver,
            "domain": SERVER,
            "as_token": registration.as_token,
            "hs_token": registration.hs_token,
            "sender_localpart": registration.sender_localpart,
        },
        "listen": f"127.0.0.1:{port}",
        "database": database,
        "admins": [str(person(0))],
        "encryption": {"enabled": False},
        "log": {"level": "warning"},
        **more,
    }
    config.touch(mode=0o600)
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


async def until_ready(
    port: int, process: asyncio.subprocess.Process, seconds: float = _START_SECONDS
) -> None:
    """Until it says that it serves. Raises `TimeoutError`, and `RuntimeError` where it has ended."""
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise RuntimeError("the service has ended")
