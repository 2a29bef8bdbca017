"""How well an entry answers what was looked for. Nothing that is hidden counts: no word's frequency does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.directory.ports import Candidate, Term
from bot.directory.words import words_of
from spaces.directory import Entry, ListingKind
from spaces.identifiers import NetworkId
from spaces.nearness import Near

_IN_TITLE, _BEGINS_TITLE, _IN_TEXT, _BEGINS_TEXT = 10.0, 7.0, 5.0, 3.5
_MISTYPED = 0.4
_WHOLE_TITLE, _SHORT_TITLE, _LOCATED = 5.0, 2.0, 4.0
_NEAR = {Near.OWN: 1.2, Near.ECOSYSTEM: 1.1, Near.WIDER: 1.0}


@dataclass(frozen=True, slots=True)
class Sought:
    """A word that is looked for, as typed, and the words that may have been meant instead."""

    word: str
    term: Term
    meant: Term | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry that answers: the row of it that does so best, and all rows that do."""

    entry: Entry
    score: float
    near: Near
    parts: tuple[Entry, ...]


def ranked(
    found: Iterable[Candidate],
    sought: Sequence[Sought],
    near_place: Sequence[Term],
    nearness: Callable[[NetworkId | None], Near],
) -> list[Hit]:
    """The entries found, each once, the best first and what is stale last; without words as they came."""
    rows: dict[tuple[ListingKind, str], list[Candidate]] = {}
    for one in found:
        rows.setdefault((one.entry.kind, one.entry.key), []).append(one)
    hits = [_hit(candidates, sought, near_place, nearness) for candidates in rows.values()]
    if not sought:
        return sorted(hits, key=lambda hit: hit.entry.stale)
    return sorted(
        hits, key=lambda hit: (hit.entry.stale, -hit.score, hit.entry.title.casefold(), hit.entry.key)
    )


def _hit(
    rows: list[Candidate],
    sought: Sequence[Sought],
    near_place: Sequence[Term],
    nearness: Callable[[NetworkId | None], Near],
) -> Hit:
    best = max(rows, key=lambda row: _words_matched(row, sought))
    together = Candidate(best.entry, best.title, frozenset().union(*(row.tokens for row in rows)))
    near = nearness(best.entry.network)
    score = _words_matched(together, sought) * _NEAR[near]
    if near_place and all(_has(set(words_of(best.entry.located)), term) for term in near_place):
        score += _LOCATED
    parts = {row.entry: None for row in rows if not sought or _words_matched(row, sought)}
    return Hit(best.entry, score, near, tuple(parts))


def _words_matched(row: Candidate, sought: Sequence[Sought]) -> float:
    if not sought:
        return 0.0
    worths = [_worth(row, one) for one in sought]
    matched = sum(worth > 0 for worth in worths)
    titled = sum(_titled(row, one) for one in sought)
    title = words_of(row.entry.title)
    score = sum(worths) / len(sought) * (matched / len(sought))
    score += _SHORT_TITLE * titled / max(len(title), 1)
    return score + _WHOLE_TITLE * (title == [one.word for one in sought])


def _titled(row: Candidate, sought: Sought) -> float:
    """How surely the word is in the title."""
    if _has(row.title, sought.term):
        return 1.0
    return _MISTYPED if sought.meant is not None and _has(row.title, sought.meant) else 0.0


def _worth(row: Candidate, sought: Sought) -> float:
    """What one word of the question is worth in this entry."""
    worth = _worth_of(row, sought.term)
    if not worth and sought.meant is not None:
        worth = _MISTYPED * _worth_of(row, sought.meant)
    return worth


def _worth_of(row: Candidate, term: Term) -> float:
    if not row.title.isdisjoint(term.tokens):
        return _IN_TITLE
    if term.prefix and any(token.startswith(term.prefix) for token in row.title):
        return _BEGINS_TITLE
    if not row.tokens.isdisjoint(term.tokens):
        return _IN_TEXT
    if term.prefix and any(token.startswith(term.prefix) for token in row.tokens):
        return _BEGINS_TEXT
    return 0.0


def _has(tokens: Iterable[str], term: Term) -> bool:
    tokens = set(tokens)
    return not tokens.isdisjoint(term.tokens) or bool(
        term.prefix and any(token.startswith(term.prefix) for token in tokens)
    )


def answers(row: Candidate, sought: Sought) -> bool:
    """Whether the word, as typed, is in this entry."""
    return _worth_of(row, sought.term) > 0
