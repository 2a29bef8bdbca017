"""What the doctor looks at of the homeserver: it answers, knows us, has the time, and makes our rooms."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp

from appservice.doctor.clock import clock_of
from appservice.doctor.visit import Visit, in_words, not_now
from appservice.findings import SECONDS, Finding
from appservice.homeserver import Disowned, HomeserverError, quoted
from appservice.repairs import Begin
from spaces.power_levels import choose_version

_VERSIONS = "/_matrix/client/versions"
_WHO_AM_I = "/_matrix/client/v3/account/whoami"
_OF_A_HOMESERVER = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_LIMIT_EXCEEDED")  # to this call
_NOT_OURS = "masquerade"  # Synapse's word, where a user is in no namespace of ours


async def look(visit: Visit) -> Sequence[Finding]:
    """Whether it answers as a homeserver does."""
    url = visit.settings.homeserver.url
    try:
        await visit.homeserver.call("GET", _VERSIONS, seconds=SECONDS)
    except HomeserverError as error:
        if error.errcode in _OF_A_HOMESERVER:
            return [Finding("ok", "homeserver", f"{url} answers")]
        mend = "start the homeserver, or put its address into `homeserver.url`."
        found = f"{url} does not answer as one ({in_words(error)})"
        return [Finding("failed", "homeserver", found, mend)]
    return [Finding("ok", "homeserver", f"{url} answers")]


async def look_at_clock(visit: Visit) -> Sequence[Finding]:
    """Nothing to tell where it says no time."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    with suppress(OSError, aiohttp.ClientError, ValueError):
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.get(visit.settings.homeserver.url.rstrip("/") + _VERSIONS) as answer,
        ):
            theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
            return [clock_of("the homeserver", theirs, visit.now())]
    return []


# -- the token --------------------------------------------------------------------------------------


async def look_at_token(visit: Visit) -> Sequence[Finding]:
    """Whether it knows the as_token, and lets us act as the bot."""
    try:
        await visit.ask("GET", _WHO_AM_I)
    except Disowned:
        return [_token_not_known(visit.config)]
    except HomeserverError as error:
        if error.errcode != "M_FORBIDDEN":
            return [not_now("as_token", error)]
        if _NOT_OURS in error.message:
            return [_bot_not_ours(visit)]
        found = "the homeserver knows it; the bot's account comes with the first start"
        return [Finding("ok", "as_token", found, repair=Begin())]
    return [Finding("ok", "as_token", "the homeserver knows it")]


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


def _bot_not_ours(visit: Visit) -> Finding:
    bot = visit.homeserver.user
    found = (
        f"the homeserver knows the as_token, and does not let it act as {bot}: "
        "no namespace of the registration has it"
    )
    mend = (
        "put the bot into `namespaces.users` of the registration, as `hedgerow init` writes it, "
        "or correct `homeserver.bot_localpart`; and restart the homeserver."
    )
    return Finding("failed", "registration", found, mend)


# -- what the bot is and makes there ----------------------------------------------------------------


async def look_at_room_version(visit: Visit) -> Sequence[Finding]:
    """Whether it offers the room version that is wished for."""
    wished = visit.settings.rooms.version
    try:
        answer = await visit.ask("GET", "/_matrix/client/v3/capabilities")
    except HomeserverError as error:
        if error.errcode == "M_FORBIDDEN":  # there is no bot yet
            return []
        return [not_now("room version", error)]
    known = answer.get("capabilities", {}).get("m.room_versions", {}) if isinstance(answer, dict) else {}
    offered = list(known.get("available", {}))
    chosen = choose_version(wished, offered, str(known.get("default", "")))
    if chosen is not None:
        return [Finding("ok", "room version", f"new rooms are of version {chosen}")]
    found = f"the homeserver offers none that fits `rooms.version: {wished}`"
    numbers = sorted((int(v) for v in offered if v.isdecimal()), reverse=True)
    good = ", ".join(str(number) for number in numbers if number >= 10)
    mend = (
        f"write one of these into `rooms.version`: {good}." if good else "update it: it has none from 10 on."
    )
    return [Finding("failed", "room version", found, mend)]


async def look_at_display_name(visit: Visit) -> Sequence[Finding]:
    """Nothing to tell where people see the name that it is to have, or there is no bot yet."""
    wanted, bot = visit.settings.bot.display_name, visit.homeserver.user
    try:
        answer = await visit.ask("GET", f"/_matrix/client/v3/profile/{quoted(bot)}")
    except HomeserverError:
        return []
    name = answer.get("displayname") if isinstance(answer, dict) else None
    if name == wanted:
        return []
    found = f"people see it as “{name or bot.localpart}”, and `bot.display_name` is “{wanted}”"
    mend = "stop `hedgerow run` and start it again: it sets the name then."
    return [Finding("look", "bot", found, mend, Begin())]
