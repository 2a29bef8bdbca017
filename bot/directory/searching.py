"""One question to the directory: what is looked for, tried from the narrow to the wide, and ranked.

Every entry comes from `Index.candidates`, which knows who asks. Where a word is mistyped, words of hidden
entries are tried too, each as it is: it finds what has this very word, which is then a word of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from bot.directory.ports import Candidate, Index, Match, Term
from bot.directory.ranking import Hit, Sought, answers, ranked
from bot.directory.words import STOP_WORDS, stem, words_of
from spaces.access import Sight
from spaces.directory import Entry, ListingKind
from spaces.identifiers import NetworkId
from spaces.nearness import Nearness

MOST = 100
"""So many entries are looked at in each way of matching."""

_ENOUGH = 24
_MOST_WORDS = 8
_LEAST_LETTERS = 4
_MOST_GUESSES = 3

_Row = tuple[str, str, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `within`: the networks to which it is to belong. `near`: the name of a place.

    `there` are networks of that place: what belongs to them is near it, wherever it is itself. Without
    words everything else that fits is the answer, the newest first.
    """

    text: str
    kinds: frozenset[ListingKind] = frozenset()
    within: frozenset[NetworkId] | None = None
    near: str = ""
    there: frozenset[NetworkId] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """`more`: there may be further ones. `guesses`: words by which something would be found."""

    hits: tuple[Hit, ...]
    more: bool = False
    guesses: tuple[str, ...] = ()


async def search(index: Index, sight: Sight, nearness: Nearness, question: Question) -> Answer:
    """What answers the question and may be found by who asks, the best first."""
    looking = _Looking(index, sight, question, _terms(question.text), _place(question.near))
    is_open = not question.text.strip() and (question.kinds or question.within is not None)
    if not looking.sought and not looking.near and not is_open:
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
    """Words that begin with its stem are of the same family: "walking" finds "walkers"."""
    root = stem(word)
    is_family = len(root) >= _LEAST_LETTERS and word.startswith(root) and (begins or root != word)
    prefix = root if is_family else word if begins and len(word) > 1 else ""
    return Term(tuple(dict.fromkeys((root, word))), prefix)


def _place(near: str) -> tuple[Term, ...]:
    words = words_of(near)
    return tuple(_term(word) for word in ([w for w in words if w not in STOP_WORDS] or words)[:_MOST_WORDS])


@dataclass
class _Looking:
    index: Index
    sight: Sight
    question: Question
    sought: list[Sought]
    near: tuple[Term, ...]

    async def found(self) -> tuple[list[Candidate], bool]:
        """All that answers, and whether there may be more than was looked at."""
        found: dict[_Row, Candidate] = {}
        more = await self._take_as_typed(found)
        if not found and await self._place_is_mistyped():
            more |= await self._take_as_typed(found)
        if unknown := [one for one in self.sought if not any(answers(c, one) for c in found.values())]:
            more |= await self._take_mistyped(unknown, found)
        return list(found.values()), more

    async def _take_as_typed(self, found: dict[_Row, Candidate]) -> bool:
        more = False
        for match in self._ways():
            if more or (len(found) >= _ENOUGH and not match.every):
                break  # what would come now ranks behind what there is too much of
            more |= await self._take(match, found)
        return more

    def _ways(self) -> list[Match]:
        """From the narrow to the wide: in titles, all words anywhere, any of the words."""
        wide = self._match(tuple(one.term for one in self.sought))
        if not wide.terms:
            return [wide]
        any_of_them = [replace(wide, every=False)] if len(wide.terms) > 1 else []
        return [replace(wide, in_title=True), wide, *any_of_them]

    def _match(self, terms: tuple[Term, ...]) -> Match:
        return Match(terms, kinds=self.question.kinds, within=self.question.within, near=self.near)

    async def _take(self, match: Match, found: dict[_Row, Candidate]) -> bool:
        """Whether there may be more."""
        more = False
        for way in self._by_place(match):
            taken = await self.index.candidates(way, self.sight, MOST)
            if len(taken) == MOST:
                more = True
                taken = [*taken, *await self._best_of_many(way)]
            for one in taken:
                found.setdefault(_row(one.entry), one)
        return more

    async def _best_of_many(self, match: Match) -> list[Candidate]:
        """Where more match than are looked at: those with whole words, and those of the asker's networks."""
        ways = [replace(match, terms=tuple(replace(term, prefix="") for term in match.terms))]
        if own := self.sight.member_of:
            ways.append(replace(match, within=own if match.within is None else match.within & own))
        return [one for way in ways for one in await self.index.candidates(way, self.sight, MOST)]

    def _by_place(self, match: Match) -> Iterator[Match]:
        """What is at the place, and what belongs to a network of the place."""
        yield match
        there = self.question.there
        if match.near and there:
            yield replace(match, near=(), within=there if match.within is None else match.within & there)

    # -- mistyped --------------------------------------------------------------------------------

    async def _place_is_mistyped(self) -> bool:
        """Take the place for those whose names are like it; whether there may be any."""
        meant = [await words_meant(self.index, term.tokens[-1], 1) for term in self.near]
        self.near = tuple(_or(term, words) for term, words in zip(self.near, meant, strict=True))
        return any(meant)

    async def _take_mistyped(self, unknown: list[Sought], found: dict[_Row, Candidate]) -> bool:
        """Words that are in nothing found may be mistyped by one letter.

        It is asked for even where none is like them: the time of an answer would tell of hidden words.
        """
        meant = {one.word: await words_meant(self.index, one.word, 1) for one in unknown}
        self.sought = [
            replace(one, meant=Term(tuple(meant[one.word]), _beginning(one.word)))
            if one.word in meant
            else one
            for one in self.sought
        ]
        match = self._match(tuple(_either(one) for one in self.sought))
        more = await self._take(match, found)
        if len(match.terms) > 1 and len(found) < _ENOUGH:
            more |= await self._take(replace(match, every=False), found)
        return more

    async def guesses(self) -> tuple[str, ...]:
        """Words a little further off by which the asker would find something: words of what they may find."""
        near = [word for one in self.sought for word in await words_meant(self.index, one.word, 2)]
        if not self.sought:
            return ()
        asked = near or [one.word for one in self.sought]  # so that it takes as long where none is like them
        match = Match(tuple(Term((word,)) for word in asked), every=False, kinds=self.question.kinds)
        taken = await self.index.candidates(match, self.sight, MOST)
        words = (_word_with(token, taken) for token in near)
        return tuple(dict.fromkeys(word for word in words if word))[:_MOST_GUESSES]


async def words_meant(index: Index, word: str, distance: int = 1) -> list[str]:
    """Words so many letters off it, or off its stem, the nearest first."""
    away: dict[str, int] = {}
    for form in dict.fromkeys((word, stem(word))):
        if len(form) < _LEAST_LETTERS:
            continue
        for other in await index.words_like(form):
            letters = OSA.distance(form, other, score_cutoff=distance)
            away[other] = min(letters, away.get(other, letters))
    return sorted((w for w in away if 0 < away[w] <= distance), key=lambda w: (away[w], w))


def _row(entry: Entry) -> _Row:
    return entry.kind, entry.key, entry.part, entry.place, entry.seen


def _or(term: Term, words: Sequence[str]) -> Term:
    return Term((*term.tokens, *words), term.prefix)


def _beginning(word: str) -> str:
    """What is nowhere a whole word may be the beginning of one, wherever it stands."""
    return word if len(word) >= _LEAST_LETTERS - 1 else ""


def _either(one: Sought) -> Term:
    if one.meant is None:
        return one.term
    return Term((*one.term.tokens, *one.meant.tokens), one.term.prefix or one.meant.prefix)


def _word_with(token: str, found: Sequence[Candidate]) -> str:
    """The word in what was found for which `token` stands: itself rather than one of which it is the stem."""
    entries = (one.entry for one in found if token in one.tokens)
    words = [w for e in entries for text in (e.title, e.about, e.located, e.more) for w in words_of(text)]
    return token if token in words else next((word for word in words if stem(word) == token), "")
