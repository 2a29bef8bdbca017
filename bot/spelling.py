"""The names of places in the order in which they are close to what was typed; only as many are looked at as
are asked for.

Close is what is written much alike, what has the same words in another order, and what has all the words
of the other. `closeness` says it of one name; `Names` finds the closest without looking at them all: names
of one length stand in their order, so that those with the same beginning are one stretch of them, and how
close any in a stretch can be follows from its beginning (branch and bound).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

from rapidfuzz.utils import default_process

from spaces.grouping import Grouping, itself
from spaces.landscape import Landscape
from spaces.network import Group, Network, Status

_LONGEST = 60
_CLOSE, _SAME_WORDS = 70.0, 100.0
_WRITTEN, _SORTED, _WORD, _WORDS = "written", "sorted", "word", "words"
Found = Callable[[Any], Sequence[tuple[str, ...]]]


class Rank(NamedTuple):
    """How close a name is: the least is the closest. The best of three figures from 0 to 100 counts first,
    then which of them is the first that is close, how close, and the name.
    """

    best: float
    first: int
    by_first: float
    text: str


class Typed:
    """What was typed, in small letters and without signs: its text and its words."""

    def __init__(self, typed: str) -> None:
        text = default_process(typed[:_LONGEST])
        self.words = frozenset(text.split())
        self.written, self.reordered = _Wanted(text), _Wanted(_by_words(text))


def closeness(typed: Typed, text: str) -> Rank | None:
    """How close a name is, itself in small letters and without signs; None: not close."""
    words = frozenset(text.split())
    has_all = bool(words and typed.words) and (words <= typed.words or typed.words <= words)
    figures = (
        typed.written.ratio(text),
        typed.reordered.ratio(_by_words(text)),
        _SAME_WORDS if has_all else 0.0,
    )
    close = [(number, figure) for number, figure in enumerate(figures) if figure >= _CLOSE]
    if not close:
        return None
    first, by_first = close[0]
    return Rank(-max(figure for _, figure in close), first, -by_first, text)


def _by_words(text: str) -> str:
    return " ".join(sorted(text.split()))


# -- how close a beginning can be ------------------------------------------------------------------------


class _Wanted:
    """How much of what was typed is in a text, letter by letter (the longest common subsequence).

    https://doi.org/10.1016/j.ipl.2004.05.007: each row of the table is the bits of one number; a 0 stands
    where the row rises.
    """

    def __init__(self, typed: str) -> None:
        self.length = len(typed)
        self._all = (1 << self.length) - 1
        self._places: dict[str, int] = {}
        for at, letter in enumerate(typed):
            self._places[letter] = self._places.get(letter, 0) | 1 << at

    def after(self, row: int | None, letters: str) -> int:
        """The row after these letters more; None is the row of nothing."""
        row = self._all if row is None else row
        for letter in letters:
            met = row & self._places.get(letter, 0)
            row = ((row + met) | (row - met)) & self._all
        return row

    def most(self, row: int, left: int, length: int) -> float:
        """The ratio, from 0 to 100, that a text of this length has at most with `left` letters to come."""
        free = max(self.length - left, 0)
        common = self.length - (row & ((1 << free) - 1)).bit_count()
        return 200 * common / (self.length + length) if self.length or length else _SAME_WORDS

    def ratio(self, text: str) -> float:
        return self.most(self.after(None, text), 0, len(text))

    def lengths(self) -> range:
        """How long a text can be that is close."""
        most = 200 / _CLOSE - 1
        return range(int(self.length / most), int(self.length * most) + 1)


class _Closest:
    """Texts by how close they are, the closest first and then in their order; each with what stands by it."""

    def __init__(self, typed: _Wanted, form: str, found: Found, keys: Iterable[Any]) -> None:
        self._typed = typed
        self._heap: list[tuple[float, str, tuple[str, ...], int, Any]] = []
        self._pushed = 0
        for entries in (found((*key, form, length)) for key in keys for length in typed.lengths()):
            if entries:
                self._push(entries, 0, len(entries), 0, None)

    def _push(self, entries: Any, low: int, high: int, depth: int, row: int | None) -> None:
        """What of `entries` is from `low` to before `high` begins with the same `depth` letters."""
        first, last = entries[low][0], entries[high - 1][0]
        shared = len(first) if first == last else _shared(first, last, depth)
        row = self._typed.after(row, first[depth:shared])
        most = self._typed.most(row, len(first) - shared, len(first))
        if most >= _CLOSE:
            self._put(most, first[:shared], (entries, low, high, shared, row))

    def _put(self, most: float, beginning: str, stretch: Any) -> None:
        entries, low, _, depth, _ = stretch
        is_one = depth == len(entries[low][0])
        self._pushed += 1
        heappush(self._heap, (-most, beginning, entries[low] if is_one else (), self._pushed, stretch))

    @property
    def next(self) -> tuple[float, tuple[str, ...]] | None:
        """How close the next one is, and itself."""
        while self._heap:
            most, _, entry, _, stretch = self._heap[0]
            if entry:
                return -most, entry
            heappop(self._heap)
            self._part(*stretch)
        return None

    def _part(self, entries: Any, low: int, high: int, depth: int, row: int) -> None:
        """Into the stretches with one letter more each."""
        beginning = entries[low][0][:depth]
        while low < high:
            letter = entries[low][0][depth]
            end = bisect_left(entries, (beginning + chr(ord(letter) + 1),), low, high)
            self._push(entries, low, end, depth, row)
            low = end

    def take(self) -> None:
        """Go on behind the next one."""
        most, beginning, _, _, (entries, low, high, depth, row) = heappop(self._heap)
        if low + 1 < high:
            self._put(-most, beginning, (entries, low + 1, high, depth, row))


def _shared(one: str, other: str, least: int) -> int:
    at, end = least, min(len(one), len(other))
    while at < end and one[at] == other[at]:
        at += 1
    return at


# -- the closest of all three kinds ----------------------------------------------------------------------


class Names:
    """The names of a landscape under these keys: whether everybody finds it, and whether it is a group."""

    def __init__(self, landscape: Landscape, keys: Sequence[tuple[bool, bool]]) -> None:
        self._landscape, self._keys = landscape, keys

    def _found(self, key: Any) -> Sequence[tuple[str, ...]]:
        return self._landscape.grouped(GROUPS_SPELT if key[1] else NETWORKS_SPELT, key)

    def closest_to(self, typed: Typed) -> Iterator[tuple[Rank, str]]:
        """Each close name with the short name of a place that has it, the closest first.

        One is next once nothing that was not met yet can be closer.
        """
        alike = _Closest(typed.written, _WRITTEN, self._found, self._keys)
        reordered = _Closest(typed.reordered, _SORTED, self._found, self._keys)
        words, word = self._with_the_words(typed), None
        met: set[tuple[str, str]] = set()
        waiting: list[tuple[Rank, str]] = []
        has_words = True
        while True:
            if has_words and word is None:
                word = next(words, None)
                has_words = word is not None
            bound = _bound(alike.next, reordered.next, word)
            while waiting and (bound is None or waiting[0] <= bound):
                yield heappop(waiting)
            if bound is None:
                return
            drawn = [one.next[1][-2:] for one in (alike, reordered) if one.next]
            drawn += [word] if word else []
            for text, slug in drawn:
                rank = None if (text, slug) in met else closeness(typed, text)
                if rank is not None:
                    heappush(waiting, (rank, slug))
                met.add((text, slug))
            for one in (alike, reordered):
                if one.next:
                    one.take()
            word = None

    def _with_the_words(self, typed: Typed) -> Iterator[tuple[str, str]]:
        """Names that have all the words, and those whose words are all among them; some of them twice."""
        if not typed.words:
            return
        for key in self._keys:
            rarest = min((self._found((*key, _WORD, word)) for word in sorted(typed.words)), key=len)
            yield from ((text, slug) for text, slug in rarest if typed.words.issubset(text.split()))
            yield from self._within(self._found((*key, _WORDS, 0)), sorted(typed.words), "")

    def _within(self, entries: Any, words: list[str], begun: str) -> Iterator[tuple[str, str]]:
        """Names that are `begun` and go on with some of these words, in their order, and no others."""
        for number, word in enumerate(words):
            so_far = f"{begun} {word}" if begun else word
            at = bisect_left(entries, (so_far,))
            while at < len(entries) and entries[at][0] == so_far:
                yield entries[at][1:]
                at += 1
            if at < len(entries) and entries[at][0].startswith(f"{so_far} "):
                yield from self._within(entries, words[number + 1 :], so_far)


def _bound(
    alike: tuple[float, tuple[str, ...]] | None,
    reordered: tuple[float, tuple[str, ...]] | None,
    word: tuple[str, str] | None,
) -> tuple[Rank, str] | None:
    """No name that was not met yet is closer than this; None: there is none."""
    figures = [one[0] for one in (alike, reordered) if one]
    best = -max([*figures, *([_SAME_WORDS] if word else [])], default=0.0)
    if alike:
        figure, (text, slug) = alike
        return Rank(best, 0, -figure, text), slug
    if reordered:
        return Rank(best, 1, -reordered[0], ""), ""
    return (Rank(best, 2, -_SAME_WORDS, ""), "") if word else None


# -- as the landscape keeps them -------------------------------------------------------------------------


def spellings_of(landscape: Landscape, place: Network | Group) -> set[tuple[str, str]]:
    """What a place is called and its short name, in small letters and without signs, each with the latter.

    The groups of a kit have the same name everywhere, and go by their short name alone.
    """
    if isinstance(place, Network):
        slug = str(place.slug)
        names: tuple[str, ...] = (place.name, slug)
    else:
        slug = f"{landscape.networks[place.home].slug}/{place.slug}"
        names = (slug,) if place.is_kit else (slug, place.name)
    return {(default_process(name), slug) for name in names}


def _entries(landscape: Any, place: Network | Group) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """By whether everybody finds it and whether it is a group: as written and with its words in order, by
    length; by each of its words; and by its words, each once.
    """
    home = place if isinstance(place, Network) else landscape.networks[place.home]
    if Status.ARCHIVED in (place.status, home.status):
        return
    key = landscape.is_everybodys(place.id), isinstance(place, Group)
    for entry in spellings_of(landscape, place):
        text, by_words = entry[0], _by_words(entry[0])
        words = sorted(set(text.split()))
        yield (*key, _WRITTEN, len(text)), entry
        yield (*key, _SORTED, len(by_words)), (by_words, *entry)
        yield (*key, _WORDS, 0), (" ".join(words), *entry)
        yield from (((*key, _WORD, word), entry) for word in words)


NETWORKS_SPELT = Grouping("networks", _entries, itself)
GROUPS_SPELT = Grouping(
    "groups", _entries, itself, {"networks": lambda land, n: (group.id for group in land.groups_of(n))}
)
