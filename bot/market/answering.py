"""A bare yes or no, where the bot has lately asked one thing for somebody else and nothing of its own."""

from __future__ import annotations

from collections.abc import Mapping

from bot.answering import YES, Answering, Meant
from bot.command import Call
from bot.market.asking import waiting_for
from bot.market.words import decisions
from bot.ports import Awaited
from bot.reply import say

_LATELY_SECONDS = 86_400.0


async def to_who_asks(said: str, call: Call, awaited: Mapping[str, Awaited]) -> Meant | None:
    """What it means if somebody waits for the speaker's yes; None if it is meant otherwise."""
    word = Answering.of_word(said)
    if (
        word is None
        or not call.heard.is_direct
        or not awaited.keys().isdisjoint({"confirmation", "argument"})
    ):
        return None
    asks = await waiting_for(call)
    if not asks:
        return None
    if len(asks) == 1 and call.now.timestamp() - asks[0].asked_at <= _LATELY_SECONDS:
        yes, no = decisions(asks[0])
        return Meant(yes if word == YES else no)
    return Meant(reply=say("Which one do you mean? `mine` shows who asks, and how to answer each."))
