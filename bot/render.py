"""A document becomes the content of one message: `body`, `formatted_body`, and mentions of nobody.

Both say the same. Everything is escaped here, and the result goes through an allow-list as well.
A link in `body` stands in brackets behind its words, unless there are so many that nobody could read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

import nh3

from bot.reply import (
    Block,
    Bold,
    Bullet,
    Code,
    Document,
    EventLink,
    Inline,
    OutsideLink,
    Person,
    PlaceLink,
    Text,
    in_language,
)
from spaces.identifiers import EventId, PlaceId, RoomId, printable

LinkTo = Callable[[PlaceId], str | None]

_LARGEST = 50_000  # bytes of text and tags; Matrix allows 65,536 for the whole event
_MOST_ADDRESSES = 3  # in `body`
_LONGEST_TEXT = 4_000
_DEEPEST = 9
_MORE = "…"
_TAGS = {"p", "ul", "li", "strong", "code", "a"}
_HREF = re.compile(r"https://matrix\.to/#/![^\s\"'<>]+")
_ROOM = re.compile(r"(#/!)([^:/?]+)(?=\?|\Z)")
_ROOM_PING = re.compile(r"@(?=room|(?:r(?:oo?)?)?\Z)", re.IGNORECASE)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One inline in both forms, and where it leads."""

    body: str
    html: str
    address: str | None = None

    @property
    def size(self) -> int:
        """Bytes in the event's JSON, escapes included, at most."""
        return sum(
            len(form.encode()) + form.count('"') + form.count("\\")
            for form in (self.body, self.html, self.address or "")
        )


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A block whose pieces are rendered; `depth` -1 is a paragraph."""

    depth: int
    pieces: tuple[_Piece, ...]


def render(document: Document, link: LinkTo, *, via: str | None = None) -> dict[str, Any]:
    """The content of an `m.notice` that says `document` and pings nobody.

    `link` gives the address of a place's room, or None while there is none; `via` is the server
    through which rooms of links to events can be joined.
    """
    blocks = list(_fitting(in_language(document), link, via))
    links = sum(piece.address is not None for block in blocks for piece in block.pieces)
    return {
        "msgtype": "m.notice",
        "body": "\n".join(_body(block, addresses=links <= _MOST_ADDRESSES) for block in blocks),
        "format": "org.matrix.custom.html",
        "formatted_body": gated("".join(_html(blocks))),
        "m.mentions": {},
    }


def matrix_to(room: RoomId, server: str | None, event: EventId | None = None) -> str:
    """A matrix.to link to a room, or to an event in it, by way of `server` (Matrix appendix, "matrix.to")."""
    target = _quoted(room, "!:") + (f"/{_quoted(event, '$:')}" if event else "")
    return f"https://matrix.to/#/{target}" + (f"?via={_quoted(server, ':[]')}" if server else "")


def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def shown(text: str) -> str:
    """`text` as it may stand in a message: on one line, without what cannot be seen, pinging no room."""
    plain = printable(_SPACE.sub(" ", text))
    cut = plain if len(plain) <= _LONGEST_TEXT else plain[:_LONGEST_TEXT] + " …"
    return _ROOM_PING.sub("@\N{WORD JOINER}", cut)


def _fitting(document: Document, link: LinkTo, via: str | None) -> Iterator[_Rendered]:
    """The blocks that fit into one event, and if need be a sentence instead of the rest."""
    size, depth = 0, -1
    for block in document.blocks:
        pieces: list[_Piece] = []
        depth = _depth_after(depth, block)
        size += 40 + 2 * depth
        for part in block.line:
            piece = _piece(part, link, via)
            size += piece.size
            if size > _LARGEST:
                yield _Rendered(depth, tuple(pieces))
                yield _Rendered(-1, (_Piece(_MORE, _MORE),))
                return
            pieces.append(piece)
        yield _Rendered(depth, tuple(pieces))


def _depth_after(depth: int, block: Block) -> int:
    """How deep `block` stands: a paragraph at -1, an item at most one deeper than what is before it."""
    return max(min(block.depth, depth + 1, _DEEPEST), 0) if isinstance(block, Bullet) else -1


def _piece(part: Inline, link: LinkTo, via: str | None) -> _Piece:
    match part:
        case PlaceLink(text, place):
            return _linked(text, link(place))
        case OutsideLink(text, place):
            return _linked(text, link(place), _at_first_event(link(place)))
        case EventLink(text, room, event):
            return _linked(text, matrix_to(room, via, event))
        case Bold(text):
            return _tagged(text, "strong")
        case Code(text):
            return _tagged(text, "code")
        case Person(user):
            return _Piece(shown(user), escape(shown(user)))
        case Text(text):
            return _Piece(shown(text), escape(shown(text)))
    raise TypeError(f"a {type(part).__name__} is put into words before it is rendered")


def _tagged(text: str, tag: str) -> _Piece:
    return _Piece(shown(text), f"<{tag}>{escape(shown(text))}</{tag}>")


def _linked(text: str, address: str | None, href: str | None = None) -> _Piece:
    if address is None or not _HREF.fullmatch(address):
        return _Piece(shown(text), escape(shown(text)))
    html = f'<a href="{escape(href or address)}">{escape(shown(text))}</a>'
    return _Piece(shown(text), html, address)


def _at_first_event(address: str | None) -> str | None:
    """The same room by way of its first event, which from room version 12 on has the room's id (MSC4291)."""
    return None if address is None else _ROOM.sub(r"\1\2/$\2", address)


def _body(block: _Rendered, *, addresses: bool) -> str:
    said = "".join(
        f"{piece.body} ({piece.address})" if addresses and piece.address else piece.body
        for piece in block.pieces
    )
    return said if block.depth < 0 else f"{'  ' * block.depth}- {said}"


def _html(blocks: list[_Rendered]) -> Iterator[str]:
    """Paragraphs, and lists within lists; every item is closed before its like or its better begins."""
    depth = -1
    for block in blocks:
        said = "".join(piece.html for piece in block.pieces)
        if block.depth > depth:
            yield "<ul>"
        else:
            yield "</li></ul>" * (depth - block.depth) + ("</li>" if block.depth >= 0 else "")
        yield f"<li>{said}" if block.depth >= 0 else f"<p>{said}</p>"
        depth = block.depth
    yield "</li></ul>" * (depth + 1)


def gated(html: str) -> str:
    """`html` with nothing but our few tags, and links to rooms only."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, _name, value: value if _HREF.fullmatch(value) else None,
        url_schemes={"https"},
        link_rel=None,
    )
