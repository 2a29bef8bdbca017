"""Text taken apart into words as they are searched for: folded, stemmed, and in threes of letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
_LONGEST = 40
_MOST = 400
_STEMMER = snowballstemmer.stemmer("english")
_STOPPING = (
    "a an and any are as at be by can do does for from has have how i in is it me my need of on or our "
    "some that the there to us want we what where which who with you your "
    "anybody anyone looking please somebody someone"
)
STOP_WORDS = frozenset(_STOPPING.split())
"""Words that say nothing about what is looked for, where there are others."""


def words_of(text: str) -> list[str]:
    """The words of `text` in their order: small letters, no accents, no signs; each at most 40 letters."""
    return [word[:_LONGEST] for word in _WORD.findall(_plain(text))[:_MOST]]


def _plain(text: str) -> str:
    if text.isascii():  # the same at a tenth of the cost
        return text.lower().replace("'", "").replace("`", "")
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))  # a sign may stand for capitals
    small = unicodedata.normalize("NFKD", apart.casefold()).translate(_APOSTROPHES)
    return "".join(c for c in small if not unicodedata.combining(c))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What the forms of an English word have in common ("minibuses" → "minibus"); other words mostly pass.

    https://snowballstem.org/algorithms/english/stemmer.html
    """
    return str(_STEMMER.stemWord(word))


def tokens_of(*texts: str) -> str:
    """What stands in the index for these texts: each word and its stem, once, with spaces between."""
    words = [word for text in texts for word in words_of(text)]
    return " ".join(dict.fromkeys(token for word in words for token in (stem(word), word)))


def vocabulary_of(texts: Iterable[str]) -> set[str]:
    """The words of these texts, and their stems, that are long enough to be mistyped.

    With all that an entry is found by in it, what a mistyped word finds depends on that entry alone: were
    stems left to be made of the words meant, a word that only a hidden entry has could find another.
    """
    words = {token for text in texts for word in words_of(text) for token in (stem(word), word)}
    return {word for word in words if len(word) > 3 and not word.isdigit()}


def trigrams_of(word: str) -> list[str]:
    """The threes of letters in `word`, with its beginning and its end marked."""
    marked = f"^{word}$"
    return list(dict.fromkeys(marked[i : i + 3] for i in range(len(marked) - 2)))
