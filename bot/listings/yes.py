"""A plain yes to the question whether listings still hold, however long ago it was asked."""

from __future__ import annotations

from collections.abc import Mapping

from bot.answering import Answering, Meant
from bot.command import Call
from bot.listings.asking import last_asked
from bot.ports import Awaited
from spaces.freshness import ANSWERED_WITHIN_SECONDS


async def still_right(
    said: str, call: Call, awaited: Mapping[str, Awaited], answering: Answering
) -> Meant | None:
    """`confirm` with the numbers behind the yes, or of what was asked last; None if it is no such yes."""
    numbers = answering.behind_yes(said)
    if numbers[:1].isdigit() and not answering.waits_for_argument(call.heard, awaited):
        return Meant(f"confirm {numbers}")
    now = call.now.timestamp()
    if not answering.yes_to_no_question(said, call.heard, awaited, now):
        return None
    asked = await last_asked(call)
    since = (asked[0].asked_at or 0.0) if asked else 0.0
    is_recent = bool(asked) and since >= now - ANSWERED_WITHIN_SECONDS
    if is_recent and answering.yes_to_no_question(said, call.heard, awaited, since):
        return Meant("confirm")
    return None
