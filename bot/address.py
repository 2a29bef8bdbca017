"""Whether a message is for the bot, and what it says without the address.

In a direct room bare words are; elsewhere the prefix, the bot's name with a colon or a comma, its
Matrix ID, or a mention: a pill in the HTML, or `m.mentions` (client-server API, "User and room mentions").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from bot.ports import Heard
from spaces.identifiers import UserId

_QUOTED_REPLY = re.compile(r"\A> [^\n]*\n(?:>[^\n]*\n)*\n?")
_TYPED = re.compile(r"\A(`{1,3})\s*([^`]+?)\s*\1\Z")
_MOST_HTML = 20_000


@dataclass(frozen=True, slots=True)
class _Calls:
    """What calls the bot for sure, what calls it where it is mentioned, its name anywhere in a text."""

    firmly: re.Pattern[str]
    loosely: re.Pattern[str]
    anywhere: re.Pattern[str]


class Address:
    """How `bot`, who is called `name` and listens to `prefix`, is spoken to."""

    def __init__(self, bot: UserId, prefix: str, name: str) -> None:
        self._bot = bot
        self._names = (name, bot.localpart)
        self.prefixed = re.compile(rf"{re.escape(prefix)}(?:[:,]|\s|\Z)", re.IGNORECASE)
        self._calls = self._calls_with(self._names)

    def said(self, heard: Heard) -> str | None:
        """What `heard` says to the bot, without the address; None if it is not for the bot."""
        if heard.sender == self._bot:
            return None
        body = said_itself(heard)
        pills = _pills_of(self._bot, heard.formatted)
        mentioned = bool(pills) if heard.mentions_bot is None else heard.mentions_bot
        calls = self._calls_with((*self._names, *pills)) if pills and mentioned else self._calls
        calling = calls.loosely if heard.is_direct or mentioned else calls.firmly
        if address := self.prefixed.match(body) or calling.match(body):
            return _unquoted(body[address.end() :])
        if mentioned and calls.anywhere.search(body):
            return _unquoted(calls.anywhere.sub("", body, count=1))
        return _unquoted(body) if heard.is_direct else None

    def _calls_with(self, names: Iterable[str]) -> _Calls:
        own_id = re.escape(self._bot)
        any_name = "|".join(re.escape(name) for name in sorted(set(names), key=len, reverse=True))
        firmly = rf"{own_id}(?:[:,]|(?=\s)|\Z)|(?:{any_name})[:,]|@(?:{any_name})[:,](?=\s|\Z)"
        loosely = rf"{firmly}|@?(?:{any_name})(?=\s|\Z)"
        anywhere = rf"(?<!\w)(?:{own_id}|@?(?:{any_name})(?!\w|:\S))[:,]?"
        return _Calls(*(re.compile(made, re.IGNORECASE) for made in (firmly, loosely, anywhere)))


def said_itself(heard: Heard) -> str:
    """The body without what it quotes of the message that it replies to (the old reply fallback)."""
    return _QUOTED_REPLY.sub("", heard.body).strip()


def _unquoted(text: str) -> str:
    """`text` without the backquotes around all of it: so the bot itself shows what is to be typed."""
    typed = _TYPED.match(text.strip())
    return typed[2] if typed else text.strip()


def _pills_of(bot: UserId, formatted: str) -> set[str]:
    """The words of the links to `bot` in the HTML, as they stand in the plain text."""
    if "matrix.to" not in formatted and "matrix:u/" not in formatted:
        return set()
    reader = _Pills(bot)
    reader.feed(formatted[:_MOST_HTML])
    return {pill for text in reader.found if (pill := " ".join(text.split()).removeprefix("@"))}


class _Pills(HTMLParser):
    def __init__(self, bot: UserId) -> None:
        super().__init__()
        self._targets = {f"#/{bot}", f"u/{bot.removeprefix('@')}"}
        self._inside = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._inside = _target(dict(attrs).get("href") or "") in self._targets
            self.found += [""] if self._inside else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def _target(href: str) -> str:
    """`#/@bot:server` of a matrix.to link, `u/bot:server` of a `matrix:` URI; else nothing."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme == "matrix":
        return unquote(parts.path)
    return "#" + unquote(parts.fragment.partition("?")[0]) if parts.hostname == "matrix.to" else ""
