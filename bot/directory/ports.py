"""What the directory's commands need from outside; `appservice/directory.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spaces.access import Sight, Standing
from spaces.directory import Entry, ListingKind
from spaces.identifiers import NetworkId, UserId


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is looked for: any of `tokens` stands for it, and what begins with `prefix`."""

    tokens: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What is looked for in the index.

    `every`: all terms, else any. `in_title`: in titles only. `near`: terms of a place, all of which have
    to be in where it is. `within`: only what belongs to one of these networks.
    """

    terms: tuple[Term, ...]
    every: bool = True
    in_title: bool = False
    near: tuple[Term, ...] = ()
    kinds: frozenset[ListingKind] = frozenset()
    within: frozenset[NetworkId] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that matches, with the tokens that it is found by."""

    entry: Entry
    title: frozenset[str]
    tokens: frozenset[str]


class Index(Protocol):
    """All that can be found. Whatever is asked of it, it tells of nothing that `sight` may not find."""

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        """At most so many entries that match, the newest first."""

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        """All rows of these entries that are for them."""

    async def words_like(self, word: str) -> Sequence[str]:
        """Words in the index, whoever may find them, that share most of their trigrams with `word`."""


class Directory(Index, Protocol):
    """The index as one unit of work sees and changes it."""

    def sight_of(self, standing: Standing) -> Sight: ...

    async def put(self, entries: Iterable[Entry], gone: Iterable[tuple[ListingKind, str]] = ()) -> None:
        """These rows stand instead of all there were of these entries, and of those that are `gone`."""


class Allowance(Protocol):
    """How much one person may look up, so that the directory cannot be harvested."""

    @property
    def finds_per_minute(self) -> int: ...

    @property
    def people_per_day(self) -> int: ...

    def take_find(self, person: UserId, now: float) -> bool:
        """Take one of the finds of this minute, if there is one left; whether there was."""

    async def people_shown(self, person: UserId, since: float) -> Mapping[str, float]:
        """Who was shown to them since that time (seconds since 1970), and when."""

    async def note_shown(self, person: UserId, people: Collection[str], now: float) -> None:
        """These people have been shown to them."""
