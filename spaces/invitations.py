"""Bringing people in: what is in a list of them, and what is to become of each entry.

A list is what people paste: Matrix IDs, links to people and `Name <@id>`, between commas, semicolons,
spaces and line ends; or a table of comma-separated values. What is no Matrix ID is an entry as well.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from urllib.parse import unquote

from spaces.errors import Malformed
from spaces.identifiers import PlaceId, UserId, printable
from spaces.sentences import Sentence

RESTS_SECONDS = 90 * 86_400.0
"""How long who has said no is not asked again."""

_LOST_AFTER_SECONDS = 86_400.0
_TYPED_AT_MOST = 80
_BETWEEN_ENTRIES = re.compile(r"[,;\n\r]+")
_LINK = re.compile(r"https?://matrix\.to/#/([^\s?()<>\]]+)(?:\?[^\s()<>\]]*)?", re.IGNORECASE)
_URI = re.compile(r"matrix:u/([^\s?()<>\]]+)(?:\?[^\s()<>\]]*)?", re.IGNORECASE)
_ID = re.compile(r"@[^\s:@<>()\[\]]+:[^\s@<>()\[\]]*[^\s@<>()\[\].!?'\"”’]")
_PILL = re.compile(r'<a href="https://matrix\.to/#/((?:@|%40)[^"]{1,300})">([^<]{1,200})</a>')
_MOST_HTML = 60_000
_ASIDE = re.compile(r"\([^()@]*\)|\[[^\[\]@]*\]|[\"“„][^\"“”„@]*[\"”“]")
_NO_WORD = re.compile(r"(?:and|&|\+|\d+[.)]|[^\w@]*)", re.IGNORECASE)
_TABLE_MARKS = ",;\t"


class Result(StrEnum):
    """What came of one entry. The first five are also remembered of each person and place."""

    WAITING = "waiting"
    INVITED = "invited"
    ASKED = "asked"
    DECLINED = "declined"
    FAILED = "failed"
    JOINED = "joined"
    THERE = "already there"
    INVITED_BEFORE = "invited before"
    ASKED_BEFORE = "asked before"
    UNDER_WAY = "under way"
    DECLINED_BEFORE = "declined before"
    BANNED = "banned"
    NOT_AN_ID = "not an ID"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list, as it was typed; `user` is None where that is no Matrix ID."""

    typed: str
    user: UserId | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is remembered of the last time that somebody was to be brought into a place.

    `at` is when it came to that state, in seconds since 1970; `by` is who asked for it.
    """

    place: PlaceId
    user: UserId
    state: Result
    at: float
    by: UserId


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one entry of a list for one place. `reason` is there where it failed.

    `since` is when they said no, where they have.
    """

    place: PlaceId
    typed: str
    user: UserId | None
    result: Result
    reason: Sentence | None = None
    since: float | None = None


def verdict(
    known: Invitation | None, membership: str | None, now: float, *, again: bool = False, asking: bool = False
) -> Result:
    """What is to be done: `WAITING` to invite them (or, with `asking`, to ask them); else what keeps it.

    `again`: even if they have said no lately.
    """
    if membership in _THERE:
        return _THERE[membership]
    if known is None:
        return Result.WAITING
    age = now - known.at
    if known.state is Result.WAITING and age < _LOST_AFTER_SECONDS:
        return Result.UNDER_WAY
    if known.state is Result.DECLINED and age < RESTS_SECONDS and not again:
        return Result.DECLINED_BEFORE
    if asking and known.state is Result.ASKED and age < RESTS_SECONDS and not again:
        return Result.ASKED_BEFORE
    return Result.WAITING


_THERE = {"join": Result.THERE, "invite": Result.INVITED_BEFORE, "ban": Result.BANNED}


# -- lists ------------------------------------------------------------------------------------------


def entries_in(text: str) -> tuple[Entry, ...]:
    """The entries of a pasted list, each once."""
    linked = _URI.sub(lambda m: f" <@{unquote(m[1])}> ", _LINK.sub(lambda m: f" <{unquote(m[1])}> ", text))
    return _once(entry for chunk in _BETWEEN_ENTRIES.split(linked) for entry in _in_chunk(chunk))


def with_pills(text: str, html: str) -> str:
    """`text` with the Matrix ID in place of each name that is a link to somebody in the message's HTML.

    Clients write whoever is chosen from a list as a link, with nothing but the name in the plain text.
    """
    for pill in _PILL.finditer(html[:_MOST_HTML]):
        name, meant = unescape(pill[2]), unquote(pill[1].partition("?")[0])
        if meant not in text and name.strip():
            text = text.replace(name, f"<{meant}>", 1)
    return text


def entries_in_table(text: str) -> tuple[Entry, ...]:
    """The entries of a table of comma-separated values (also with semicolons or tabs between them).

    One for each row: the Matrix IDs in it, or what it says where there is none. A first row without
    one is taken for the headings.
    """
    first = text.partition("\n")[0]
    mark = max(_TABLE_MARKS, key=first.count)
    try:
        return _once(_in_rows(csv.reader(text.splitlines(), delimiter=mark)))
    except csv.Error:  # a quotation mark is left open: the cell would be larger than any may be
        return entries_in(text)


def _in_rows(rows: Iterable[list[str]]) -> Iterator[Entry]:
    for number, row in enumerate(rows):
        found = [entry for cell in row for entry in entries_in(cell) if entry.user is not None]
        shown = " ".join(" ".join(row).split())
        if found:
            yield from found
        elif number and shown:
            yield _entry(shown)


def _in_chunk(chunk: str) -> Iterator[Entry]:
    """What stands before an ID in brackets is a name; any other words are entries of their own."""
    found = list(_ID.finditer(chunk))
    if not found:
        typed = " ".join(chunk.split())
        words = typed.split() if typed.startswith("@") else [typed]
        yield from (_entry(word) for word in words if not _NO_WORD.fullmatch(word))
        return
    at = 0
    for match in found:
        before = chunk[at : match.start()]
        if before[-1:] not in ("<", "(", "["):
            yield from _words_in(before)
        yield _entry(match[0])
        at = match.end()
    yield from _words_in(chunk[at:])


def _words_in(text: str) -> Iterator[Entry]:
    words = _ASIDE.sub(" ", text.replace("<", " ").replace(">", " ")).split()
    yield from (_entry(word) for word in words if not _NO_WORD.fullmatch(word))


def _entry(typed: str) -> Entry:
    shown = printable(typed)[:_TYPED_AT_MOST]
    try:
        return Entry(shown, UserId.parse(typed))
    except Malformed:
        return Entry(shown, None)


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple({entry.user or entry.typed: entry for entry in entries}.values())
