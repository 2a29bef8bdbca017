"""How many events a second are taken from a homeserver, beside other application services.

    python -m tests.bench.ingest [--transactions 200] [--events 100] [--pairs 5] [--networks 1000]

Transactions of `--events` events each are pushed one after the other, as Synapse does, and each answer is
waited for. Hedgerow runs as it is delivered, with its own settings of SQLite, and has written each
transaction to the disk before its 200; meanwhile it works off what it has taken. The others have empty
handlers and keep nothing: mautrix-python's `AppService` and npm's `matrix-appservice`, each put into a folder
of its own by pip and npm. Beside them stands a bare aiohttp handler that writes each transaction to SQLite
in one commit (WAL, synchronous=FULL). All take turns in one run; the medians of the ratios count. How long
an answer is waited for is told of all turns together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from appservice.demo.synapse import free_port
from appservice.store.database import Database
from spaces.network import Access
from tests.bench.place import PEOPLE, Json, Large, StandIn, person
from tests.bench.reply import serve_hedgerow, served, told, until_idle
from tests.registration import Registration

_HS_TOKEN = Registration().hs_token
_HEADERS = {"Authorization": f"Bearer {_HS_TOKEN}"}
_START_SECONDS = 60.0

_MAUTRIX = f"""
import asyncio, sys
from mautrix.appservice import AppService

async def main():
    service = AppService("http://127.0.0.1:1", "hs.test", "as", {_HS_TOKEN!r}, "bot", "bench")

    @service.matrix_event_handler
    async def heard(event):
        pass

    await service.start("127.0.0.1", int(sys.argv[1]))
    await asyncio.Event().wait()

asyncio.run(main())
"""
_NPM = f"""
const {{ AppService }} = require("matrix-appservice");
const service = new AppService({{ homeserverToken: {_HS_TOKEN!r} }});
service.on("event", () => {{}});
service.listen(Number(process.argv[1]), "127.0.0.1");
"""


# -- what is pushed ---------------------------------------------------------------------------------


class Talk:
    """What people say in groups, in transactions as a homeserver makes them."""

    def __init__(self, large: Large) -> None:
        groups = [group for group in large.landscape.groups.values() if group.access is Access.PUBLIC]
        self._rooms = [large.places.room(group.id) for group in groups]
        self._name, self._numbers = secrets.token_hex(4), itertools.count(1)

    def transaction(self, events: int) -> bytes:
        return json.dumps(
            {"events": [self._event(n) for n in itertools.islice(self._numbers, events)]}
        ).encode()

    def _event(self, number: int) -> Json:
        words = " ".join(f"word{number % k}" for k in range(3, 3 + number % 20))
        return {
            "event_id": f"$talk{self._name}.{number}",
            "type": "m.room.message",
            "room_id": self._rooms[number % len(self._rooms)],
            "sender": person(number % PEOPLE),
            "origin_server_ts": 1_700_000_000_000 + number,
            "content": {"msgtype": "m.text", "body": words},
        }


class Pushing:
    """A homeserver's pushing to the application service on `port`."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._base = f"http://127.0.0.1:{port}/_matrix/app/v1/transactions"
        self._name, self._numbers = secrets.token_hex(4), itertools.count(1)

    async def push(self, bodies: Sequence[bytes]) -> list[float]:
        """Milliseconds from each transaction to its answer, one after the other."""
        times = []
        for body in bodies:
            begun = time.perf_counter()
            url = f"{self._base}/{self._name}{next(self._numbers)}"
            async with self._session.put(url, data=body, headers=_HEADERS | _JSON) as answer:
                answer.raise_for_status()
                await answer.read()
            times.append((time.perf_counter() - begun) * 1000)
        return times


_JSON = {"Content-Type": "application/json"}


# -- the others -------------------------------------------------------------------------------------


def mautrix_in(folder: Path) -> list[str]:
    """Install it; the command that serves, but for the port."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-I", "-m", "pip", "install", *quiet, "mautrix"], check=True)
    return [str(python), "-c", _MAUTRIX]


def npm_in(folder: Path) -> list[str]:
    """Install it; the command that serves, but for the port."""
    subprocess.run(["npm", "install", "--silent", "--prefix", folder, "matrix-appservice"], check=True)
    return ["node", "-e", _NPM]


@asynccontextmanager
async def _program(command: list[str], folder: Path) -> AsyncIterator[int]:
    """The port on which it listens."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(*command, str(port), cwd=folder, stdout=subprocess.DEVNULL)
    try:
        await _until_listens(port)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _until_listens(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                return writer.close()
            await asyncio.sleep(0.05)


# -- figures ----------------------------------------------------------------------------------------


@asynccontextmanager
async def hedgerow_with(large: Large, file: Path) -> AsyncIterator[int]:
    """Its port; a stand-in answers it. What it has to see to at the start is done."""
    standin, port = StandIn(large.states()), free_port()
    url = await standin.start()
    try:
        await large.write(Database(f"sqlite+aiosqlite:///{file}"))
        async with served(serve_hedgerow, port, url, port, str(file), False):
            await until_idle(file)
            yield port
    finally:
        await standin.stop()


def serve_bare(port: int, file: str) -> None:
    """Writes each transaction to SQLite in one commit, and nothing else."""
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE transactions (id INTEGER PRIMARY KEY, body BLOB)")

    async def transaction(request: web.Request) -> web.Response:
        body = await request.read()
        json.loads(body)
        database.execute("INSERT INTO transactions (body) VALUES (?)", (body,))
        return web.json_response({})

    async def ready(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application(client_max_size=1 << 22)
    app.router.add_put("/_matrix/app/v1/transactions/{txn}", transaction)
    app.router.add_get("/ready", ready)
    web.run_app(app, host="127.0.0.1", port=port, print=lambda _: None, access_log=None)


async def until_worked_off(file: Path) -> float:
    """Seconds until nothing that came in waits."""
    begun, database = time.perf_counter(), sqlite3.connect(file, timeout=30)
    calm = 0
    while calm < 2:  # what is split between the two counts of one look waits in neither
        [(transactions,)] = database.execute("SELECT count(*) FROM transactions")
        [(events,)] = database.execute("SELECT count(*) FROM events WHERE status = 'waiting'")
        calm = 0 if transactions or events else calm + 1
        await asyncio.sleep(0.1)
    database.close()
    return time.perf_counter() - begun


async def main(arguments: argparse.Namespace) -> None:
    large = Large(arguments.networks, 2)
    talk = Talk(large)
    found: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            folder, file = Path(name), Path(name) / "hedgerow.db"
            ports = {"Hedgerow": await stack.enter_async_context(hedgerow_with(large, file))}
            for what, install in _PEERS.items():
                (folder / what).mkdir()
                command = install(folder / what)
                ports[what] = await stack.enter_async_context(_program(command, folder / what))
            ports["bare handler with SQLite"] = bare = free_port()
            await stack.enter_async_context(served(serve_bare, bare, bare, str(folder / "bare.db")))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            pushing = {what: Pushing(session, port) for what, port in ports.items()}
            for turn in range(arguments.pairs + 1):
                for what, service in pushing.items():
                    bodies = [talk.transaction(arguments.events) for _ in range(arguments.transactions)]
                    times = await service.push(bodies)
                    if what == "Hedgerow":
                        print(f"all worked off {await until_worked_off(file):.1f} s after the last answer")
                    if turn:  # the first one warms up
                        found.setdefault(what, []).append(times)
    _tell(found, arguments.events)


def _tell(found: dict[str, list[list[float]]], events: int) -> None:
    """`found` has a list of milliseconds for each turn, `events` are in one transaction."""
    rates = {what: [1000 * events * len(turn) / sum(turn) for turn in turns] for what, turns in found.items()}
    for what, of_turns in rates.items():
        ratios = (mine / theirs for mine, theirs in zip(rates["Hedgerow"], of_turns, strict=True))
        rate, ratio = statistics.median(of_turns), statistics.median(ratios)
        print(f"{what:28} {rate:10,.0f} events a second   Hedgerow takes {ratio:5.2f} times as many")
    for what, turns in found.items():
        told(f"an answer of {what}", [took for turn in turns for took in turn], "transactions")


_PEERS: dict[str, Callable[[Path], list[str]]] = {
    "mautrix-python": mautrix_in,
    "matrix-appservice": npm_in,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transactions", type=int, default=200, help="in each turn")
    parser.add_argument("--events", type=int, default=100, help="in each transaction")
    parser.add_argument("--pairs", type=int, default=5, help="turns, after one that warms up")
    parser.add_argument("--networks", type=int, default=1000)
    asyncio.run(main(parser.parse_args()))
