"""A command's text as words: quotes of every kind, dashes of every length, nothing of a shell.

Phones type curly quotes and turn `--` into a dash; an apostrophe is part of a word. Line ends are
white space. What cannot be seen, or would turn the direction of writing, is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from spaces.errors import Malformed

LONGEST = 4_000
"""How many characters a command may have."""

_DOUBLE, _SINGLE = '"“”„‟«»', "'‘’‚‛"
_OPTION = re.compile(r"(?:-{2,}|[‒–—―]+)([^\W\d_][^\s=]*)(=?)")
_WORD = re.compile(r"\S+")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, one quoted piece, or the name of an option.

    `raw` is what was typed, `text` the same without quotes; for `--access=public` the `option` is
    `access`, and `has_value` says that its value is joined on.
    """

    raw: str
    text: str
    is_quoted: bool = False
    option: str = ""
    has_value: bool = False
    starts_line: bool = False


def text_of(words: Sequence[Word]) -> str:
    """What the words say together: quotes around all of it are taken off, those within stay."""
    return words[0].text if len(words) == 1 else " ".join(word.raw for word in words)


def words_of(text: str, longest: int = LONGEST) -> list[Word]:
    """The words of a command. Raises `Malformed` where a quotation mark is never closed."""
    if len(text) > longest:
        raise Malformed(
            "That is too long for one command: {length} characters, and {most} is the most. "
            "Say it in several.",
            length=f"{len(text):,}",
            most=f"{longest:,}",
        )
    return list(_scan(cleaned(text)))


def cleaned(text: str) -> str:
    """`text` without control characters, surrogates and marks of direction; line ends are all `\\n`."""
    lines = "\n".join(text.splitlines())
    return "".join(_cleaned(character) for character in _DIRECTIONS.sub("", lines))


def _cleaned(character: str) -> str:
    if character == "\n":
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    return {"Cc": "", "Cs": "\N{REPLACEMENT CHARACTER}"}.get(category, character)


def _scan(text: str) -> Iterator[Word]:
    at, joined_on, starts_line = 0, False, False
    while at < len(text):
        if text[at].isspace():
            starts_line = starts_line or text[at] == "\n"
            at, joined_on = at + 1, False
            continue
        found = (None if joined_on else _option_at(text, at)) or _quoted_at(text, at) or _word_at(text, at)
        word, at = found
        yield replace(word, starts_line=starts_line)
        joined_on, starts_line = word.has_value, False


def _option_at(text: str, at: int) -> tuple[Word, int] | None:
    match = _OPTION.match(text, at)
    if match is None:
        return None
    return Word(match[0], match[0], option=match[1], has_value=bool(match[2])), match.end()


def _word_at(text: str, at: int) -> tuple[Word, int]:
    match = _WORD.match(text, at)
    assert match is not None, "there is something other than white space here"
    return Word(match[0], match[0]), match.end()


def _quoted_at(text: str, at: int) -> tuple[Word, int] | None:
    """The quoted piece that begins here: up to a mark of its family before a space, a comma or the end."""
    family = next((marks for marks in (_DOUBLE, _SINGLE) if text[at] in marks), None)
    if family is None:
        return None
    closing = re.compile(rf"[{family}](?=[\s,]|$)").search(text, at + 1, at + 1 + LONGEST)
    if closing is not None:
        end = closing.end()
        return Word(_plain(text[at:end]), _plain(text[at + 1 : end - 1]), is_quoted=True), end
    if family is _DOUBLE and not any(mark in text[at + 1 :] for mark in _DOUBLE):
        begun = " ".join(text[at + 1 :].split())[:40]
        raise Malformed(
            "The quotation mark before “{words}” is never closed. Close it, or leave it out.", words=begun
        )
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())
