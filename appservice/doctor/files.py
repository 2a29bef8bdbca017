"""Whether files and folders of ours can be written to, and who else may read them."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from appservice.doctor.visit import OWNER
from appservice.findings import Finding
from appservice.repairs import MakeFolder, SetMode
from appservice.store.locks import lock_file

_MEGABYTE = 1_000_000
_LITTLE = 1_000 * _MEGABYTE
_TOO_LITTLE = 100 * _MEGABYTE


def fault_of_database_files(database: Path) -> Finding | None:
    """What keeps Hedgerow from writing to SQLite's file, what SQLite puts beside it, its lock and folder."""
    if (fault := fault_of_folder("database", database.parent, "`database`")) is not None:
        return fault
    there = [path for path in files_of(database) if os.path.lexists(path)]
    for path in there:
        if path.is_dir():
            mend = "take it away, or name another file in `database`."
            return Finding("failed", "database", f"{path} is a folder, where a file should be", mend)
    shut = [path for path in there if not os.access(path, os.R_OK | os.W_OK)]
    return _shut("database", shut) if shut else None


def files_of(database: Path) -> list[Path]:
    """SQLite's file, what SQLite puts beside it, and the lock."""
    beside = (database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm"))
    return [database, *beside, lock_file(database)]


def fault_of_folder(about: str, folder: Path, setting: str) -> Finding | None:
    """What keeps Hedgerow from making files in `folder`, which `setting` names."""
    try:
        folder.stat()
    except FileNotFoundError:
        mend = f"`mkdir -p {shlex.quote(str(folder))}`, and give it to {OWNER}."
        found = f"the folder {folder} is not there"
        return Finding("failed", about, found, mend, MakeFolder(folder))
    except PermissionError:
        return _shut(about, [folder])
    except OSError:  # something above it is a file
        pass
    if not folder.is_dir():
        return Finding("failed", about, f"{folder} is no folder", f"name another file in {setting}.")
    return None if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else _shut(about, [folder])


def _shut(about: str, paths: list[Path]) -> Finding:
    mend = f"give it to {OWNER} (`chown`), with leave to write, and run `hedgerow doctor` as that user."
    found = f"this user may not write to {' and '.join(map(str, paths))}"
    mine = [path for path in paths if _is_mine(path)]
    repair = SetMode(mine[0], 0o700 if mine[0].is_dir() else 0o600) if len(mine) == len(paths) == 1 else None
    return Finding("failed", about, found, mend, repair)


def _is_mine(path: Path) -> bool:
    """Whether this user may change who may write to it."""
    try:
        return path.lstat().st_uid == os.geteuid()
    except OSError:
        return False


def open_to_others(about: str, paths: Iterable[Path], mode: int = 0o600) -> list[Finding]:
    """One line for each of `paths` that everyone on this machine may read, or even change."""
    found = []
    for path in paths:
        try:
            now = stat.S_IMODE(path.stat().st_mode)
            if not all(folder.stat().st_mode & stat.S_IXOTH for folder in path.absolute().parents):
                continue  # nobody else comes near it
        except OSError:
            continue
        deed = "change" if now & stat.S_IWOTH else "read" if now & stat.S_IROTH else ""
        if deed:
            words = f"everyone on this machine can {deed} {path} (mode {now:04o})"
            repair = SetMode(path, mode) if _is_mine(path) else None
            mend = f"`chmod {mode:o} {shlex.quote(str(path))}`."
            found.append(Finding("failed" if deed == "change" else "look", about, words, mend, repair))
    return found


def room_left(folder: Path) -> Finding | None:
    """How much can still be written below `folder`; None where that cannot be told."""
    try:
        left = shutil.disk_usage(folder).free
    except OSError:
        return None
    found = f"{left // _MEGABYTE:,} MB are free where {folder} is"
    if left >= _LITTLE:
        return Finding("ok", "disk", found)
    mend = "free some, or move the database to a larger disk. A full disk stops Hedgerow, and loses nothing."
    return Finding("look" if left >= _TOO_LITTLE else "failed", "disk", found, mend)
