"""What `hedgerow doctor` looks at, one after the other: each look is one function, and changes nothing.

A look that failed does not stop the next one, unless that one needs what is missing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from appservice.cross_signing import Seeds, is_cross_signed
from appservice.device import DEVICE_MARK, SEEDS_MARK
from appservice.findings import SECONDS, Finding, of_connection
from appservice.homeserver import Disowned, Homeserver, HomeserverError, Identity
from appservice.key_calls import KeyCalls
from appservice.pages_reached import look_at_pages
from appservice.store import journal
from appservice.store.database import Database, StoreError
from appservice.store.locks import lock_file
from config.settings import Settings
from spaces.errors import Unavailable

_WHO_AM_I = "/_matrix/client/v3/account/whoami"
_OWNER = "the user that Hedgerow runs as"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database keeps of encryption; None before the first start."""

    device: str | None = None
    seeds: str | None = None


async def examine(settings: Settings, config: Path) -> list[Finding]:
    """Everything, in the order in which it should be mended. `config` is where the settings stand."""
    database = Database(settings.database_url)
    identity = Identity(
        url=settings.homeserver.url,
        user=settings.homeserver.bot,
        as_token=settings.homeserver.as_token.get_secret_value(),
        device_id="",
    )
    homeserver = Homeserver(identity)
    try:
        return [finding async for finding in _looks(settings, config, database, homeserver)]
    finally:
        await homeserver.close()
        await database.close()


async def _looks(
    settings: Settings, config: Path, database: Database, homeserver: Homeserver
) -> AsyncIterator[Finding]:
    kept, finding = await _database(database)
    yield finding
    if (key := _key(settings, kept)) is not None:
        yield key
    if (pages := await look_at_pages(settings)) is not None:
        yield pages
    reached = await _homeserver(homeserver, settings.homeserver.url)
    yield reached
    if not reached.is_well:
        return
    token = await _token(homeserver, config)
    yield token
    if token.is_well:
        yield await _encryption(settings, homeserver, kept)


# -- the database -----------------------------------------------------------------------------------


async def _database(database: Database) -> tuple[_Kept | None, Finding]:
    """What it keeps besides; None where that cannot be read."""
    if database.path is not None:
        if (fault := _fault_of_files(database.path.absolute())) is not None:
            return None, fault
        if not database.path.exists():
            found = f"{database.path} is not there yet; the first start makes it"
            return _Kept(), Finding("ok", "database", found)
    try:
        async with database.reading() as connection:
            device = await journal.mark(connection, DEVICE_MARK)
            seeds = await journal.mark(connection, SEEDS_MARK)
    except (StoreError, OSError) as error:
        mend = "look at `database` in the configuration: the file must be readable, or PostgreSQL answer."
        return None, Finding("failed", "database", f"it cannot be read ({type(error).__name__})", mend)
    return _Kept(device, seeds), Finding("ok", "database", "it opens")


def _fault_of_files(database: Path) -> Finding | None:
    """What keeps Hedgerow from writing to SQLite's file, what SQLite puts beside it, its lock and folder."""
    if (fault := _fault_of_folder(database.parent)) is not None:
        return fault
    beside = (database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm"))
    there = [path for path in (database, *beside, lock_file(database)) if os.path.lexists(path)]
    for path in there:
        if path.is_dir():
            mend = "take it away, or name another file in `database`."
            return Finding("failed", "database", f"{path} is a folder, where a file should be", mend)
    shut = [str(path) for path in there if not os.access(path, os.R_OK | os.W_OK)]
    return _shut(shut) if shut else None


def _fault_of_folder(folder: Path) -> Finding | None:
    try:
        folder.stat()
    except FileNotFoundError:
        mend = f"`mkdir -p {shlex.quote(str(folder))}`, and give it to {_OWNER}."
        return Finding("failed", "database", f"the folder {folder} is not there", mend)
    except PermissionError:
        return _shut([str(folder)])
    except OSError:  # something above it is a file
        pass
    if not folder.is_dir():
        return Finding("failed", "database", f"{folder} is no folder", "name another file in `database`.")
    return None if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else _shut([str(folder)])


def _shut(paths: list[str]) -> Finding:
    mend = f"give it to {_OWNER} (`chown`), with leave to write, and run `hedgerow doctor` as that user."
    return Finding("failed", "database", f"this user may not write to {' and '.join(paths)}", mend)


def _key(settings: Settings, kept: _Kept | None) -> Finding | None:
    """Nothing to tell where the key opens what was sealed, or nothing was."""
    key = settings.encryption.key
    if not settings.encryption.enabled or key is None or kept is None or kept.seeds is None:
        return None
    try:
        Seeds.opened(kept.seeds, key.get_secret_value(), settings.homeserver.bot)
    except Unavailable as refusal:
        return Finding("failed", "encryption", refusal.sentence)
    return None


# -- the homeserver ---------------------------------------------------------------------------------


async def _homeserver(homeserver: Homeserver, url: str) -> Finding:
    try:
        await homeserver.call("GET", "/_matrix/client/versions", seconds=SECONDS)
    except HomeserverError as error:
        if error.errcode:  # a Matrix server, whatever it thinks of the token
            return Finding("ok", "homeserver", f"{url} answers")
        mend = "start the homeserver, or put its address into `homeserver.url`."
        found = f"{url} does not answer as one ({_in_words(error)})"
        return Finding("failed", "homeserver", found, mend)
    return Finding("ok", "homeserver", f"{url} answers")


def _in_words(error: HomeserverError) -> str:
    if (words := of_connection(error.__cause__)) is not None:
        return words
    if not error.status:
        return error.message
    return f"it says {error.status} {error.errcode} {error.message}".rstrip()


async def _token(homeserver: Homeserver, config: Path) -> Finding:
    try:
        await homeserver.call("GET", _WHO_AM_I, query={"user_id": homeserver.user}, seconds=SECONDS)
    except Disowned:
        return _token_not_known(config)
    except HomeserverError as error:
        if error.errcode == "M_FORBIDDEN":
            found = "the homeserver knows it; the bot's account comes with the first start"
            return Finding("ok", "as_token", found)
        return _not_now("as_token", error)
    return Finding("ok", "as_token", "the homeserver knows it")


def _token_not_known(config: Path) -> Finding:
    found = (
        "the homeserver does not know it: the registration is not loaded, or another as_token stands in it"
    )
    mend = (
        "name the registration file under app_service_config_files in homeserver.yaml; compare its tokens "
        f"with `hedgerow config check --config {shlex.quote(str(config))} --registration FILE`, where FILE "
        "is the one that homeserver.yaml names; and restart the homeserver, which reads it only then."
    )
    return Finding("failed", "as_token", found, mend)


def _not_now(about: str, error: HomeserverError) -> Finding:
    found = f"the homeserver did not answer this ({_in_words(error)})"
    return Finding("failed", about, found, "try again when it is well.")


async def _encryption(settings: Settings, homeserver: Homeserver, kept: _Kept | None) -> Finding:
    if not settings.encryption.enabled:
        return Finding("ok", "encryption", "it is turned off")
    if kept is None:
        return Finding(
            "look", "encryption", "which device the bot has stands in the database, once that opens"
        )
    if kept.device is None:
        return Finding("ok", "encryption", "the bot has no device yet; the first start makes it")
    try:
        shown = await KeyCalls(homeserver).query([homeserver.user])
    except HomeserverError as error:
        return _not_now("encryption", error)
    if is_cross_signed(shown, homeserver.user, kept.device):
        return Finding("ok", "encryption", f"the bot's device {kept.device} is cross-signed")
    mend = "start `hedgerow run`, which signs it, and look for `device_not_` in its log if it does not."
    return Finding("failed", "encryption", f"the bot's device {kept.device} is not cross-signed", mend)
