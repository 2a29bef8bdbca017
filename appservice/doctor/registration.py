"""What the doctor looks at of the registration: its file, and what the homeserver has loaded."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from appservice.doctor.configuration import finding_of
from appservice.doctor.visit import Visit, not_now
from appservice.findings import Finding
from appservice.homeserver import HomeserverError, quoted
from config.registration import PROTOCOL, problems_of_registration
from spaces.identifiers import ALIAS_PREFIX

_ABOUT = "registration"
_USUAL = ("hedgerow-registration.yaml", "registration.yaml")  # the first is what `hedgerow init` writes
_AGAIN = "compare that file with `hedgerow doctor --registration FILE`, and restart the homeserver."


async def look_at_file(visit: Visit) -> Sequence[Finding]:
    """The file that was named, or else lies beside the configuration, agrees with it; nothing without one."""
    path = visit.registration or _beside(visit.config)
    if path is None:
        return []
    problems = [finding_of(p, _ABOUT, path) for p in problems_of_registration(path, visit.settings)]
    if problems:
        return problems
    return [Finding("ok", _ABOUT, f"{path} says what the configuration says")]


def _beside(config: Path) -> Path | None:
    beside = (config.with_name(name) for name in _USUAL)
    return next((path for path in beside if os.access(path, os.R_OK)), None)


async def look_at_what_is_loaded(visit: Visit) -> Sequence[Finding]:
    """What the homeserver lets us do tells whose names it keeps for us."""
    try:
        who = await visit.homeserver.call("GET", "/_matrix/client/v3/account/whoami", seconds=15)
        keeps_aliases = await _keeps_aliases(visit)
    except HomeserverError as error:
        return [not_now(_ABOUT, error)]
    found = []
    if who.get("user_id") != visit.settings.homeserver.sender:
        words = "the one that the homeserver has loaded has another sender_localpart than the configuration"
        mend = f"write the one of the registration file into `homeserver.sender_localpart`, or {_AGAIN}"
        found.append(Finding("look", _ABOUT, words, mend))
    if not keeps_aliases:
        words = f"the one that the homeserver has loaded does not keep #{ALIAS_PREFIX}… for Hedgerow"
        mend = f"`namespaces.aliases` must hold it, as `hedgerow init` writes it: {_AGAIN}"
        found.append(Finding("failed", _ABOUT, words, mend))
    if visit.runs and not await _has_protocol(visit):
        words = f"the one that the homeserver has loaded lacks `protocols: [{PROTOCOL}]`"
        mend = (
            f"without it networks do not show as an own directory under “Explore rooms”: write it, {_AGAIN}"
        )
        found.append(Finding("look", _ABOUT, words, mend))
    if not found:
        return [
            Finding("ok", _ABOUT, "what the homeserver has loaded keeps the bot and its aliases for Hedgerow")
        ]
    return found


async def _keeps_aliases(visit: Visit) -> bool:
    """Take away an alias that nobody has: what is outside the namespace Synapse refuses even so."""
    alias = f"#{ALIAS_PREFIX}doctor-{secrets.token_hex(8)}:{visit.homeserver.server}"
    try:
        await visit.homeserver.call("DELETE", f"/_matrix/client/v3/directory/room/{quoted(alias)}")
    except HomeserverError as error:
        if error.errcode == "M_EXCLUSIVE":
            return False
        if error.status not in (403, 404):
            raise
    return True


async def _has_protocol(visit: Visit) -> bool:
    try:
        await visit.ask("GET", f"/_matrix/client/v3/thirdparty/protocol/{PROTOCOL}")
    except HomeserverError as error:
        return error.status != 404
    return True
