"""Whether the homeserver reaches Hedgerow, with the right token: it is asked to call (MSC2659)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from appservice.doctor.visit import Visit, not_now
from appservice.findings import Finding
from appservice.homeserver import HomeserverError, quoted

_ABOUT = "hs_token"
_RESTART = "and restart the homeserver, which reads the registration only then."


async def look(visit: Visit) -> Sequence[Finding]:
    """Ask for a ping, and tell from what comes of it what is wrong."""
    id_ = visit.settings.homeserver.appservice_id
    path = f"/_matrix/client/v1/appservice/{quoted(id_)}/ping"
    try:
        await visit.homeserver.call("POST", path, {"transaction_id": secrets.token_hex(8)}, seconds=15)
    except HomeserverError as error:
        silent = error.errcode in ("M_CONNECTION_FAILED", "M_CONNECTION_TIMEOUT")
        return [] if silent and not visit.runs else [_failed(visit, error)]  # `service` says that
    if not visit.runs:
        listen = visit.settings.listen
        found = f"the homeserver reaches a Hedgerow that takes it, and not at {listen} of this machine"
        mend = "if it does not run on another one, correct `listen`: this is not the address of what runs."
        return [Finding("look", _ABOUT, found, mend)]
    if not visit.takes_ours:
        found = "the homeserver and what runs agree on one, and this configuration has another"
        mend = (
            f"write the `hs_token` of the registration into `homeserver.hs_token` in {visit.config}: started "
            "again as it is, Hedgerow would refuse all that the homeserver sends."
        )
        return [Finding("failed", _ABOUT, found, mend)]
    return [Finding("ok", _ABOUT, "the homeserver reaches Hedgerow, and shows the right one")]


def _failed(visit: Visit, error: HomeserverError) -> Finding:
    match error.errcode:
        case "M_FORBIDDEN":
            visit.is_known = False
            id_ = visit.settings.homeserver.appservice_id
            found = f"the one that the homeserver has loaded has another id than “{id_}”"
            mend = f"make `id` in it and `homeserver.appservice_id` in {visit.config} the same, {_RESTART}"
            return Finding("failed", "registration", found, mend)
        case "M_URL_NOT_SET":
            found = "the one that the homeserver has loaded has no `url`, so it never sends anything"
            mend = f"write `url: http://{visit.settings.listen}` into it, {_RESTART}"
            return Finding("failed", "registration", found, mend)
        case "M_BAD_STATUS":
            return _answered(visit, error.said.get("status"))
        case "M_CONNECTION_FAILED" | "M_CONNECTION_TIMEOUT":
            found = "Hedgerow runs, and the homeserver does not reach it, so it hears nothing"
            return Finding("failed", _ABOUT, found, _leads_here(visit))
        case "M_UNRECOGNIZED":
            found = (
                "this homeserver cannot be asked to call; whether it does shows when one writes to the bot"
            )
            return Finding("look", _ABOUT, found)
    return not_now(_ABOUT, error)


def _answered(visit: Visit, status: object) -> Finding:
    if status in (401, 403):
        found = "the homeserver reaches Hedgerow, and shows another one, so nothing that it sends is taken"
        mend = (
            "make `hs_token` in the registration file that the homeserver has loaded and "
            f"`homeserver.hs_token` in {visit.config} the same, {_RESTART}"
        )
        return Finding("failed", _ABOUT, found, mend)
    found = f"what the homeserver reaches at `url` of the registration is not Hedgerow (it says {status})"
    return Finding("failed", _ABOUT, found, _leads_here(visit))


def _leads_here(visit: Visit) -> str:
    listen = visit.settings.listen
    return (
        f"let `url` in the registration lead to {listen}, where Hedgerow listens (`curl URL/live` on the "
        f"homeserver's machine tries it; from another machine `listen` cannot be 127.0.0.1), {_RESTART}"
    )
