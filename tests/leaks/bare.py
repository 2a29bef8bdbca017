"""An index that holds only what one person may find, in memory: what they are told if nothing is hidden.

It knows nothing of audiences; whatever it holds, it tells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from bot.directory.ports import Candidate, Match, Term
from bot.directory.words import tokens_of, trigrams_of, vocabulary_of, words_of
from spaces.access import Sight
from spaces.directory import Entry, ListingKind


@lru_cache(maxsize=65_536)
def _tokens(*texts: str) -> frozenset[str]:
    return frozenset(tokens_of(*texts).split())


@lru_cache(maxsize=65_536)
def _threes(word: str) -> frozenset[str]:
    return frozenset(trigrams_of(word))


class BareIndex:
    """Implements `bot.directory.ports.Index` over these rows, the oldest first."""

    def __init__(self, rows: Sequence[Entry]) -> None:
        self._found = [_candidate(entry) for entry in reversed(rows)]
        texts = [text for e in rows for text in (e.title, e.about, e.located, e.more)]
        self.words = vocabulary_of(texts)
        self.shown = {word for text in texts for word in words_of(text)}

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        return [one for one in self._found if _matches(one, match)][:most]

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        return [one.entry for one in reversed(self._found) if (one.entry.kind, one.entry.key) in keys]

    async def words_like(self, word: str) -> Sequence[str]:
        """As the store finds them (`_DAMAGED` there)."""
        threes = _threes(word)
        return [other for other in self.words if len(threes & _threes(other)) >= max(len(threes) - 4, 1)]


def _candidate(entry: Entry) -> Candidate:
    return Candidate(
        entry, _tokens(entry.title), _tokens(entry.title, entry.about, entry.located, entry.more)
    )


def _matches(one: Candidate, match: Match) -> bool:
    if match.kinds and one.entry.kind not in match.kinds:
        return False
    if match.within is not None and one.entry.network not in match.within:
        return False
    tokens = one.title if match.in_title else one.tokens
    hits = [_has(tokens, term) for term in match.terms]
    is_near = all(_has(_tokens(one.entry.located), term) for term in match.near)
    return is_near and (not hits or (all(hits) if match.every else any(hits)))


def _has(tokens: frozenset[str], term: Term) -> bool:
    begins = bool(term.prefix) and any(token.startswith(term.prefix) for token in tokens)
    return begins or not tokens.isdisjoint(term.tokens)
