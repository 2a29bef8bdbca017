"""The networks in which is looked: a network and what is below it, what is above it, and those of a place.

All of it as far as somebody may find: what is hidden joins nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bot.directory.ports import Index, Match, Term
from bot.directory.searching import MOST, words_meant
from bot.directory.words import stem, words_of
from spaces.access import Sight
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape


def with_below(landscape: Landscape, sight: Sight, network: NetworkId) -> frozenset[NetworkId]:
    """This network and all below it."""
    return frozenset(_reached(network, landscape.children, sight))


def above(landscape: Landscape, sight: Sight, network: NetworkId) -> tuple[NetworkId, ...]:
    """The networks above this one, the nearest first."""
    return tuple(_reached(network, landscape.parents, sight))[1:]


def _reached(
    start: NetworkId, step: Callable[[NetworkId], Iterable[NetworkId]], sight: Sight
) -> Iterator[NetworkId]:
    queue, seen = [start], {start}
    for here in queue:
        yield here
        fresh = [n for n in step(here) if n in sight.finds and n not in seen]
        seen.update(fresh)
        queue += fresh


async def networks_of_place(
    index: Index, landscape: Landscape, sight: Sight, near: str
) -> frozenset[NetworkId]:
    """Networks in whose names the name of the place is, and all below them.

    Where neither they nor anything else is there, those of a name like it.
    """
    words = words_of(near)
    if not words:
        return frozenset()
    terms = tuple(Term((stem(word), word)) for word in words)
    found = await _named(index, sight, terms)
    if not found and not await index.candidates(Match((), near=terms), sight, 1):
        like = [Term((word, *await words_meant(index, word))) for word in words]
        found = await _named(index, sight, tuple(like))
    there = (network for network in found if network in landscape.networks)
    return frozenset().union(*(with_below(landscape, sight, network) for network in there))


async def _named(index: Index, sight: Sight, terms: tuple[Term, ...]) -> list[NetworkId]:
    match = Match(terms, in_title=True, kinds=frozenset({ListingKind.NETWORK}))
    return [NetworkId(one.entry.key) for one in await index.candidates(match, sight, MOST)]
