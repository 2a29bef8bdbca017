"""An installation moves from one database to another, of whichever kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appservice import logs
from appservice.secrecy import CRYPTO_FOLDER
from appservice.store.copying import Counts, copy
from appservice.store.database import Database, StoreError
from appservice.store.locks import lock_file
from appservice.store.standing import why_unusable
from appservice.store.stillness import Stillness
from config.problems import Misfit
from config.values import async_driver_url, read_database
from spaces.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows there are of each table; the new URL without its password; where the keys are."""

    counts: Counts
    shown: str
    keys: Path


async def move(source: str, target: str, tell: Callable[[str, int], None]) -> Moved:
    """Copy all of `source` into `target`, two URLs as in the settings. Raises `Unavailable`.

    Neither is acted on meanwhile. If anything goes wrong nothing is moved.
    """
    old, new = _opened(source, "first"), _opened(target, "second")
    locks = (Stillness(old), Stillness(new))
    _check_there(old)
    is_new = is_moved = False
    try:
        await _take(locks)
        is_new = new.path is not None and not new.path.exists()
        new.make_file()
        counts = await copy(old, new, tell)
        is_moved = True
        return Moved(counts, _shown(target, new), _keys_of(old))
    except (StoreError, OSError) as error:
        raise Unavailable(
            f"It could not be moved ({why_unusable(error)}). Nothing was changed: mend that, and move again."
        ) from error
    finally:
        await old.close()
        await new.close()
        if is_new and not is_moved and new.path is not None:
            _take_away(new.path)
        for lock in locks:
            await lock.release()


def _opened(url: str, which: str) -> Database:
    try:
        driven = async_driver_url(read_database(url))
    except Misfit as misfit:
        raise Unavailable(f"The {which} URL does not fit: {misfit.what} {misfit.mend}") from None
    database = Database(driven)
    logs.hide(str(database.url.password or ""))
    return database


def _check_there(old: Database) -> None:
    if old.path is not None and not old.path.is_file():
        raise Unavailable(f"There is no file {old.path}. Name the database that the settings name.")


async def _take(locks: tuple[Stillness, ...]) -> None:
    for lock in locks:
        if not await lock.take():
            raise Unavailable(
                "A service acts on one of the two databases, or they are the same. Stop the service "
                "(`systemctl stop hedgerow`, and every other that stands by); then move again."
            )


def _shown(url: str, database: Database) -> str:
    password = database.url.password
    if not password:
        return url
    return database.url.set(drivername="postgresql").render_as_string(hide_password=True)


def _keys_of(old: Database) -> Path:
    """Where the keys are unless the settings say otherwise: beside SQLite's file."""
    return ((old.path.parent if old.path is not None else Path()) / CRYPTO_FOLDER).absolute()


def _take_away(file: Path) -> None:
    for path in (file, lock_file(file), *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        path.unlink(missing_ok=True)
