"""A reply is a small document; `bot/render.py` makes `body` and `formatted_body` of it.

Text within is as people wrote it; escaping is the renderer's. Documents travel through the outbox
as JSON (`to_json`, `from_json`), because the room they link to may not exist yet when they are said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from spaces.identifiers import EventId, PlaceId, RoomId, UserId


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
class EventLink:
    text: str
    room: RoomId
    event: EventId


@dataclass(frozen=True, slots=True)
class Person:
    """A Matrix ID, shown as text and never as a mention."""

    user: UserId


Inline = Text | Bold | Code | PlaceLink | EventLink | Person
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Bullet:
    """One item of a list; `depth` 0 is the outermost."""

    line: Line
    depth: int = 0


Block = Paragraph | Bullet


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]


def line(*parts: Inline | str) -> Line:
    """A line of parts; plain strings are text."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)


def say(*parts: Inline | str) -> Document:
    """A document of one paragraph."""
    return Document((Paragraph(line(*parts)),))


def joined(documents: Iterable[Document]) -> Document:
    return Document(tuple(block for document in documents for block in document.blocks))


_INLINES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Text, Bold, Code, PlaceLink, EventLink, Person)
}


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
    return [str(getattr(part, name)) for name in part.__slots__]


def _block(kind: str, depth: int, parts: list[list[str]]) -> Block:
    content: Line = tuple(_inline(*part) for part in parts)
    return Bullet(content, depth) if kind == Bullet.__name__ else Paragraph(content)


def _inline(kind: str, *fields: str) -> Inline:
    types = {"place": PlaceId, "room": RoomId, "event": EventId, "user": UserId}
    cls = _INLINES[kind]
    made: Inline = cls(*(types.get(n, str)(value) for n, value in zip(cls.__slots__, fields, strict=True)))
    return made
