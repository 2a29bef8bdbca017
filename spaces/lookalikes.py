"""Names that look alike to a reader, though their letters differ.

A skeleton in the manner of Unicode's TR39, with a small table of our own: letters of other scripts
that stand in common fonts like a Latin one. Capitals, widths, accents written apart, spaces,
dashes and quotes make no difference. Digits stay digits.
"""

from __future__ import annotations

import unicodedata

_SAME_SIGN = str.maketrans(
    dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("‐‑–—", "-")
)
_IGNORED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def skeleton(name: str) -> str:
    """What a reader takes `name` for: two names of one skeleton cannot be told apart."""
    plain = "".join(c for c in name if unicodedata.category(c) not in _IGNORED or c.isspace())
    folded = unicodedata.normalize("NFKC", plain).casefold()
    apart = unicodedata.normalize("NFKD", folded)
    latin = "".join(_LOOKS_LIKE.get(c, c) for c in apart)
    return " ".join(unicodedata.normalize("NFKC", latin).split())


def folded(name: str) -> str:
    """`name` without regard to capitals, widths, spaces, kinds of quotes, and `&` for `and`."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_SAME_SIGN)
    return " ".join(plain.replace("&", " and ").split())


def mixes_scripts(name: str) -> bool:
    """Whether one word of `name` has letters of several scripts that hold look-alikes.

    Words of different scripts beside each other are fine, and so is Latin within Chinese, Japanese
    and Korean ones.
    """
    return any(len(_scripts(word)) > 1 for word in unicodedata.normalize("NFKC", name).split())


def _scripts(word: str) -> frozenset[str]:
    letters = (c for c in word if unicodedata.category(c) in {"Lu", "Ll", "Lt", "Lo"})
    return frozenset(script for c in letters if (script := _script(c)) in _CONFUSABLE)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").split()[0]


_CONFUSABLE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE", "LISU", "DESERET"})


def _table(pairs: str) -> dict[str, str]:
    return {look: group[0] for group in pairs.split() for look in group[1:]}


# Each group is a Latin letter and those that look like it, in small letters after folding, though
# it may be the capital that does so (Cyrillic Н, Greek Η).
_LOOKS_LIKE = _table(
    # Cyrillic
    "aа bв cс dԁ eе hһн iі jј kк lӏ mм oо pр qԛ sѕ tт wԝ xх yуү "
    # Greek
    "aα bβ eε hη iι kκ mμ nν oο pρ tτ uυ xχ yγ zζ "
    # Armenian
    "oօ hհ nո uս qզ gց lլ "
    # Latin letters that are hard to tell from the plain ones
    "aɑ gɡ iı jȷ "
    # dashes and quotes
    "-‐‑‒–—−⁃ '‘’ʼ´`′ \"“”„″"
)
