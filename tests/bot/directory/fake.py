"""The index in memory: rows in a list, asked as the store is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from appservice.directory import entries_of
from bot.directory.ports import Candidate, Match, Term
from bot.directory.words import tokens_of, trigrams_of, vocabulary_of
from spaces.access import Sight, Sights, Standing, may_find
from spaces.directory import Entry, ListingKind
from spaces.landscape import Landscape


def candidate(entry: Entry) -> Candidate:
    tokens = tokens_of(entry.title, entry.about, entry.located, entry.more)
    return Candidate(entry, frozenset(tokens_of(entry.title).split()), frozenset(tokens.split()))


class FakeDirectory:
    """Implements `bot.directory.ports.Directory`; networks and groups are those of the landscape."""

    def __init__(self) -> None:
        self.rows: list[Entry] = []
        self.landscape = Landscape()
        self.now = 0.0

    def at(self, landscape: Landscape, now: float = 0.0) -> FakeDirectory:
        self.landscape, self.now = landscape, now
        return self

    def sight_of(self, standing: Standing) -> Sight:
        return Sights(self.landscape).of(standing)

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        found = [candidate(entry) for entry in reversed(self._all()) if self._fits(entry, match, sight)]
        return [one for one in found if _matches(one, match)][:most]

    def _all(self) -> list[Entry]:
        return [*entries_of(self.landscape, [*self.landscape.networks, *self.landscape.groups]), *self.rows]

    def _fits(self, entry: Entry, match: Match, sight: Sight) -> bool:
        is_kind = not match.kinds or entry.kind in match.kinds
        is_within = match.within is None or entry.network in match.within
        return self._is_there(entry) and is_kind and is_within and may_find(sight, entry)

    def _is_there(self, entry: Entry) -> bool:
        return entry.ends_at is None or entry.ends_at > self.now

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        found = (e for e in self._all() if self._is_there(e))
        return [e for e in found if (e.kind, e.key) in keys and may_find(sight, e)]

    async def words_like(self, word: str) -> Sequence[str]:
        threes = set(trigrams_of(word))
        words = vocabulary_of(text for e in self._all() for text in (e.title, e.about, e.located, e.more))
        shared = {w: len(threes & set(trigrams_of(w))) for w in words}
        near = [w for w in words if shared[w] >= max(len(threes) - 4, 1) and abs(len(w) - len(word)) <= 2]
        return sorted(near, key=lambda w: (-shared[w], w))

    async def put(self, entries: Iterable[Entry], gone: Iterable[tuple[ListingKind, str]] = ()) -> None:
        fresh = list(entries)
        away = {(e.kind, e.key) for e in fresh} | set(gone)
        self.rows = [*(e for e in self.rows if (e.kind, e.key) not in away), *fresh]


def _matches(one: Candidate, match: Match) -> bool:
    tokens = one.title if match.in_title else one.tokens
    hits = [_has(tokens, term) for term in match.terms]
    located = frozenset(tokens_of(one.entry.located).split())
    is_near = all(_has(located, term) for term in match.near)
    return is_near and (not hits or (all(hits) if match.every else any(hits)))


def _has(tokens: frozenset[str], term: Term) -> bool:
    begins = bool(term.prefix) and any(token.startswith(term.prefix) for token in tokens)
    return begins or not tokens.isdisjoint(term.tokens)
