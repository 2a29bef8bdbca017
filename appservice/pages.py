"""What the public pages say, and how a document becomes a page: plain HTML, no script, one style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from babel.dates import format_datetime

from bot.languages import words_in
from bot.reply import (
    Block,
    Bold,
    Bullet,
    Code,
    Document,
    Inline,
    Paragraph,
    Person,
    in_language,
    plain_text,
)
from spaces.identifiers import UserId, printable
from spaces.sentences import sentence

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;"
    "color:#1c1c1c;background:#fff}code{font-size:1.2rem;background:#eee;padding:.1rem .3rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1c}code{background:#333}a{color:#9cf}}"
)
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""For the Content-Security-Policy."""


# -- what they say ----------------------------------------------------------------------------------


def invitation(name: str, topic: str, code: str, bot: UserId, ends_at: str, *, role: bool) -> Document:
    """The page of a code. `ends_at` is a time in words; `role`: it makes a coordinator."""
    called = Bold(_shown(name))
    if role:
        title = sentence("You are asked to look after {network}", network=called)
    else:
        title = sentence("You are invited to {network}", network=called)
    about = [Paragraph((sentence("It is about: {topic}", topic=_shown(topic)),))] if topic else []
    return Document(
        (
            Paragraph((title,)),
            *about,
            Bullet((sentence("In Element, or another Matrix client, write to {bot}.", bot=bot),)),
            Bullet((sentence("Type: `redeem {code}`", code=code),)),
            Bullet((sentence("Accept the invitation that follows."),)),
            Paragraph((sentence("The code can be used until {time}.", time=ends_at),)),
            Paragraph(
                (
                    sentence(
                        "You need an account on {server}, or to be in one of its networks already.",
                        server=bot.server,
                    ),
                )
            ),
        )
    )


def nothing_here() -> Document:
    """The one page for a code that is wrong, used up, revoked or out of date, and for every other path."""
    title = sentence("This link leads nowhere")
    return Document(
        (
            Paragraph((title,)),
            Paragraph(
                (
                    sentence(
                        "It may be mistyped, used up or out of date. Look at it once more, or ask who gave "
                        "it to you for a new one."
                    ),
                )
            ),
        )
    )


def too_often() -> Document:
    return Document((Paragraph((sentence("Too many visits within a minute. Come again in a minute."),)),))


def not_at_present() -> Document:
    return Document((Paragraph((sentence("This page cannot be shown at present. Try again later."),)),))


def time_in_words(seconds: float, language: str) -> str:
    """A time (seconds since 1970) as a date and an hour of UTC."""
    at = datetime.fromtimestamp(seconds, UTC)
    return format_datetime(at, "d MMMM y, HH:mm 'UTC'", locale=language)


def _shown(text: str) -> str:
    """`text` on one line, without what cannot be seen."""
    return printable(" ".join(text.split()))


# -- how they look ----------------------------------------------------------------------------------


def html_of(document: Document, language: str) -> str:
    """The whole page. Its first paragraph is the heading and, as text, the title."""
    said = in_language(document, words_in(language))
    heading, *others = said.blocks
    title = escape(plain_text(heading.line))
    return (
        f'<!DOCTYPE html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{_line(heading.line)}</h1>{''.join(_blocks(others))}</main></body></html>\n"
    )


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    """Paragraphs, and steps one after the other."""
    inside = False
    for block in blocks:
        is_step = isinstance(block, Bullet)
        if is_step != inside:
            yield "<ol>" if is_step else "</ol>"
        inside = is_step
        yield f"<li>{_line(block.line)}</li>" if is_step else f"<p>{_line(block.line)}</p>"
    if inside:
        yield "</ol>"


def _line(line: tuple[Inline, ...]) -> str:
    return "".join(_inline(part) for part in line)


def _inline(part: Inline) -> str:
    text = escape(plain_text(part))
    match part:
        case Code():
            return f"<code>{text}</code>"
        case Person(user):
            return f'<a href="https://matrix.to/#/{escape(quote(user, safe="@:"))}">{text}</a>'
        case _:
            return text
