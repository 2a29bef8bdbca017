"""Display names: what people call themselves, and when that is not enough to tell who they are.

Anyone may take any name, so a name is shown alone only where a reader cannot take it for another's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from spaces.identifiers import UserId, printable
from spaces.lookalikes import mixes_scripts, skeleton

MOST_SHOWN = 100
_MOST_IN_SKELETON = 200  # some letters fold into many
_LOST = "\N{REPLACEMENT CHARACTER}"
_ALIKE = str.maketrans("i1|0", "lllo")
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing


def kept_name(name: object) -> str | None:
    """`displayname` of an m.room.member event as it can be stored; None where there is none."""
    if not isinstance(name, str) or not name.strip():
        return None
    cut = name[: MOST_SHOWN + 1]
    return "".join(_LOST if c == "\0" or unicodedata.category(c) == "Cs" else c for c in cut)


def name_skeleton(name: str | None, user: UserId) -> str:
    """What a reader takes the person for: by their name, or by their localpart where they have none."""
    return _looks(name or user.localpart)[:_MOST_IN_SKELETON]


def _looks(name: str) -> str:
    """The skeleton, more careful than that of networks: nothing is refused, only the Matrix ID added."""
    return skeleton(name).translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def called(user: UserId, name: str | None, bot_names: Iterable[str], *, is_anothers: bool) -> str:
    """How `user` is shown: `Name`, `Name (@id:server)`, or the Matrix ID alone.

    `is_anothers`: someone else whom the reader meets has a name that looks the same.
    """
    shown = _cleaned(name or "")
    if not shown:
        return user
    is_enough = shown == name and not is_anothers and _tells(shown) and not _claims(shown, bot_names)
    return shown if is_enough else f"{shown} ({user})"


def _cleaned(name: str) -> str:
    """On one line, without what cannot be seen, and of the length that is shown."""
    seen = printable(" ".join(name.replace(_LOST, "").split()))
    return " ".join(seen.split())[:MOST_SHOWN].strip()


def _tells(name: str) -> bool:
    """Whether it has something to read, and no word with letters of several scripts."""
    has_letters = any(unicodedata.category(c)[0] in "LN" for c in name)
    return has_letters and not _BLANKS.intersection(name) and not mixes_scripts(name)


def _claims(name: str, bot_names: Iterable[str]) -> bool:
    """Whether it contains what looks like a Matrix ID, or like a name of the bot."""
    looks = _looks(name)
    return "@" in looks or any(_looks(bot) in looks for bot in bot_names)
