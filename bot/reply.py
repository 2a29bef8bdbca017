"""A reply is a small document; `bot/render.py` makes `body` and `formatted_body` of it.

What the bot says itself is a `Sentence`, until `in_language` puts its words there. `Text` is what
people wrote, as they wrote it; escaping is the renderer's. Documents travel through the outbox as
JSON (`to_json`, `from_json`), because the room they link to may not exist yet when they are said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from spaces.identifiers import EventId, PlaceId, RoomId, UserId
from spaces.sentences import Listed, Sentence, Words, english, enumerated, pieces, sentence


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type."""

    text: str


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A place's name, linked to its room (by room id with `via`) once there is one."""

    text: str
    place: PlaceId


@dataclass(frozen=True, slots=True)
class OutsideLink:
    """The same for a reader who is not in the room: clients show a bare link to it as a raw id."""

    text: str
    place: PlaceId


@dataclass(frozen=True, slots=True)
class EventLink:
    text: str
    room: RoomId
    event: EventId


@dataclass(frozen=True, slots=True)
class Person:
    """A Matrix ID, shown as text and never as a mention."""

    user: UserId


Inline = Text | Bold | Code | PlaceLink | OutsideLink | EventLink | Person | Sentence | Listed
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Bullet:
    """One item of a list; `depth` 0 is the outermost."""

    line: Line
    depth: int = 0


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Here a page ends, however little is on it; `bot/paging.py` takes it out. It says nothing."""

    line: Line = ()


Block = Paragraph | Bullet | PageEnd


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]


def line(*parts: Inline | str) -> Line:
    """A line of parts; plain strings are text."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def paragraph(text: str, /, **parts: Any) -> Paragraph:
    """A paragraph of one sentence; in its gaps stand inlines, lines, sentences, texts, numbers."""
    return Paragraph((sentence(text, **parts),))


def item(text: str, /, **parts: Any) -> Bullet:
    """An item of a list, outermost, of one sentence."""
    return Bullet((sentence(text, **parts),))


def say(text: str | Inline, /, *more: Inline | str, **parts: Any) -> Document:
    """A document of one sentence."""
    if more or not isinstance(text, str):
        return Document((Paragraph(line(text, *more)),))
    return Document((paragraph(text, **parts),))


def joined(documents: Iterable[Document]) -> Document:
    return Document(tuple(block for document in documents for block in document.blocks))


# -- in a language ----------------------------------------------------------------------------------


def in_language(document: Document, words: Words = english) -> Document:
    """The same with the words of every sentence in it. A line break in a sentence ends a paragraph."""
    return Document(tuple(made for block in document.blocks for made in _said(block, words)))


def _said(block: Block, words: Words) -> Iterator[Block]:
    if isinstance(block, PageEnd):
        yield block
        return
    lines: list[list[Inline]] = [[]]
    for part in block.line:
        for inline in _inlines(part, words):
            if isinstance(inline, _Break):
                lines.append([])
            else:
                lines[-1].append(inline)
    for number, said in enumerate(lines):
        if number == 0 and isinstance(block, Bullet):
            yield Bullet(tuple(said), block.depth)
        elif said or len(lines) == 1:
            yield Paragraph(tuple(said))


_WRITTEN = (Text, Bold, Code, PlaceLink, OutsideLink, EventLink, Person)


class _Break:
    """Where a sentence breaks its line."""


def _inlines(part: Any, words: Words) -> Iterator[Inline | _Break]:
    """What a part of a line, or what fills a gap of a sentence, is made of."""
    if isinstance(part, Sentence):
        yield from _of_sentence(part, words)
    elif isinstance(part, Listed):
        yield from _inlines(enumerated(part), words)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _inlines(inner, words)
    elif isinstance(part, _WRITTEN):
        yield part
    elif isinstance(part, UserId):
        yield Person(part)
    elif str(part):
        yield Text(str(part))


def _of_sentence(said: Sentence, words: Words) -> Iterator[Inline | _Break]:
    """What stands between backquotes is something to type."""
    typed: list[str] | None = None
    for text, gap in pieces(said, words):
        if gap is not None:
            if typed is None:
                yield from _inlines(gap, words)
            else:
                typed.append(plain_text(gap, words))
            continue
        for piece in _TYPED.split(text):
            if piece == "`":
                if typed is not None:
                    yield Code("".join(typed))
                typed = [] if typed is None else None
            elif typed is not None:
                typed.append(piece)
            else:
                yield from _with_breaks(piece)
    if typed is not None:
        yield Text("`" + "".join(typed))


_TYPED = re.compile("(`)")


def _with_breaks(text: str) -> Iterator[Inline | _Break]:
    for number, part in enumerate(text.split("\n")):
        if number:
            yield _Break()
        if part:
            yield Text(part)


def plain_text(part: Any, words: Words = english) -> str:
    """What a part of a line says, as text."""
    if isinstance(part, (Sentence, Listed, tuple)):
        inlines = _inlines(part, words)
        return "".join(" " if isinstance(one, _Break) else plain_text(one) for one in inlines)
    if isinstance(part, Person):
        return part.user
    return str(getattr(part, "text", part))


def plain(document: Document) -> str:
    """The whole document as English text, a line for each block."""
    return "\n".join(plain_text(block.line) for block in in_language(document).blocks)


# -- as JSON ----------------------------------------------------------------------------------------

_INLINES: dict[str, type[Any]] = {kind.__name__: kind for kind in _WRITTEN}


def to_json(document: Document) -> list[Any]:
    """`[[block, depth, [[inline, field, …], …]], …]`, all of it strings and numbers."""
    return [
        [
            type(block).__name__,
            block.depth if isinstance(block, Bullet) else 0,
            [[type(part).__name__, *_fields(part)] for part in block.line],
        ]
        for block in document.blocks
    ]


def from_json(data: list[Any]) -> Document:
    """The document of what `to_json` made."""
    return Document(tuple(_block(kind, depth, parts) for kind, depth, parts in data))


def _fields(part: Inline) -> list[str]:
    if isinstance(part, (Sentence, Listed)):
        raise TypeError("a sentence is put into words before it is kept")
    return [str(getattr(part, name)) for name in part.__slots__]


def _block(kind: str, depth: int, parts: list[list[str]]) -> Block:
    content: Line = tuple(_inline(*part) for part in parts)
    if kind == PageEnd.__name__:
        return PageEnd()
    return Bullet(content, depth) if kind == Bullet.__name__ else Paragraph(content)


def _inline(kind: str, *fields: str) -> Inline:
    types = {"place": PlaceId, "room": RoomId, "event": EventId, "user": UserId}
    cls = _INLINES[kind]
    made: Inline = cls(*(types.get(n, str)(value) for n, value in zip(cls.__slots__, fields, strict=True)))
    return made
