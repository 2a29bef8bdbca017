"""The tree of refusals. Each is a sentence for a person: what, why, what to do.

Refusal
├── Malformed          what was typed cannot be read
├── Unknown            nothing of that name, or nothing that this person may know of
├── Ambiguous          several things have that name
├── Forbidden          this person may not; says who can
├── Conflict           it cannot be so: a loop, a name taken, too many, too few
└── Unavailable        it cannot be done at present; says when to try again
"""

from __future__ import annotations

from typing import Any

from spaces.sentences import Sentence


class Refusal(Exception):
    """Something that was asked for will not be done; `said` says why and what to do instead."""

    def __init__(self, said: str | Sentence, /, **parts: Any) -> None:
        super().__init__(said)
        self.said = Sentence(said, parts) if isinstance(said, str) else said

    @property
    def sentence(self) -> str:
        """What is said, in English."""
        return str(self.said)

    def __str__(self) -> str:
        return self.sentence


class Malformed(Refusal):
    """What was typed cannot be read."""


class Unknown(Refusal):
    """Nothing of that name, or nothing that this person may know of: the words are the same for both."""


class Ambiguous(Refusal):
    """Several things have that name; the sentence lists them."""


class Forbidden(Refusal):
    """This person may not; the sentence says who can."""


class Conflict(Refusal):
    """It contradicts what is there: a loop, a name taken."""


class Unavailable(Refusal):
    """It cannot be done at present."""
