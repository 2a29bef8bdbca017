"""Hedgerow with a database of its own at a homeserver: the service, and commands beside it."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.synapse.forking import Forked
from tests.synapse.home import Home
from tests.synapse.running import Finished, begun, hedgerow
from tests.synapse.stores import Store, store_at
from tests.waiting import until

_START_SECONDS = 60.0
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Hedge:
    """Hedgerow with one database at a `Home`. `settings` are variables such as `HEDGEROW_ROOMS__VERSION`.

    `patched`, as `module:NAME=value`, is set in the service's process before it runs.
    """

    home: Home
    directory: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    patched: str = ""
    _process: Forked | None = field(default=None, init=False, repr=False)
    _spawned: list[Forked] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def store(self) -> Store:
        return store_at(self.directory)

    @property
    def environ(self) -> dict[str, str]:
        keys = str(self.directory / "hedgerow-crypto")
        ours = {"HEDGEROW_DATABASE": self.store.url, "HEDGEROW_ENCRYPTION__STORE": keys}
        return {**ours, **self.settings}

    @property
    def log(self) -> Path:
        return self.directory / "hedgerow.log"

    # -- the service --------------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the service; it may not be ready yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = self._spawn("run", before=_patching(self.patched) if self.patched else "")

    async def start(self) -> None:
        """Start the service and wait until it is ready."""
        self.launch()
        await self.until_ready()

    async def until_ready(self, within: float = _START_SECONDS) -> None:
        """Wait until `/ready` says 200. Raises with the end of the log."""
        deadline = time.monotonic() + within
        while await self.readiness() != 200:
            if time.monotonic() > deadline or self.exit_code is not None:
                raise AssertionError(f"not ready; exit code {self.exit_code}:\n{self.log_tail()}")
            await asyncio.sleep(0.1)

    async def readiness(self) -> int:
        """The status of `/ready`; 0 where nothing listens."""
        return await asyncio.to_thread(_status_of, f"http://127.0.0.1:{self.home.port}/ready")

    async def stop(self, within: float = 30.0) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, within)

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait, 30)

    async def until_delivered(self, within: float = 120.0) -> None:
        """Wait until nothing waits in the outbox."""
        await until(lambda: not self.waiting, within)

    @property
    def waiting(self) -> int:
        """How many actions wait in the outbox."""
        [(count,)] = self.store.rows("SELECT count(*) FROM outbox WHERE status = 'waiting'")
        return int(count)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End whatever of it still runs, without ado."""
        for process in self._spawned:
            process.kill()
            process.wait()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    # -- commands -----------------------------------------------------------------------------------

    async def plan(self, blueprint: Path, *options: str) -> Finished:
        return await self.command("plan", str(blueprint), *options)

    async def apply(self, blueprint: Path, *options: str) -> Finished:
        return await self.command("apply", str(blueprint), "--yes", *options)

    async def command(self, *words: str) -> Finished:
        """Run `hedgerow …` on this database."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = ("--config", str(self.home.config))
        return await asyncio.to_thread(hedgerow, *words, *config, environ=self.environ)

    def applying(self, blueprint: Path) -> Forked:
        """Start `apply`, to be ended by the caller."""
        self.directory.mkdir(parents=True, exist_ok=True)
        return self._spawn("apply", str(blueprint), "--yes")

    def _spawn(self, *words: str, before: str = "") -> Forked:
        with self.log.open("ab") as log:
            spawned = begun(
                *(*words, "--config", str(self.home.config)),
                environ=self.environ,
                out=log.fileno(),
                err=log.fileno(),
                before=before,
            )
        self._spawned.append(spawned)
        return spawned


def _patching(patch: str) -> str:
    module, _, setting = patch.partition(":")
    name, _, value = setting.partition("=")
    return f"import {module} as m; m.{name} = {value}"


def _status_of(url: str) -> int:
    try:
        with _NO_PROXY.open(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0
