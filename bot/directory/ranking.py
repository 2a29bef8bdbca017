"""How well an entry answers what was looked for. Nothing that is hidden counts: no word's frequency does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import methodcaller

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
    scores = [_words_matched(row, sought) for row in rows]
    score = max(scores)
    best = rows[scores.index(score)]
    if len(rows) > 1:
        tokens = frozenset().union(*(row.tokens for row in rows))
        score = _words_matched(Candidate(best.entry, best.title, tokens), sought)
    near = nearness(best.entry.network)
    score *= _NEAR[near]
    if near_place and all(_has(set(words_of(best.entry.located)), term) for term in near_place):
        score += _LOCATED
    parts = (row.entry for row, matched in zip(rows, scores, strict=True) if matched or not sought)
    return Hit(best.entry, score, near, tuple(dict.fromkeys(parts)))


def _words_matched(row: Candidate, sought: Sequence[Sought]) -> float:
    score = titled = 0.0
    matched = 0
    for one in sought:
        worth, in_title = _worth(row, one)
        score, titled, matched = score + worth, titled + in_title, matched + (worth > 0)
    if not matched:
        return 0.0
    score = score / len(sought) * (matched / len(sought))
    if not titled:
        return score
    title = words_of(row.entry.title)
    score += _SHORT_TITLE * titled / max(len(title), 1)
    return score + _WHOLE_TITLE * (title == [one.word for one in sought])


def _worth(row: Candidate, sought: Sought) -> tuple[float, float]:
    """What one word of the question is worth in this entry, and how surely it is in the title."""
    worth = _worth_of(row, sought.term)
    if worth >= _BEGINS_TITLE:
        return worth, 1.0
    if sought.meant is None:
        return worth, 0.0
    meant = _worth_of(row, sought.meant)
    return worth or _MISTYPED * meant, _MISTYPED * (meant >= _BEGINS_TITLE)


def _worth_of(row: Candidate, term: Term) -> float:
    if not row.title.isdisjoint(term.tokens):
        return _IN_TITLE
    if term.prefix and _begins(row.title, term.prefix):
        return _BEGINS_TITLE
    if not row.tokens.isdisjoint(term.tokens):
        return _IN_TEXT
    if term.prefix and _begins(row.tokens, term.prefix):
        return _BEGINS_TEXT
    return 0.0


def _begins(tokens: Iterable[str], prefix: str) -> bool:
    return any(map(methodcaller("startswith", prefix), tokens))  # nearly twice as fast as a generator


def _has(tokens: Iterable[str], term: Term) -> bool:
    tokens = set(tokens)
    return not tokens.isdisjoint(term.tokens) or bool(
        term.prefix and any(token.startswith(term.prefix) for token in tokens)
    )


def answers(row: Candidate, sought: Sought) -> bool:
    """Whether the word, as typed, is in this entry."""
    return _worth_of(row, sought.term) > 0
