"""A list of names that themselves may hold commas and “and”: “Arts and Crafts and Health”.

Each way of cutting it is tried; one in which every part is known is the reading. Two such readings
are a question back, none is a refusal that names the part which is not known.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from bot.scanning import Word, text_of
from spaces.errors import Ambiguous, Malformed, Refusal
from spaces.sentences import listed, sentence

MOST = 16
"""How many parts a list may have."""

_AND = ("and", "&", "+")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two separators, and the separator before it, as it was typed."""

    text: str
    separator: str
    is_quoted: bool


async def read_list(words: Sequence[Word], look_up: Callable[[str], Awaitable[_T]]) -> list[_T]:
    """The things that `words` list, each found by `look_up`, which raises a `Refusal` for what is not.

    Raises that refusal for the first part that has no place in any reading, `Ambiguous` where there
    are two readings.
    """
    parts = list(_parts(words))
    if not 0 < len(parts) <= MOST:
        raise Malformed("Name up to {most} at once, with “and” or commas between them.", most=MOST)
    found = await _looked_up(parts, look_up)
    readings = [reading for reading in _readings(parts, found) if len(reading) > 1 or len(parts) == 1]
    whole = found[0, len(parts)]
    if not readings and not isinstance(whole, Refusal):
        return [whole]
    if len(readings) > 1:
        raise Ambiguous(
            "“{words}” can be read in more than one way. Put quotes around each name: {names}, say.",
            words=text_of(words),
            names=listed(sentence("“{name}”", name=text) for text in _texts(parts, readings[0])),
        )
    if not readings:
        raise _unreadable(parts, found)
    return [value for span in readings[0] if not isinstance(value := found[span], Refusal)]


_Span = tuple[int, int]


async def _looked_up(
    parts: Sequence[_Part], look_up: Callable[[str], Awaitable[_T]]
) -> dict[_Span, _T | Refusal]:
    """What each run of parts is, or why it is nothing; quoted parts are not joined to others."""
    found: dict[_Span, _T | Refusal] = {}
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if end - start > 1 and any(part.is_quoted for part in parts[start:end]):
                found[start, end] = Malformed("Quoted names stand by themselves.")
                continue
            try:
                found[start, end] = await look_up(_joined(parts[start:end]))
            except Refusal as refusal:
                found[start, end] = refusal
    return found


def _readings(parts: Sequence[_Part], found: dict[_Span, _T | Refusal]) -> list[list[_Span]]:
    """Up to three ways of cutting the whole into known parts."""
    ways: list[list[list[_Span]]] = [[] for _ in parts] + [[[]]]
    for start in reversed(range(len(parts))):
        for end in range(start + 1, len(parts) + 1):
            if not isinstance(found[start, end], Refusal):
                ways[start] += [[(start, end), *rest] for rest in ways[end]]
        ways[start] = ways[start][:3]
    return ways[0]


def _unreadable(parts: Sequence[_Part], found: dict[_Span, _T | Refusal]) -> Refusal:
    """Why the first part is nothing that cannot be reached by any run of known ones."""
    reached = {0}
    for (start, end), value in sorted(found.items()):
        if start in reached and not isinstance(value, Refusal):
            reached.add(end)
    furthest = max(reached)
    refusal = found[furthest, furthest + 1]
    assert isinstance(refusal, Refusal), "a known part would have been reached"
    return refusal


def _parts(words: Sequence[Word]) -> Iterator[_Part]:
    run: list[Word] = []
    separator = ""
    for word in chain.from_iterable(map(_without_commas, words)):
        mark = "," if word.raw == "," else f" {word.raw}" if word.raw.casefold() in _AND else ""
        if not mark or word.is_quoted:
            run.append(word)
            continue
        if run:
            yield _Part(text_of(run), separator, run[0].is_quoted and len(run) == 1)
            run, separator = [], ""
        separator += mark
    if run:
        yield _Part(text_of(run), separator, run[0].is_quoted and len(run) == 1)


def _without_commas(word: Word) -> Iterator[Word]:
    """The word, and each comma in it as a word of its own."""
    if word.is_quoted or "," not in word.raw:
        yield word
        return
    for index, piece in enumerate(word.raw.split(",")):
        if index:
            yield Word(",", ",")
        if piece:
            yield Word(piece, piece)


def _joined(parts: Sequence[_Part]) -> str:
    return parts[0].text + "".join(f"{part.separator} {part.text}" for part in parts[1:])


def _texts(parts: Sequence[_Part], reading: list[_Span]) -> list[str]:
    return [_joined(parts[start:end]) for start, end in reading]
