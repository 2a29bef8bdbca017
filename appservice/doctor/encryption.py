"""What the doctor looks at of encryption: the key, the folder of keys, and the bot's device."""

from __future__ import annotations

from collections.abc import Sequence

from appservice.cross_signing import Seeds, is_cross_signed
from appservice.doctor.files import fault_of_folder, open_to_others
from appservice.doctor.visit import Visit, not_now
from appservice.findings import Finding
from appservice.homeserver import HomeserverError
from appservice.key_calls import KeyCalls
from appservice.repairs import Begin
from appservice.secrecy import crypto_folder
from spaces.errors import Unavailable

_ABOUT = "encryption"


async def look_at_key(visit: Visit) -> Sequence[Finding]:
    """Nothing to tell where the key opens what was sealed, or nothing was."""
    settings = visit.settings
    key = settings.encryption.key
    if not settings.encryption.enabled or key is None or visit.seeds is None:
        return []
    try:
        Seeds.opened(visit.seeds, key.get_secret_value(), settings.homeserver.bot)
    except Unavailable as refusal:
        return [Finding("failed", _ABOUT, refusal.sentence)]
    return []


async def look_at_store(visit: Visit) -> Sequence[Finding]:
    """Nothing to tell where the folder of keys can be written to, by nobody else, or is yet to be made."""
    folder = crypto_folder(visit.settings, visit.database)
    if not visit.settings.encryption.enabled or not folder.exists():
        return []
    if (fault := fault_of_folder(_ABOUT, folder, "`encryption.store`")) is not None:
        return [fault]
    return open_to_others(_ABOUT, [folder], 0o700)


async def look_at_device(visit: Visit) -> Sequence[Finding]:
    """The bot's device, as everyone's client sees it."""
    if not visit.settings.encryption.enabled:
        return [Finding("ok", _ABOUT, "it is turned off")]
    if not visit.is_read:
        found = "which device the bot has stands in the database, once that opens"
        return [Finding("look", _ABOUT, found)]
    if visit.device is None:
        return [Finding("ok", _ABOUT, "the bot has no device yet; the first start makes it")]
    try:
        shown = await KeyCalls(visit.homeserver).query([visit.homeserver.user])
    except HomeserverError as error:
        return [not_now(_ABOUT, error)]
    if is_cross_signed(shown, visit.homeserver.user, visit.device):
        return [Finding("ok", _ABOUT, f"the bot's device {visit.device} is cross-signed")]
    mend = "start `hedgerow run`, which signs it, and look for `device_not_` in its log if it does not."
    found = f"the bot's device {visit.device} is not cross-signed"
    return [Finding("failed", _ABOUT, found, mend, Begin())]
