"""Whether the homeserver lets the bot work as fast as it must: `rate_limited: false` of the registration.

Synapse answers ten questions for a Space's rooms at once, then five a second, whatever its settings
are; who is not limited is not held back by that either. So many questions at once, for a room that does
not exist, tell it, and change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from appservice.doctor.visit import Visit, not_now
from appservice.findings import Finding
from appservice.homeserver import HomeserverError, Limited, quoted

_ABOUT = "rate limits"
_AT_ONCE = 24  # more than two of Synapse's workers let through


async def look(visit: Visit) -> Sequence[Finding]:
    """Ask often at once, and see whether anything is held back."""
    nowhere = f"!hedgerow-doctor:{visit.homeserver.server}"
    path = f"/_matrix/client/v1/rooms/{quoted(nowhere)}/hierarchy"
    answers = await asyncio.gather(*(_asked(visit, path) for _ in range(_AT_ONCE)))
    if held := sum(isinstance(answer, Limited) for answer in answers):
        return [_held_back(held)]
    if (lost := next((answer for answer in answers if answer and not answer.is_final), None)) is not None:
        return [not_now(_ABOUT, lost)]
    found = f"of {_AT_ONCE} questions at once the homeserver held none back"
    return [Finding("ok", _ABOUT, found)]


async def _asked(visit: Visit, path: str) -> HomeserverError | None:
    try:
        await visit.homeserver.call("GET", path, query={"limit": "1", "max_depth": "0"}, seconds=15)
    except HomeserverError as error:
        return error
    return None


def _held_back(held: int) -> Finding:
    found = (
        f"of {_AT_ONCE} questions at once the homeserver held {held} back (429). Hedgerow waits as it is "
        "told, and Synapse lets it make ten rooms, then one a minute"
    )
    mend = (
        "write `rate_limited: false` into the registration file and restart the homeserver; "
        "if it stands there, a proxy before the homeserver limits this machine."
    )
    return Finding("look", _ABOUT, found, mend)
