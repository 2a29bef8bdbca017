"""One visit of the doctor: what all looks share, and what one tells the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appservice.findings import SECONDS, Finding, of_connection
from appservice.homeserver import Homeserver, HomeserverError, Identity
from appservice.store.database import Database
from config.settings import Settings

OWNER = "the user that Hedgerow runs as"


@dataclass
class Visit:
    """`config` and `registration` are where these files stand; the latter None where nobody knows.

    `device` and `seeds` are what the database keeps of encryption, None before the first start, and
    `is_read` whether it could be read; `has_tables`: it has all that this version looks for. `runs`: the
    service answers where it listens, and `takes_ours` with the hs_token that the configuration has.
    `is_known`: the homeserver has us under the id that we think.
    """

    settings: Settings
    config: Path
    registration: Path | None
    database: Database
    homeserver: Homeserver
    now: Callable[[], float]
    is_read: bool = False
    has_tables: bool = False
    device: str | None = None
    seeds: str | None = None
    runs: bool = False
    takes_ours: bool = True
    is_known: bool = True

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """One call as the bot. Raises `HomeserverError`."""
        asked = {**(query or {}), "user_id": self.homeserver.user}
        return await self.homeserver.call(method, path, body, query=asked, seconds=SECONDS)


def reached_at(settings: Settings) -> Homeserver:
    """The homeserver, spoken to with the as_token, and as the bot only where a call says so."""
    homeserver = settings.homeserver
    token = homeserver.as_token.get_secret_value()
    return Homeserver(Identity(url=homeserver.url, user=homeserver.bot, as_token=token, device_id=""))


def in_words(error: HomeserverError) -> str:
    """Why there was no answer, or which one there was."""
    if (words := of_connection(error.__cause__)) is not None:
        return words
    if not error.status:
        return error.message
    return f"it says {error.status} {error.errcode} {error.message}".rstrip()


def not_now(about: str, error: HomeserverError) -> Finding:
    """What is told where an answer did not come that should have."""
    found = f"the homeserver did not answer this ({in_words(error)})"
    return Finding("failed", about, found, "try again when it is well.")
