"""Backups of an installation: one file with the database, the crypto store, and a word on what it is.

    manifest.json   which version made it, of which server, when, of which shape
    database        SQLite's file, or what pg_dump writes
    crypto/…        the keys of encrypted conversations, themselves encrypted with `encryption.key`

The settings are not in it: whoever held the file would hold their tokens and keys.
"""

from __future__ import annotations

import asyncio
import glob
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from appservice.secrecy import crypto_folder
from appservice.store import backups
from appservice.store.database import Database, StoreError
from appservice.store.locks import lock_file
from appservice.store.standing import why_unusable
from appservice.store.stillness import Stillness
from appservice.version import VERSION
from config.settings import Settings
from spaces.errors import Unavailable

_FORMAT = 1
_MANIFEST, _DATABASE, _CRYPTO = "manifest.json", "database", "crypto/"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError)
"""What an archive raises of which some bytes are others than they were."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself. `made_at` is in ISO 8601; `kind` is `sqlite` or `postgresql`."""

    version: str
    revision: str
    server: str
    kind: str
    made_at: str
    holds: str

    @classmethod
    def read(cls, file: Path) -> Backup:
        """Raises `Unavailable` where it is not one, or of a kind that this version does not know."""
        try:
            with zipfile.ZipFile(file) as archive:
                said: dict[str, Any] = json.loads(archive.read(_MANIFEST))
            if (format_ := said.pop("format")) != _FORMAT:
                raise Unavailable(
                    f"{file} is a backup of format {format_}, and this version of Hedgerow knows {_FORMAT}. "
                    "Restore it with the version that made it, or a newer one."
                )
            backup = cls(**said)
            if backup.kind not in _NAMES or not all(isinstance(part, str) for part in said.values()):
                raise ValueError("other words than a backup has")
            return backup
        except OSError as error:
            raise Unavailable(f"{file} cannot be read: {error.strerror or error}.") from error
        except (*_DAMAGED, TypeError, ValueError, AttributeError) as error:
            raise Unavailable(
                f"{file} is not a whole backup of Hedgerow's. Take one that `hedgerow backup` made."
            ) from error


# -- making one -------------------------------------------------------------------------------------


async def back_up(settings: Settings, file: Path, now: datetime) -> Backup:
    """Write all that there is at one moment into `file`, which must not be there yet.

    The service may run meanwhile. Raises `Unavailable`.
    """
    database = Database(settings.database_url)
    try:
        revision = await backups.shape(database)
        if revision is None:
            raise Unavailable(
                "There is nothing to back up: the database has never been used. Look at `database`."
            )
        kind = database.url.get_backend_name()
        made_at, holds = now.isoformat(timespec="seconds"), await backups.holding(database)
        backup = Backup(VERSION, revision, settings.homeserver.domain, kind, made_at, holds)
        with _beside(file) as folder:
            await _save(database, folder / _DATABASE)
            _save_keys(crypto_folder(settings, database), folder / _CRYPTO)
            await asyncio.to_thread(_pack, folder, backup, file)
        return backup
    except (StoreError, OSError) as error:
        raise Unavailable(
            f"The backup cannot be made ({why_unusable(error)}). Nothing was left behind; mend that, or name "
            "a file where there is room for it, and say it again."
        ) from error
    finally:
        await database.close()


async def _save(database: Database, to: Path) -> None:
    if database.path is not None:
        await asyncio.to_thread(backups.save_sqlite, database.path, to)
    else:
        await backups.save_postgresql(database, to)


def _save_keys(source: Path, to: Path) -> None:
    to.mkdir()
    for file in sorted(source.glob("*.db")) if source.is_dir() else ():
        backups.copy_sqlite(file, to / file.name)


def _pack(folder: Path, backup: Backup, file: Path) -> None:
    """In its place once it is whole and on disk. Raises `Unavailable` where something is there already."""
    packed = folder / "packed"
    with packed.open("xb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        said = {"format": _FORMAT} | {name: getattr(backup, name) for name in Backup.__slots__}
        archive.writestr(_MANIFEST, json.dumps(said, indent=1))
        archive.write(folder / _DATABASE, _DATABASE)
        for key in sorted((folder / _CRYPTO).iterdir()):
            archive.write(key, _CRYPTO + key.name)
    packed.chmod(0o600)
    backups.sync(packed)
    try:
        os.link(packed, file)
    except FileExistsError as error:
        raise Unavailable(f"{file} is there already, and is left as it is. Name another file.") from error
    backups.sync(file.absolute().parent)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder on the same disk, for this user only, while something is made."""
    if file.exists():
        raise Unavailable(f"{file} is there already, and is left as it is. Name another file.")
    folder = Path(tempfile.mkdtemp(prefix=f".{file.name}-", dir=file.absolute().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# -- bringing one back ------------------------------------------------------------------------------


class Restoring:
    """One backup, to be brought back. Between `begin` and `end` no service can act."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self._settings = settings
        self._file = file
        self._database = Database(settings.database_url)
        self._lock = Stillness(self._database)
        self.backup: Backup

    async def begin(self) -> str | None:
        """What would be replaced, in words; None: nothing is there. Raises `Unavailable`."""
        self.backup = Backup.read(self._file)
        self._check()
        try:
            if self._database.path is None and not await self._database.answers():
                raise Unavailable("PostgreSQL does not answer. Look at `database` in the configuration.")
            if not await self._lock.take():
                raise Unavailable(
                    "A service acts on this database. Stop it (`systemctl stop hedgerow`, and every other "
                    "that stands by); then restore again."
                )
        except OSError as error:
            raise Unavailable(f"The database cannot be reached ({why_unusable(error)}).") from error
        return await self._there()

    def _check(self) -> None:
        ours, theirs = self._settings.homeserver.domain, self.backup.server
        if theirs != ours:
            raise Unavailable(
                f"The backup is of {theirs}, and these settings are for {ours}: its rooms and people are on "
                "another server. `hedgerow export` and `import` move networks from one to the other."
            )
        backups.check_shape(self.backup.revision)
        kind = self._database.url.get_backend_name()
        if self.backup.kind != kind:
            raise Unavailable(
                f"The backup is of {_NAMES[self.backup.kind]}, and `database` names {_NAMES[kind]}. Set it "
                f"to {_NAMES[self.backup.kind]}, restore there, and then move all with `hedgerow migrate`."
            )

    async def _there(self) -> str | None:
        try:
            if await backups.shape(self._database) is None:
                return None
            return await backups.holding(self._database)
        except (StoreError, OSError) as error:
            return f"a database that cannot be read ({why_unusable(error)})"

    async def restore(self, now: datetime, *, keys: bool = False) -> Path | None:
        """Put it back, all of it or nothing; where what was there before is kept, if it is.

        The keys come last and at one stroke: until then it can be begun again.
        """
        near = self._database.path or self._file
        try:
            with ExitStack() as folders:
                folder = _folder_beside(near, folders)
                unpacked = self._unpacked(folder, folders, keys=keys)
                before = await self._put_back(folder, now)
                if unpacked is not None:
                    os.replace(unpacked, crypto_folder(self._settings, self._database))
                return before
        except OSError as error:
            raise Unavailable(f"The backup cannot be brought back ({why_unusable(error)}).") from error

    def _unpacked(self, folder: Path, folders: ExitStack, *, keys: bool) -> Path | None:
        """The database goes into `folder`; where the keys are, if they are wanted."""
        try:
            with zipfile.ZipFile(self._file) as archive:
                archive.extract(_DATABASE, folder)
                return self._unpacked_keys(archive, folders) if keys else None
        except _DAMAGED as error:
            raise Unavailable(f"{self._file} is damaged ({error}). Take another backup.") from error

    async def _put_back(self, folder: Path, now: datetime) -> Path | None:
        fresh = folder / _DATABASE
        if self._database.path is None:
            made_at = now.isoformat(timespec="seconds")
            await backups.restore_postgresql(self._database, fresh, made_at, folder)
            return None
        await self._database.close()
        return await asyncio.to_thread(self._replace, self._database.path, fresh, now)

    def _replace(self, database: Path, fresh: Path, now: datetime) -> Path | None:
        backups.check_sqlite(fresh)
        backups.note_restored(fresh, now.isoformat(timespec="seconds"))
        fresh.chmod(0o600)
        backups.sync(fresh)
        _give(fresh, database)
        _give(lock_file(database), database)
        before = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S-%f}")
        was_there = database.exists()
        backups.replace_sqlite(database, fresh, before)
        return before if was_there else None

    def _unpacked_keys(self, archive: zipfile.ZipFile, folders: ExitStack) -> Path:
        """A folder with them, on the disk where they are to be.

        Raises `Unavailable` where there are some: they are never older than those of a backup.
        """
        to = crypto_folder(self._settings, self._database)
        if to.is_mount():
            raise Unavailable(
                f"{to} is a disk of its own, in whose place nothing can be put. Name a folder within it as "
                "`encryption.store`, or leave out --keys."
            )
        if to.exists() and any(to.iterdir()):
            raise Unavailable(
                f"{to} is not empty, and stays as it is: what is in it is newer. Leave out --keys."
            )
        unpacked = _folder_beside(to, folders) / "keys"
        unpacked.mkdir(mode=0o700)
        for name in archive.namelist():
            if name.startswith(_CRYPTO) and Path(name).name:
                file = unpacked / Path(name).name
                file.touch(mode=0o600)
                file.write_bytes(archive.read(name))
                backups.sync(file)
                _give(file, to)
        backups.sync(unpacked)
        _give(unpacked, to)
        return unpacked

    async def end(self) -> None:
        await self._lock.release()
        await self._database.close()


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _folder_beside(path: Path, folders: ExitStack) -> Path:
    """One of its own, which goes with `folders`. What a restore that was killed has left there goes, too."""
    prefix, parent = f".{path.name}.restoring-", path.absolute().parent
    for left in parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(folders.enter_context(tempfile.TemporaryDirectory(prefix=prefix, dir=parent)))


def _give(file: Path, like: Path) -> None:
    """To whom `like` belongs, or its folder: root restores, and another user runs the service."""
    if os.geteuid() == 0:
        owner = (like if like.exists() else like.absolute().parent).stat()
        os.chown(file, owner.st_uid, owner.st_gid)
