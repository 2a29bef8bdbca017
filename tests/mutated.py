"""Inputs made of well-formed ones by a change that keeps their shape: bytes turned over at random seldom get
past the first check of a reader, and what is behind it would hardly be tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Slot = tuple[Any, Any]
"""A list or an object, and an index or key in it."""

_ODD: tuple[Any, ...] = (None, True, False, 0, -1, 10**18, 10**400, 1.5, 1e308, "", "0", [], {}, [[]], [None])
_ODD_TEXT = (
    *(
        "",
        " ",
        "\n",
        "\t",
        "\0",
        "\x85",
        "\u2028",
        "\u200b",
        "\u202e",
        "\ufeff",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "🌳",
        "ﷺ",
    ),
    *(
        '"',
        "“",
        "'",
        "`",
        "--",
        "—",
        "=",
        "==",
        ",",
        ";",
        ":",
        "[",
        "]",
        "{",
        "}",
        "(",
        "<",
        ">",
        "&",
        "*",
        "%s",
    ),
    *(
        "{x}",
        "%",
        "\\",
        "\\u0000",
        "|",
        "!!",
        "- ",
        "? ",
        "#",
        "@",
        "@a:b",
        "!a:b",
        "#a:b",
        "$a",
        "::1",
        "[::",
    ),
    *(
        "https://",
        "http://[",
        "https://a b",
        "matrix:u/",
        "https://matrix.to/#/",
        "mailto:",
        "1e999",
        "0x",
        "²",
        "٣",
    ),
    *("2030-02-30", "25:61", "9999-12-31T23:59:59Z", "0001-01-01", "yes", "no", "null", "true", "x" * 300),
)
_ODD_NUMBERS = ("²", "٣", "½", "0", "00", "-1", "+1", "1_0", "1.5", "1e9", "99999999999", "9" * 5000)
_ODD_SCALARS = (
    *(
        "2030-02-30",
        "2030-01-01T25:61:61Z",
        ".nan",
        "-.inf",
        "1:90",
        "0o8",
        "0x",
        "0b2",
        "1_0",
        "~",
        "=",
        "<<",
    ),
    *(
        "!!int x",
        "!!binary é",
        "!!float ''",
        "!x y",
        "&a b",
        "*a",
        "{}",
        "[]",
        "{a: b}",
        "[a, b]",
        "? a",
        "- a",
    ),
    *("|\n", ">-\n", "''", '""', "no", "12", "1e5", "@a:b", "public", "a" * 300),
)
_SCALAR = re.compile(r"(?<=[:\-\[,] )[^\n,{}\[\]]+")
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_SLOTS = 400


def mutated(seed: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    """`seed` with one to four changes; what is put in may come from `others`."""
    value = _json_of(seed)
    if isinstance(value, dict | list) and value:
        return _changed_json(value, _json_of(chance.choice(others)), chance)
    text = seed.decode("utf-8", "surrogateescape")
    if chance.random() < 0.4 and (scalars := list(_SCALAR.finditer(text))):
        found = chance.choice(scalars)
        instead = chance.choice((*_ODD_SCALARS, chance.choice(scalars)[0]))
        return (text[: found.start()] + instead + text[found.end() :]).encode("utf-8", "surrogateescape")
    by_line = chance.random() < 0.5 and "\n" in text
    parts = text.splitlines(keepends=True) if by_line else _PIECES.findall(text)
    other = chance.choice(others).decode("utf-8", "surrogateescape")
    pool = other.splitlines(keepends=True) if by_line else _PIECES.findall(other)
    for _ in range(chance.randint(1, 4)):
        _change_parts(parts, pool, chance)
    return "".join(parts).encode("utf-8", "surrogateescape")


def _change_parts(parts: list[str], pool: Sequence[str], chance: Random) -> None:
    at = chance.randrange(len(parts) + 1)
    there = parts[at : at + 1]
    odd = _ODD_NUMBERS if there and there[0].isnumeric() else _ODD_TEXT
    found = [chance.choice(odd) if chance.random() < 0.5 or not pool else chance.choice(pool)]
    spoilt = [_spoilt(one, chance) for one in there]
    instead = [[], found, there * 2, found + there, spoilt, [f"  {one}" for one in there], found, spoilt]
    parts[at : at + 1] = chance.choice(instead)


def _spoilt(text: str, chance: Random) -> str:
    """With something else within it, or cut off, or said over and over."""
    at = chance.randrange(len(text) + 1)
    odd = chance.choice(_ODD_TEXT)
    return chance.choice([text[:at] + odd + text[at:], text[:at], text[at:], text * 3, text.upper(), odd])


# -- JSON --------------------------------------------------------------------------------------


def _json_of(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _changed_json(value: Any, other: Any, chance: Random) -> bytes:
    pool = [holder[key] for holder, key in _slots(other)] if isinstance(other, dict | list) else []
    for _ in range(chance.randint(1, 4)):
        if slots := list(_slots(value)):
            _change_slot(chance.choice(slots), slots, pool or list(_ODD), chance)
    try:
        return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # a value was put into itself
        return b"{}"


def _slots(value: Any) -> Iterator[Slot]:
    """Each place of a value within `value`, not more than can be chosen from quickly."""
    waiting = [value]
    for count, holder in enumerate(waiting):
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], dict | list) and count < _MOST_SLOTS:
                waiting.append(holder[key])


def _change_slot(slot: Slot, slots: Sequence[Slot], pool: Sequence[Any], chance: Random) -> None:
    holder, key = slot
    changes: list[Callable[[], Any]] = [
        lambda: chance.choice(_ODD),
        lambda: chance.choice(_ODD_TEXT),
        lambda: chance.choice(pool),
        lambda: _of(chance.choice(slots), holder[key]),
        lambda: [holder[key]] * chance.choice((1, 2, 5)),
        lambda: {chance.choice(_ODD_TEXT): holder[key]},
        lambda: _spoilt(holder[key], chance) if isinstance(holder[key], str) else str(holder[key])[:200],
        lambda: _spoilt(holder[key], chance) if isinstance(holder[key], str) else chance.choice(_ODD),
    ]
    if chance.random() < 0.15:
        _out(holder, key)
    elif isinstance(holder, dict) and chance.random() < 0.15:
        holder[_another_key(slots, chance)] = holder[key]
    else:
        holder[key] = json.loads(json.dumps(chance.choice(changes)()))


def _of(slot: Slot, otherwise: Any) -> Any:
    """What stands there, if it still does."""
    holder, key = slot
    is_there = key in holder if isinstance(holder, dict) else key < len(holder)
    return holder[key] if is_there else otherwise


def _out(holder: Any, key: Any) -> None:
    del holder[key]


def _another_key(slots: Sequence[Slot], chance: Random) -> str:
    key = chance.choice(slots)[1]
    return key if isinstance(key, str) else chance.choice(_ODD_TEXT)
