"""The rigs themselves: databases that are fresh, and a homeserver that ends and starts as it should."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from appservice.demo.synapse import LocalSynapse, free_port
from appservice.store.database import Database
from spaces.errors import Unavailable
from tests import postgres


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    database = Database(database_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE once (turn INTEGER)"))
        await connection.execute(text(f"INSERT INTO once VALUES ({turn})"))
    await database.close()


async def test_the_database_is_a_real_postgresql(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    assert (await connection.fetchval("SELECT version()")).startswith("PostgreSQL ")
    await connection.close()


def test_a_missing_postgresql_is_said_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(postgres.NoPostgres, match="apt-get install postgresql"):
        postgres.Cluster()


async def test_a_synapse_killed_and_started_again_has_its_people(tmp_path: Path) -> None:
    server = LocalSynapse(tmp_path / "data", free_port(), "hs.test")
    await server.start()
    made = await server.register("alice", "a password")
    await server.kill()
    assert not server.running
    await server.start()
    found = await server.register("alice", "a password")
    await server.stop()
    assert (made.user_id, found.user_id) == ("@alice:hs.test", "@alice:hs.test")
    assert not server.running


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_a_synapse_ends_with_the_process_that_started_it(tmp_path: Path, end: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        synapse = int(parent.stdout.readline())
        parent.send_signal(end)
        parent.wait(30)
    deadline = time.monotonic() + 30
    while _is_running(synapse) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(synapse)


_PARENT = """
import asyncio, pathlib, signal, sys
from appservice.demo.synapse import LocalSynapse, free_port

signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background may have it ignored

async def main():
    server = LocalSynapse(pathlib.Path(sys.argv[1]), free_port(), "hs.test")
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def _is_running(pid: int) -> bool:
    """Whether the process is there and more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_synapse_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = LocalSynapse(tmp_path, free_port(), "hs.test", extra={"listeners": "nonsense"})
    with pytest.raises(Unavailable, match="listeners"):
        await server.start()
    assert not server.running


async def test_without_synapse_the_sentence_tells_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"pip install 'hedgerow\[demo\]'"):
        await LocalSynapse(tmp_path, free_port(), "hs.test").start()


async def test_secrets_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    server = LocalSynapse(tmp_path, free_port(), "hs.test", extra={"listeners": "nonsense"})
    with pytest.raises(Unavailable):
        await server.start()
    assert _open_to_others(tmp_path) == {
        "homeserver.yaml": False,
        "log.yaml": False,
        "secrets.yaml": False,
        "signing.key": False,
    }


def _open_to_others(directory: Path) -> dict[str, bool]:
    files = [path for path in directory.iterdir() if path.suffix in (".yaml", ".key")]
    return {path.name: bool(path.stat().st_mode & 0o077) for path in files}
