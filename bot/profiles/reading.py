"""What somebody says about themselves, read: `skills: welding; place: Bath`, or one field a line."""

from __future__ import annotations

import re

from bot.suggestions import close_to, did_you_mean
from spaces.errors import Malformed
from spaces.identifiers import printable
from spaces.profiles import Field
from spaces.sentences import listed, sentence

_PIECE = re.compile(r"([;\n])")
_NAMED = re.compile(r"[\s\-*•]*([^\W\d_]+)\s*[:：](?!//)(.*)", re.DOTALL)


def fields_in(typed: str) -> dict[Field, str]:
    """Each field that is named, with what stands behind it up to the next one.

    A piece without a name belongs to the field before it. Raises `Malformed` for a name that no field
    has, for one that is there twice, and for what stands before the first.
    """
    found: dict[Field, str] = {}
    last: Field | None = None
    for mark, piece in _pieces(typed):
        named = _NAMED.fullmatch(piece)
        if named is not None:
            last = _field(named[1])
            if last in found:
                raise Malformed("`{field}` is there twice. Once is enough.", field=last.value)
            found[last] = named[2].strip()
        elif piece.strip():
            if last is None:
                raise _nameless()
            found[last] += f"{mark} {piece.strip()}" if mark == ";" else f" {piece.strip()}"
    if not found:
        raise _nameless()
    return found


def _pieces(typed: str) -> list[tuple[str, str]]:
    """What stands between semicolons and line ends, with the mark before it."""
    first, *rest = _PIECE.split(typed)
    return [("", first), *zip(rest[::2], rest[1::2], strict=True)]


def _field(typed: str) -> Field:
    try:
        return Field(typed.casefold())
    except ValueError:
        fields = [one.value for one in Field]
        raise Malformed(
            "“{typed}” is not one of {choices}.{guess}",
            typed=printable(typed)[:40],
            choices=listed((sentence("`{it}`", it=one) for one in fields), "or"),
            guess=did_you_mean(close_to(typed.casefold(), fields, 1)),
        ) from None


def _nameless() -> Malformed:
    return Malformed(
        "I cannot tell what that says about you. Name it, with a colon: `skills:`, `interests:`, `place:` "
        "or `about:`."
    )
