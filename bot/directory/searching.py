"""One question to the directory: what is looked for, tried from the narrow to the wide, and ranked.

Every entry comes from `Index.candidates`, which knows who asks. Where a word is mistyped, only words of
what they may find are tried and shown, so that the answer is that of an index that holds nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from bot.directory.ports import Candidate, Index, Match, Term
from bot.directory.ranking import Hit, Sought, answers, ranked
from bot.directory.words import STOP_WORDS, stem, vocabulary_of, words_of
from spaces.access import Sight
from spaces.directory import Entry, ListingKind
from spaces.identifiers import NetworkId
from spaces.nearness import Nearness

MOST = 200
"""So many entries are looked at in each way of matching."""

_ENOUGH = 24
_MOST_WORDS = 8
_LEAST_LETTERS = 4
_MOST_GUESSES = 3
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; `within` are the networks to which it is to belong, `near` the name of a place."""

    text: str
    kinds: frozenset[ListingKind] = frozenset()
    within: frozenset[NetworkId] | None = None
    near: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`more`: there may be further ones. `guesses`: words by which something would be found."""

    hits: tuple[Hit, ...]
    more: bool = False
    guesses: tuple[str, ...] = ()


async def search(index: Index, sight: Sight, nearness: Nearness, question: Question) -> Answer:
    """What answers the question and may be found by who asks, the best first."""
    looking = _Looking(index, sight, question, _terms(question.text), _place(question.near))
    if not looking.sought and not looking.near:
        return Answer(())
    found, more = await looking.found()
    hits = tuple(ranked(found, looking.sought, looking.near, nearness.of))
    guesses = () if hits else await looking.guesses()
    return Answer(hits, more, guesses)


def _terms(text: str) -> list[Sought]:
    """The last word may be the beginning of one."""
    words = words_of(text)
    telling = [word for word in words if word not in STOP_WORDS] or words
    chosen = list(dict.fromkeys(telling))[:_MOST_WORDS]
    return [Sought(word, _term(word, begins=word == words[-1])) for word in chosen]


def _term(word: str, *, begins: bool = False) -> Term:
    prefix = word if begins and len(word) > 1 else ""
    return Term(tuple(dict.fromkeys((stem(word), word))), prefix)


def _place(near: str) -> tuple[Term, ...]:
    return tuple(_term(word) for word in words_of(near)[:_MOST_WORDS])


@dataclass
class _Looking:
    index: Index
    sight: Sight
    question: Question
    sought: list[Sought]
    near: tuple[Term, ...]

    async def found(self) -> tuple[list[Candidate], bool]:
        """All that answers, and whether there may be more than was looked at."""
        found: dict[tuple[str, str, str, str | None], Candidate] = {}
        more = False
        for match in self._ways():
            if len(found) >= _ENOUGH and not match.every:
                break
            more |= await self._take(match, found)
        if unknown := [one for one in self.sought if not any(answers(c, one) for c in found.values())]:
            more |= await self._take_mistyped(unknown, found)
        return list(found.values()), more

    def _ways(self) -> list[Match]:
        """From the narrow to the wide: in titles, all words anywhere, any of the words."""
        terms = tuple(one.term for one in self.sought)
        wide = Match(terms, kinds=self.question.kinds, within=self.question.within, near=self.near)
        if not terms:
            return [wide]
        return [replace(wide, in_title=True), wide, *([replace(wide, every=False)] if len(terms) > 1 else [])]

    async def _take(self, match: Match, found: dict[tuple[str, str, str, str | None], Candidate]) -> bool:
        taken = await self.index.candidates(match, self.sight, MOST)
        for one in taken:
            entry = one.entry
            found.setdefault((entry.kind, entry.key, entry.part, entry.place), one)
        return len(taken) == MOST

    async def _take_mistyped(
        self, unknown: list[Sought], found: dict[tuple[str, str, str, str | None], Candidate]
    ) -> bool:
        """Words that are in nothing found may be mistyped by one letter."""
        meant = {one.word: await self._words_meant(one.word, 1) for one in unknown}
        if not any(meant.values()):
            return False
        self.sought = [
            replace(one, meant=_any_of(meant[one.word])) if meant.get(one.word) else one
            for one in self.sought
        ]
        terms = tuple(_either(one) for one in self.sought)
        kinds, within = self.question.kinds, self.question.within
        match = Match(terms, every=True, near=self.near, kinds=kinds, within=within)
        more = await self._take(match, found)
        if len(terms) > 1 and len(found) < _ENOUGH:
            more |= await self._take(replace(match, every=False), found)
        return more

    async def _words_meant(self, word: str, distance: int) -> list[str]:
        if len(word) < _LEAST_LETTERS:
            return []
        like = await self.index.words_like(word)
        near = sorted((OSA.distance(word, other, score_cutoff=distance), other) for other in like)
        return [other for away, other in near if 0 < away <= distance and await self._is_known(other)]

    async def _is_known(self, word: str) -> bool:
        """Whether it stands, in this very form, in what they may find; the newest of it are looked at."""
        found = await self.index.candidates(Match((Term((word,)),)), self.sight, _LOOKED_AT)
        return any(word in vocabulary_of(_texts(one.entry)) for one in found)

    async def guesses(self) -> tuple[str, ...]:
        """Words a little further off by which the asker would find something."""
        found: list[str] = []
        for one in self.sought:
            for word in await self._words_meant(one.word, 2):
                match = Match((_term(word),), kinds=self.question.kinds)
                if len(found) < _MOST_GUESSES and await self.index.candidates(match, self.sight, 1):
                    found.append(word)
        return tuple(dict.fromkeys(found))


def _texts(entry: Entry) -> tuple[str, ...]:
    return (entry.title, entry.about, entry.located, entry.more)


def _any_of(words: Sequence[str]) -> Term:
    return Term(tuple(dict.fromkeys(token for word in words for token in (stem(word), word))))


def _either(one: Sought) -> Term:
    more = one.meant.tokens if one.meant else ()
    return Term((*one.term.tokens, *more), one.term.prefix)
