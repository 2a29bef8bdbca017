"""Offers and wants end: closed, expired with one question before, or left behind."""

from __future__ import annotations

from dataclasses import replace

from bot.market import words
from bot.ports import Work
from spaces.identifiers import UserId
from spaces.market import Posting, Said, State, ended


async def close(work: Work, posting: Posting, state: State, now: float) -> None:
    """End it, and tell those who wait for an answer about it; and who made it, where another has ended it."""
    await work.market.keep(ended(posting, state, now))
    for ask in await work.market.asks_about([posting.number]):
        if ask.waits(now):
            await work.market.keep_ask(replace(ask, said=Said.LAPSED, said_at=now))
            await work.tell(ask.asker, words.has_ended(posting), said=f"ask {ask.number} lapsed")
    if state is State.REMOVED:
        await work.tell(
            posting.owner, words.removed(work.landscape, posting), said=f"removed {posting.number}"
        )


async def close_what_was_left(work: Work, now: float, owner: UserId | None = None) -> None:
    """End what is of somebody who has left its network or is banned there; of `owner` alone, if named."""
    for posting in await work.market.left(owner):
        await close(work, posting, State.LEFT, now)


async def ask_what_still_holds(work: Work, now: float) -> None:
    """Ask once, before the end, whether it is to stand for longer."""
    for posting in await work.market.to_remind_of(now):
        await work.market.keep(replace(posting, remind_at=None))
        message = words.still_holds(work.landscape, posting, now)
        said = f"still {posting.number} {int(posting.ends_at)}"
        await work.tell(posting.owner, message, said=said, reminding=True)
