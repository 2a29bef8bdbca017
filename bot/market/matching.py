"""What may fit a new offer or want: the same search as `find`, nearest network first."""

from __future__ import annotations

from dataclasses import dataclass

from bot.command import Call
from bot.directory.ranking import Hit
from bot.directory.searching import Question, search
from bot.networks.rules import Named, named
from spaces.bans import is_banned
from spaces.market import MOST_SUGGESTED, Posting, other_kind
from spaces.nearness import Nearness

_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Suggested:
    """What somebody else wants or offers."""

    posting: Posting
    network: Named


async def suggestions(call: Call, posting: Posting) -> list[Suggested]:
    """At most three that may fit, of what who made `posting` may find; nobody else hears of it."""
    directory, now = call.work.directory, call.now.timestamp()
    sight = directory.sight_of(call.standing)
    question = Question(posting.text, frozenset({other_kind(posting.kind)}))
    answer = await search(directory, sight, Nearness(call.landscape, sight), question)
    numbers = [int(hit.entry.key) for hit in sorted(answer.hits, key=_nearest_first)[:_LOOKED_AT]]
    there = {one.number: one for one in await call.work.market.numbered(numbers)}
    fitting = [there[number] for number in numbers if number in there]
    return [
        Suggested(one, named(call.landscape, one.network))
        for one in fitting
        if one.stands(now)
        and one.owner != call.sender
        and not is_banned(call.landscape, one.network, call.sender)
    ][:MOST_SUGGESTED]


def _nearest_first(hit: Hit) -> tuple[int, float]:
    return hit.near, -hit.score
