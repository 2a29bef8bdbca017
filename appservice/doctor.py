"""What `hedgerow doctor` looks at, one after the other: each look is one function, and changes nothing.

A look that failed does not stop the next one, unless that one needs what is missing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from appservice.cross_signing import is_cross_signed
from appservice.device import DEVICE_MARK
from appservice.homeserver import Disowned, Homeserver, HomeserverError, Identity
from appservice.key_calls import KeyCalls
from appservice.store import journal
from appservice.store.database import Database, StoreError
from config.settings import Settings

_WHO_AM_I = "/_matrix/client/v3/account/whoami"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and how to mend it; nothing to mend is well."""

    about: str
    found: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return not self.mend

    def __str__(self) -> str:
        if self.is_well:
            return f"ok      {self.about}: {self.found}."
        return f"failed  {self.about}: {self.found}. To mend it: {self.mend}"


async def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order in which it should be mended."""
    database = Database(settings.database_url)
    identity = Identity(
        url=settings.homeserver.url,
        user=settings.homeserver.bot,
        as_token=settings.homeserver.as_token.get_secret_value(),
        device_id="",
    )
    homeserver = Homeserver(identity)
    try:
        return [finding async for finding in _looks(settings, database, homeserver)]
    finally:
        await homeserver.close()
        await database.close()


async def _looks(settings: Settings, database: Database, homeserver: Homeserver) -> AsyncIterator[Finding]:
    device, finding = await _database(database)
    yield finding
    reached = await _homeserver(homeserver, settings.homeserver.url)
    yield reached
    if not reached.is_well:
        return
    token = await _token(homeserver)
    yield token
    if token.is_well:
        yield await _encryption(settings, homeserver, device)


async def _database(database: Database) -> tuple[str | None, Finding]:
    """The bot's device besides, if one was made."""
    if database.path is not None and not database.path.exists():
        return None, Finding("database", f"{database.path} is not there yet; the first start makes it")
    try:
        async with database.reading() as connection:
            device = await journal.mark(connection, DEVICE_MARK)
    except (StoreError, OSError) as error:
        mend = "look at `database` in the configuration: the file must be readable, or PostgreSQL answer."
        return None, Finding("database", f"it cannot be read ({type(error).__name__})", mend)
    return device, Finding("database", "it opens")


async def _homeserver(homeserver: Homeserver, url: str) -> Finding:
    try:
        await homeserver.call("GET", "/_matrix/client/versions", seconds=15)
    except HomeserverError as error:
        if error.errcode:  # a Matrix server, whatever it thinks of the token
            return Finding("homeserver", f"{url} answers")
        mend = "start the homeserver, or put its address into `homeserver.url`."
        return Finding("homeserver", f"{url} does not answer as one ({error})", mend)
    return Finding("homeserver", f"{url} answers")


async def _token(homeserver: Homeserver) -> Finding:
    try:
        await homeserver.call("GET", _WHO_AM_I, query={"user_id": homeserver.user}, seconds=15)
    except Disowned:
        mend = (
            "name the registration file under app_service_config_files in homeserver.yaml, check it with "
            "`hedgerow config check --registration FILE`, and restart the homeserver."
        )
        return Finding("as_token", "the homeserver does not know it", mend)
    except HomeserverError as error:
        if error.errcode == "M_FORBIDDEN":
            return Finding(
                "as_token", "the homeserver knows it; the bot's account comes with the first start"
            )
        return Finding("as_token", f"the homeserver says {error}", "try again when it is well.")
    return Finding("as_token", "the homeserver knows it")


async def _encryption(settings: Settings, homeserver: Homeserver, device: str | None) -> Finding:
    if not settings.encryption.enabled:
        return Finding("encryption", "it is turned off")
    if device is None:
        return Finding("encryption", "the bot has no device yet; the first start makes it")
    try:
        shown = await KeyCalls(homeserver).query([homeserver.user])
    except HomeserverError as error:
        return Finding("encryption", f"the homeserver says {error}", "try again when it is well.")
    if is_cross_signed(shown, homeserver.user, device):
        return Finding("encryption", f"the bot's device {device} is cross-signed")
    mend = "start `hedgerow run`, which signs it, and look for `device_not_` in its log if it does not."
    return Finding("encryption", f"the bot's device {device} is not cross-signed", mend)
