"""The list of looks, in the order in which what they find should be mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appservice.doctor import (
    database,
    encryption,
    homeserver,
    limits,
    pings,
    publishing,
    registration,
    rooms,
    service,
)
from appservice.doctor.visit import Visit, reached_at
from appservice.findings import Finding
from appservice.store.database import Database
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Look:
    """One look. It is left out unless all that it `needs` was well; that it is well itself `gives` that."""

    at: Callable[[Visit], Awaitable[Sequence[Finding]]]
    needs: frozenset[str] = frozenset()
    gives: str = ""


_ANSWERS = frozenset({"answers"})
_BOT = frozenset({"answers", "token"})

LOOKS = (
    Look(registration.look_at_file),
    Look(database.look),
    Look(database.look_at_room_left),
    Look(encryption.look_at_key),
    Look(encryption.look_at_store),
    Look(service.look),
    Look(service.look_at_public_pages),
    Look(homeserver.look, gives="answers"),
    Look(homeserver.look_at_clock, needs=_ANSWERS),
    Look(homeserver.look_at_token, needs=_ANSWERS, gives="token"),
    Look(registration.look_at_what_is_loaded, needs=_BOT),
    Look(pings.look, needs=_BOT),
    Look(limits.look, needs=_BOT),
    Look(homeserver.look_at_room_version, needs=_BOT),
    Look(homeserver.look_at_display_name, needs=_BOT),
    Look(publishing.look, needs=_BOT),
    Look(rooms.look, needs=_BOT),
    Look(encryption.look_at_device, needs=_BOT),
)


async def examine(
    settings: Settings, config: Path, registration_file: Path | None, now: Callable[[], float]
) -> list[Finding]:
    """Everything. `config` is where the settings stand, `registration_file` what is compared with them."""
    database = Database(settings.database_url)
    visit = Visit(settings, config, registration_file, database, reached_at(settings), now)
    try:
        return [finding async for finding in _findings(visit)]
    finally:
        await visit.homeserver.close()
        await visit.database.close()


async def _findings(visit: Visit) -> AsyncIterator[Finding]:
    given: set[str] = set()
    for look in LOOKS:
        if look.needs <= given:
            found = await look.at(visit)
            for finding in found:
                yield finding
            if look.gives and all(finding.is_well for finding in found):
                given.add(look.gives)
