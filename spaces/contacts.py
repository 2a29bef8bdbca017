"""What is said of a listing, checked: what it is about, where it is, and how to reach it.

Each check gives the text as it is kept; nothing stays nothing. Raises `Malformed` with a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from spaces.errors import Malformed
from spaces.identifiers import printable
from spaces.listings import Contact

ABOUT_AT_MOST, PLACE_AT_MOST = 1000, 120
_PHONE_AT_MOST, _EMAIL_AT_MOST, _WEB_AT_MOST = 40, 254, 300
_FEWEST_DIGITS, _MOST_DIGITS = 3, 20
_SHOWN_AT_MOST = 80
_PHONE = re.compile(r"\+?[\d\s().\-/]+(?:\s*(?:ext\.?|x)\s*\d{1,6})?", re.IGNORECASE)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}")


def check_about(text: str) -> str:
    kept = _one_line(text)
    if len(kept) > ABOUT_AT_MOST:
        raise Malformed(
            "What it is about has at most {most} characters; that has {length}. Shorten it.",
            most=ABOUT_AT_MOST,
            length=len(kept),
        )
    return kept


def check_located(text: str) -> str:
    kept = _one_line(text)
    if len(kept) > PLACE_AT_MOST:
        raise Malformed(
            "Where it is has at most {most} characters; that has {length}. Shorten it.",
            most=PLACE_AT_MOST,
            length=len(kept),
        )
    return kept


def check_contact(phone: str, email: str, web: str) -> Contact:
    return Contact(check_phone(phone), check_email(email), check_web(web))


def check_phone(typed: str) -> str:
    kept = _one_line(typed)
    digits = sum(c.isdigit() for c in kept)
    is_one = bool(_PHONE.fullmatch(kept)) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
    if kept and (len(kept) > _PHONE_AT_MOST or not is_one):
        raise Malformed(
            "“{typed}” is not a telephone number. One looks like 01823 555 0100.", typed=_shown(kept)
        )
    return kept


def check_email(typed: str) -> str:
    kept = _one_line(typed).strip("<>")
    mailbox, at, domain = kept.rpartition("@")
    is_one = bool(at) and bool(_MAILBOX.fullmatch(mailbox)) and bool(_DOMAIN.fullmatch(domain))
    if kept and (len(kept) > _EMAIL_AT_MOST or not is_one):
        raise Malformed(
            "“{typed}” is not an e-mail address. One looks like us@example.org.", typed=_shown(kept)
        )
    return kept


def check_web(typed: str) -> str:
    """Of the web only: what opens something else in a client is none."""
    kept = _one_line(typed).strip("<>")
    if kept and (len(kept) > _WEB_AT_MOST or " " in kept or not _is_of_the_web(kept)):
        raise Malformed(
            "“{typed}” is not a web address. One looks like https://example.org, with https:// or http:// "
            "in front.",
            typed=_shown(kept),
        )
    return kept


def _is_of_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "@" not in parts.netloc and bool(_DOMAIN.fullmatch(host))


def _one_line(text: str) -> str:
    kept = " ".join(unicodedata.normalize("NFC", text).split())
    if printable(kept) != kept:
        raise Malformed("That has characters in it that nobody sees. Type it instead of pasting it.")
    return kept


def _shown(typed: str) -> str:
    return typed if len(typed) <= _SHOWN_AT_MOST else f"{typed[:_SHOWN_AT_MOST]} …"
