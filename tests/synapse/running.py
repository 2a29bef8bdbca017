"""Commands of `hedgerow`, run to their ends, and waiting for what they bring about."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROGRAM = ("-m", "appservice")
_COMMAND_SECONDS = 120.0


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


def hedgerow(*words: str, environ: Mapping[str, str] | None = None) -> Finished:
    """Run one command of `hedgerow` to its end."""
    done = subprocess.run(
        [sys.executable, *PROGRAM, *words],
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


async def until(is_so: Callable[[], bool], within: float = 60.0) -> None:
    """Wait until `is_so`. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


def written(path: Path, blueprint: Mapping[str, Any]) -> Path:
    """A blueprint as a file."""
    path.write_text(yaml.safe_dump({"version": 1, **blueprint}, sort_keys=False, allow_unicode=True))
    return path
