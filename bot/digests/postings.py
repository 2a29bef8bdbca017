"""Offers and wants near a reader: what is new of others', and what of their own is about to end.

Whose something is stands nowhere: who likes it asks, by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from bot.digests.around import MOST, Nearby
from bot.digests.items import Item, Period, Reader, Section
from bot.market.times import last_day
from bot.market.words import TERMS, called
from bot.networks.phrases import link
from bot.networks.rules import named
from spaces.access import may_find
from spaces.bans import is_banned
from spaces.directory import ListingKind
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.market import Posting, asked_at, entry_of
from spaces.nearness import Near
from spaces.sentences import Sentence, sentence

DAY = 86_400.0
WEEK = 7 * DAY


def new_postings(landscape: Landscape, reader: Reader, fresh: Sequence[Posting]) -> list[Item]:
    """What of it is news to the reader, the nearest first, in the order given."""
    nearby = Nearby(landscape, reader)
    near = {network: nearby.of(network) for network in {one.network for one in fresh}}
    seen = [one for one in fresh if near[one.network] is not Near.WIDER and one.owner != reader.user]
    nearest_first = sorted(seen, key=lambda one: near[one.network])
    chosen = islice((one for one in nearest_first if _is_for(landscape, reader, one)), MOST)
    return [_item(landscape, one, -float(near[one.network])) for one in chosen]


def _is_for(landscape: Landscape, reader: Reader, posting: Posting) -> bool:
    """Whether they may find it and are not kept out of where it is."""
    is_out = reader.user is not None and is_banned(landscape, posting.network, reader.user)
    return not is_out and may_find(reader.sight, entry_of(posting))


def _item(landscape: Landscape, posting: Posting, weight: float) -> Item:
    return Item(Section.MARKET, _key(posting), (_line(landscape, posting),), weight)


def _key(posting: Posting) -> str:
    return f"posting {posting.number}"


def _line(landscape: Landscape, posting: Posting) -> Sentence:
    """Such as “A long ladder” (a loan), offered in Arts – `ask 48213`."""
    with_terms, bare = _WORDS[posting.kind]
    parts = {
        "text": posting.text,
        "network": link(named(landscape, posting.network)),
        "number": posting.number,
    }
    if posting.terms is None:
        return replace(bare, parts=parts)
    return replace(with_terms, parts={**parts, "terms": TERMS[posting.terms]})


_WORDS = {
    ListingKind.OFFER: (
        sentence("“{text}” ({terms}), offered in {network} – `ask {number}`"),
        sentence("“{text}”, offered in {network} – `ask {number}`"),
    ),
    ListingKind.WANT: (
        sentence("“{text}” ({terms}), wanted in {network} – `ask {number}`"),
        sentence("“{text}”, wanted in {network} – `ask {number}`"),
    ),
}
"""What is said of each: with what is expected in return, and without."""


# -- one's own ----------------------------------------------------------------------------------------


def last_call(period: Period) -> float:
    """How many seconds before its end something is told of: in the last edition before it, as a rule."""
    return min(max(period.end - period.start, DAY), WEEK)


def ending_postings(
    landscape: Landscape, user: UserId, reader: Reader, ending: Sequence[Posting], period: Period
) -> list[Item]:
    """What of the reader's own is about to end, but for what they have been asked about in this period."""
    theirs = (one for one in ending if one.owner == user and one.network in reader.networks)
    seen = (one for one in theirs if one.network in reader.sight.finds)
    return [_ending(landscape, one) for one in seen if (asked_at(one) or 0.0) < period.start]


def _ending(landscape: Landscape, posting: Posting) -> Item:
    line = sentence(
        "Your {posting} in {network} stands until {day} – `renew {number}`",
        posting=called(posting),
        network=link(named(landscape, posting.network)),
        day=last_day(posting.ends_at),
        number=posting.number,
    )
    return Item(Section.MARKET, _key(posting), (line,), 1.0, quiet=True)
