"""Makes the two files that a new Hedgerow needs: its settings and its registration."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from config.documents import Key, parse_document
from spaces.errors import Conflict, Unavailable

_SECRET = 0o600


def settings_text(said: Mapping[Key, object]) -> str:
    """The example with what was said put in, comments and all.

    Each key of `said` stands in the example on a line of its own; values are text, numbers, flags or lists.
    """
    text = resources.files("config").joinpath("example.yaml").read_text(encoding="utf-8")
    document = parse_document(text)
    lines = text.splitlines()
    for key, value in said.items():
        number = document.lines[key] - 1
        name, _, _ = lines[number].partition(":")
        lines[number] = f"{name}: {json.dumps(value, ensure_ascii=False)}"
    body = "\n".join(lines[lines.index("homeserver:") :])
    return f"# The settings of Hedgerow, for this homeserver only: the tokens are secrets.\n\n{body}\n"


def write_together(texts: Mapping[Path, str], *, force: bool = False) -> None:
    """Write all files or none, each readable by this user only (mode 0600) from the start.

    Raises `Conflict` where one exists already (unless `force`), `Unavailable` where one cannot be written.
    """
    claimed: list[Path] = []
    try:
        for path in texts:
            if not force:
                _claim(path)
                claimed.append(path)
        _replace_all(texts)
    except BaseException:
        for path in claimed:
            path.unlink(missing_ok=True)
        raise


def _claim(path: Path) -> None:
    """Make an empty file where there is none."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _SECRET))
    except FileExistsError:
        sentence = f"{path} is already there, and nothing was written. Choose another name, or say --force."
        raise Conflict(sentence) from None
    except OSError as error:
        raise _unwritable(path, error) from None


def _replace_all(texts: Mapping[Path, str]) -> None:
    drafts: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            drafts[path] = _draft(path, text)
        for path, draft in drafts.items():
            _replace(draft, path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _draft(path: Path, text: str) -> Path:
    """The whole text in a file beside `path`; `mkstemp` makes it with mode 0600."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise _unwritable(path, error) from None
    return Path(name)


def _replace(draft: Path, path: Path) -> None:
    try:
        draft.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> Unavailable:
    reason = (error.strerror or "no reason given").lower()
    return Unavailable(f"{path} cannot be written: {reason}. Check that its folder is there and writable.")
