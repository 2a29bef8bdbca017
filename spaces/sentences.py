"""Sentences for people, as values: English words with gaps in them, and what belongs into the gaps.

The words are the key by which a catalogue finds them in another language (gettext's msgid). `{name}`
is a gap; what stands between backquotes is something to type. Whoever says a sentence decides in
which language: until then it stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

Words = Callable[["Sentence"], str]
"""The words of a sentence in one language, gaps and all."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` in English. With a `count`, `plural` is what is said of any number but one."""

    text: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    plural: str = ""
    count: int | None = None

    def __str__(self) -> str:
        return plain(self)


@dataclass(frozen=True, slots=True)
class Listed:
    """Several things in one gap: `a, b and c`, or with `or`."""

    items: tuple[Any, ...]
    last: str = "and"

    def __str__(self) -> str:
        return plain(self)


AND = Sentence("{before} and {last}")
OR = Sentence("{before} or {last}")


def sentence(text: str, /, **parts: Any) -> Sentence:
    return Sentence(text, parts)


def counted(one: str, several: str, count: int, /, **parts: Any) -> Sentence:
    """The sentence for that many; `{count}` is the number."""
    return Sentence(one, {"count": count, **parts}, several, count)


def listed(items: Iterable[Any], last: str = "and") -> Listed:
    return Listed(tuple(items), last)


def english(said: Sentence) -> str:
    """The words as they were written (`Words`)."""
    return said.text if said.count in (None, 1) else said.plural


def plain(value: Any, words: Words = english) -> str:
    """`value`, a sentence or anything that may stand in a gap, as text."""
    if isinstance(value, Listed):
        value = enumerated(value)
    if isinstance(value, Sentence):
        return "".join(piece if gap is None else plain(gap, words) for piece, gap in pieces(value, words))
    return str(value)


def enumerated(several: Listed) -> Any:
    """The same as one sentence; of a single thing the thing itself, of none nothing."""
    *first, last = several.items or ("",)
    if not first:
        return last
    before = first[0]
    for item in first[1:]:
        before = Sentence("{before}, {next}", {"before": before, "next": item})
    pair = OR if several.last == "or" else AND
    return Sentence(pair.text, {"before": before, "last": last})


def pieces(said: Sentence, words: Words) -> Iterator[tuple[str, Any]]:
    """The sentence in order: `(text, None)`, or `("", part)` where a gap is filled."""
    text = words(said)
    if not said.parts:
        yield text, None
        return
    for before, name, _, _ in Formatter().parse(text):
        if before:
            yield before, None
        if name is not None:
            yield "", said.parts[name]
