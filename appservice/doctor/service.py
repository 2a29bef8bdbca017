"""What the doctor looks at of the service itself: whether it runs, takes the token, and its public pages."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp

from appservice.doctor.visit import Visit
from appservice.findings import SECONDS, Finding
from appservice.pages_reached import look_at_pages, near
from config.settings import Settings

_ABOUT = "service"
_HARMLESS = "/_matrix/app/v1/thirdparty/user"  # needs the homeserver's token, and tells nothing
_OURS = (200, 401, 403)
_PARTS = {
    "database": "its database",
    "homeserver": "the homeserver",
    "ping": "being called by the homeserver",
    "acting": "its turn to act",
    "migrated": "its database to be brought to this version's shape",
}
_OF_WHO_ACTS = frozenset({"acting", "migrated"})  # no lack of one that stands by


async def look(visit: Visit) -> Sequence[Finding]:
    """Whether Hedgerow answers where it listens, with this configuration, and is ready."""
    listen = visit.settings.listen
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as client:
        status = await _asked(client, visit.settings)
        if status is None:
            found = f"nothing answers on {listen}, as Hedgerow does not run, so the homeserver cannot call it"
            mend = "start `hedgerow run`, and then `hedgerow doctor` again: it has to run only for that."
            return [Finding("look", _ABOUT, found, mend)]
        if status not in _OURS:
            mend = "end that program, or write another port into `listen` and into `url` of the registration."
            return [Finding("failed", _ABOUT, f"another program answers on {listen}", mend)]
        visit.runs = True
        if status != 200:
            visit.takes_ours = False
            found = f"what runs on {listen} takes another hs_token than the one of this configuration"
            mend = (
                "where the registration has the one of this configuration, stop `hedgerow run` and start it "
                "again: it reads the configuration only then."
            )
            return [Finding("failed", _ABOUT, found, mend)]
        return [await _readiness(client, visit.settings)]


async def _asked(client: aiohttp.ClientSession, settings: Settings) -> int | None:
    """The status with which it answers the hs_token; 0 for what is no answer, None where nothing listens."""
    token = settings.homeserver.hs_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with client.get(f"{near(settings.listen)}{_HARMLESS}", headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status if is_json else 0
    except aiohttp.ClientConnectorError:
        return None
    except (OSError, aiohttp.ClientError):
        return 0


async def _readiness(client: aiohttp.ClientSession, settings: Settings) -> Finding:
    at = settings.metrics.listen or settings.listen
    try:
        async with client.get(f"{near(at)}/ready") as answer:
            parts = await answer.json()
    except (OSError, aiohttp.ClientError, ValueError):
        parts = None
    if not isinstance(parts, dict):
        mend = "stop `hedgerow run` and start it again: it reads `metrics.listen` only then."
        return Finding("failed", _ABOUT, f"it runs, and {at} does not say whether it is ready", mend)
    stands_by = parts.get("standing_by") is True
    awaited = {part: is_well for part, is_well in parts.items() if not (stands_by and part in _OF_WHO_ACTS)}
    missing = [_PARTS.get(str(part), str(part)) for part, is_well in awaited.items() if is_well is not True]
    if missing:
        found = f"it runs on {settings.listen}, and is not ready: it waits for {' and '.join(missing)}"
        return Finding("look", _ABOUT, found, "mend what is said of that below, and look into its log.")
    standing = "stands by: another process acts" if stands_by else "is ready"
    return Finding("ok", _ABOUT, f"it runs on {settings.listen}, and {standing}")


async def look_at_public_pages(visit: Visit) -> Sequence[Finding]:
    """Nothing to tell where there are to be none."""
    pages = await look_at_pages(visit.settings)
    return [] if pages is None else [pages]
