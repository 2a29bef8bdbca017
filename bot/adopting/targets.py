"""Which room somebody means: an alias, a room id, or a link to it with the servers to go by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from spaces.errors import Malformed, Refusal
from spaces.identifiers import RoomAlias, RoomId, printable

_LINK = re.compile(r"https?://matrix\.to/\S+", re.IGNORECASE)
_URI = re.compile(r"matrix:(r|roomid)/\S+", re.IGNORECASE)
_SIGILS = {"r": "#", "roomid": "!"}
_WRAPPING = '<>()[]`“”" '
_MOST_SERVERS = 5
_MOST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Target:
    """`meant` is an alias or a room id."""

    meant: str
    via: tuple[str, ...] = ()


def target_of(typed: str) -> Target:
    """The room that `typed` means. Raises `Malformed`."""
    if link := _LINK.search(typed):
        path, _, query = urlsplit(link[0].rstrip(_WRAPPING)).fragment.partition("?")
        meant = unquote(path.strip("/").partition("/")[0])
    elif uri := _URI.search(typed):
        parts = urlsplit(uri[0].rstrip(_WRAPPING))
        kind, query = uri[1].lower(), parts.query
        meant = _SIGILS[kind] + unquote(parts.path.partition("/")[2].partition("/")[0])
    else:
        meant, query = typed.strip(_WRAPPING), ""
    via = tuple(dict.fromkeys(parse_qs(query).get("via", ())))[:_MOST_SERVERS]
    try:
        found: str = RoomId.parse(meant) if meant.startswith("!") else RoomAlias.parse(meant)
    except Refusal:
        raise Malformed(
            "“{typed}” is no room. Name one by its alias, such as #town:example.org, by its room ID, or by a "
            "link to it.",
            typed=printable(typed)[:_MOST_SHOWN],
        ) from None
    _, _, server = meant.partition(":")
    return Target(found, via or ((server,) if server else ()))
