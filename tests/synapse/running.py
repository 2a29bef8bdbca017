"""Commands of `hedgerow`, run to their ends, and waiting for what they bring about."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml

from tests.synapse.forking import Forked

_COMMAND_SECONDS = 120.0


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


def hedgerow(*words: str, environ: Mapping[str, str] | None = None) -> Finished:
    """Run one command of `hedgerow` to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = begun(*words, environ=environ, out=out.fileno(), err=err.fileno())
        try:
            code = process.wait(_COMMAND_SECONDS)
        finally:
            process.kill()
            process.wait()
        return Finished(code, *(_text_of(file) for file in (out, err)))


def begun(
    *words: str, environ: Mapping[str, str] | None = None, out: int, err: int, before: str = ""
) -> Forked:
    """A command of `hedgerow` that has begun. `before` are lines of Python that are run first."""
    return Forked(words, {**os.environ, **(environ or {})}, out, err, before)


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def written(path: Path, blueprint: Mapping[str, Any]) -> Path:
    """A blueprint as a file."""
    path.write_text(yaml.safe_dump({"version": 1, **blueprint}, sort_keys=False, allow_unicode=True))
    return path
