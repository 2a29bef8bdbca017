"""HTML as a tree: what people wrote becomes text, and never a tag."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from spaces.identifiers import printable

Piece = Element | str


def element(tag: str, *pieces: Piece, **attributes: str) -> Element:
    """`tag` with these texts and elements in it. `class_` is the attribute `class`, `data_day` `data-day`."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    for piece in pieces:
        append(made, piece)
    return made


def append(parent: Element, piece: Piece) -> None:
    if isinstance(piece, Element):
        parent.append(piece)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + piece
    else:
        parent.text = (parent.text or "") + piece


def filled(tag: str, pieces: Iterable[Piece], **attributes: str) -> Element:
    return element(tag, *pieces, **attributes)


def written(text: str, tag: str = "p", **attributes: str) -> list[Element]:
    """What somebody wrote, an element for each of its lines, in whichever direction its letters run."""
    return [element(tag, line, dir="auto", **attributes) for line in lines_of(text)]


def lines_of(text: str) -> list[str]:
    """The lines that hold something, without what cannot be seen."""
    return [line for raw in text.splitlines() if (line := " ".join(printable(" ".join(raw.split())).split()))]


def html_text(root: Element) -> str:
    """The whole document."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"
