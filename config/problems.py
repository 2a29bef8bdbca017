"""What is wrong with something an operator wrote: where, what, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from spaces.errors import Malformed
from spaces.identifiers import printable


class Severity(StrEnum):
    ERROR = "error"  # nothing starts with it
    WARNING = "warning"  # it starts, and says so


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` is the setting, dotted; `file` the file or variable it stands in; `line` from 1 on, 0 if unknown.

    `what` and `mend` are whole sentences. Neither ever holds a token or a password.
    """

    key: str
    file: str
    what: str
    mend: str
    severity: Severity = Severity.ERROR
    line: int = 0

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        subject = f"{self.key} ({place})" if self.key else place
        return f"{self.severity}: {subject}: {self.what} {self.mend}".rstrip()


class Misfit(Malformed):
    """A value that cannot be what it should be. `what` and `mend` are sentences without the secret."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what} {mend}")
        self.what = what
        self.mend = mend


class SettingsRefused(Malformed):
    """The settings cannot be used; `problems` are all that is wrong with them, warnings too."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(["The settings cannot be used.", *map(str, problems)]))
        self.problems = tuple(problems)


def worst_first(problems: Iterable[Problem]) -> list[Problem]:
    """Errors before warnings, and each in the order of the file."""
    return sorted(problems, key=lambda problem: (not problem.is_error, problem.line))


def closest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that was probably meant, or None."""
    choices = {choice.lower(): choice for choice in sorted(words)}
    near = difflib.get_close_matches(word.lower(), choices, n=1)
    return choices[near[0]] if near else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`Did you mean “access”?`, or what there is to choose from if nothing is near."""
    choices = sorted(words)
    near = closest(word, choices)
    return f"Did you mean “{near}”?" if near else f"There are: {', '.join(choices)}."


def shown(value: object) -> str:
    """`value` as it may stand in a sentence: on one line, and not long. Never for a secret."""
    return f"“{printable(str(value))[:60]}”"
