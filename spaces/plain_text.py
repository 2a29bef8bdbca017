"""What others wrote, as plain text: without tags, and without characters that show nothing."""

from __future__ import annotations

import html
import math
import re
from html.parser import HTMLParser
from typing import Any

from spaces.identifiers import printable

DEEPEST = 40
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_OPENING = re.compile(r"(?<!<)<++(?=[/!?a-zA-Z])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S*|\S+@\S+")
_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section"})
_SILENT = frozenset({"script", "style", "head", "template"})
_ROUNDS = 3


class NotPlain(ValueError):
    """A value that cannot be kept: nested too deep, or a number that is none."""


def plain_text(text: str) -> str:
    """`text` without tags and without control characters; what stands on lines of its own still does.

    What looks like a tag only after entities are read is no tag either.
    """
    for _ in range(_ROUNDS):
        if _TAG.search(text):
            text = _untagged(text)
        elif not _ADDRESS.fullmatch(text) and _ENTITY.search(text):
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        else:
            break
    written = _unopened(_TAG.sub("", text)).splitlines()
    lines = [" ".join(printable(line.replace("\t", " ")).split()) for line in written]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unopened(text: str) -> str:
    """`text` with no bracket that opens what a later one closes: what tags within tags have left."""
    before, closing, after = text.rpartition(">")
    return _OPENING.sub("", before) + closing + after


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def cleaned(value: Any, depth: int = 0) -> Any:
    """JSON with every text plain. Raises `NotPlain`."""
    if depth > DEEPEST:
        raise NotPlain("It is nested too deep.")
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {printable(name): cleaned(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one, depth + 1) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise NotPlain("It holds a number that is none.")
    return value


def _untagged(text: str) -> str:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return "".join(reader.said)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag in _BREAKS - {"br"}:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
