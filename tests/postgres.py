"""A real PostgreSQL for tests: a throw-away cluster on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from appservice.demo.synapse import free_port

_START_SECONDS = 30.0


class NoPostgres(Exception):
    """PostgreSQL is not installed, or does not start; says what to do."""


@cache
def cluster() -> Cluster:
    """The one that the tests of this process share (`conftest.py` ends it). Raises `NoPostgres`."""
    made = Cluster()
    made.start()
    return made


class Cluster:
    """One cluster, made by initdb. PostgreSQL refuses root, so root runs it as the user `postgres`."""

    def __init__(self) -> None:
        self._binaries = _binaries()
        self._directory = Path(tempfile.mkdtemp(prefix="hedgerow-postgres-"))
        self._owner: tuple[int, int] | None = None
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            self._owner = (owner.pw_uid, owner.pw_gid)
            os.chown(self._directory, *self._owner)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's URL, without a database."""
        return f"postgresql://tester@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Make the cluster and start it, without fsync. Raises `NoPostgres` with its log."""
        data = str(self._directory / "data")
        making = [
            "initdb",
            "-D",
            data,
            "-U",
            "tester",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        if self._run(making).wait() != 0:
            raise NoPostgres(f"initdb failed:\n{self._tail()}")
        running = ["postgres", "-D", data, "-F", "-p", str(self._port), "-k", str(self._directory)]
        self._process = self._run([*running, "-c", "listen_addresses=127.0.0.1"])
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """End it and take its files away."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # ends sessions instead of waiting for them
            self._process.wait(30)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        uid, gid = self._owner or (None, None)
        with (self._directory / "output.log").open("ab") as output:
            return subprocess.Popen(
                [str(self._binaries / command[0]), *command[1:]],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=None if gid is None else [gid],
            )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        asking = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if subprocess.run(asking, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise NoPostgres(f"PostgreSQL did not start:\n{self._tail()}")

    def _tail(self) -> str:
        return (self._directory / "output.log").read_text("utf-8", "replace")[-3000:]


def _binaries() -> Path:
    """Where initdb and postgres are: Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    candidates = [*([Path(on_path).resolve()] if on_path else []), *reversed(found)]
    for initdb in candidates:
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    raise NoPostgres(
        "These tests need PostgreSQL's programs (initdb, postgres), which are not here. "
        "Install them with: apt-get install postgresql"
    )
