"""A Python module that runs as a process of ours, and ends with us."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_SECONDS = 10.0


class ChildProcess:
    """`python -m` of `words` in `directory`; what it says goes into the file `output`, begun anew.

    `environment` None is our own.
    """

    def __init__(
        self,
        words: Sequence[str],
        directory: Path,
        output: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._words = tuple(words)
        self._directory = directory
        self._output = output
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it. Ctrl-C is for us alone; we then end it in good order."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appservice.demo.child", *self._words],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self._end_at_exit)

    async def stop(self) -> None:
        """Ask it to end, and make it end after ten seconds."""
        if self._process is not None:
            self._process.terminate()
            await self._wait_until_it_ended()
        await self.kill()

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            await self._wait_until_it_ended()
            self.let_go()

    def let_go(self) -> None:
        """Forget a process that has ended."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
        atexit.unregister(self._end_at_exit)

    async def _wait_until_it_ended(self) -> None:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, _STOP_SECONDS)

    def _end_at_exit(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self.let_go()


def tail(*files: Path, lines: int = 25) -> str:
    """The last lines of log files, one file behind the other."""
    texts = [file.read_text("utf-8", "replace") for file in files if file.exists()]
    return "\n".join([line for text in texts for line in text.splitlines()][-lines:])
