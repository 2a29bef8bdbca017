"""A county made up for the directory: networks on three levels, people in about nine each, listings.

Words are strung together from syllables and come as often as words do in a language (Zipf); one in five
listings has a word of its own, as names are. Everything comes from one seed.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.directory.searching import Question
from spaces.access import Standing
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Group, Kind, Link, Network, Purpose

_ONSETS = [*"bcdfghjklmnprstvw", "ch", "gr", "pl", "sh", "st", "th", "tr"]
_VOWELS = [*"aeiou", "ai", "ea", "oo"]
_CODAS = ["", "", "", "n", "r", "l", "m", "ck", "nd", "st", "rt"]
_ACCESS = (Access.PUBLIC, Access.PUBLIC, Access.PRIVATE, Access.PRIVATE, Access.INVITE)
_SEEN = (Seen.FINDERS, Seen.FINDERS, Seen.FINDERS, Seen.MEMBERS, Seen.EVERYONE)
_KINDS = (ListingKind.ORGANISATION, ListingKind.SERVICE, ListingKind.OFFER, ListingKind.WANT)
_WORDS, _TOWNS, _OF_EACH = 12_000, 400, 9


def _word(at: random.Random, syllables: int) -> str:
    parts = (at.choice(_ONSETS) + at.choice(_VOWELS) + at.choice(_CODAS) for _ in range(syllables))
    return "".join(parts)


def _distinct(at: random.Random, many: int, least: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < many:
        made[_word(at, at.randint(least, 4))] = None
    return list(made)


@dataclass(frozen=True)
class Asked:
    """One question, what kind of question it is, and who asks it."""

    way: str
    question: Question
    standing: Standing


class County:
    """`networks` with two groups each, `people`, and as many `listings`; people have two rows each."""

    def __init__(self, networks: int, people: int, listings: int) -> None:
        self._at = random.Random(5)
        self._words = _distinct(self._at, _WORDS, 2)
        self._weights = list(itertools.accumulate(1 / (rank + 4) for rank in range(_WORDS)))
        self._towns = _distinct(self._at, _TOWNS, 3)
        self._listings = listings
        self.landscape = Landscape().having(*self._places(networks))
        self._networks = list(self.landscape.networks)
        self.people = [self._person(n) for n in range(people)]

    # -- networks and people ----------------------------------------------------------------------

    def _places(self, networks: int) -> Iterator[Any]:
        made: list[NetworkId] = []
        for n in range(networks):
            access = Access.PUBLIC if n < 10 else self._at.choice(_ACCESS)
            id_, name = NetworkId(f"n.{n:08d}"), f"{self._chosen(2)} {n}"
            kind = Kind.ECOSYSTEM if n < 10 else Kind.NETWORK
            yield Network(id_, name, Slug(f"network-{n}"), kind, access, topic=self._chosen(6))
            if n >= 10:
                yield Link(made[self._at.randrange(min(n, 10 if n < 100 else 100))], id_)
            yield Coordinator(id_, self._user(n))
            yield from self._groups(id_, n, access)
            made.append(id_)

    def _groups(self, home: NetworkId, number: int, access: Access) -> Iterator[Group]:
        for purpose in (Purpose.WELCOME, Purpose.NEWS):
            id_ = GroupId(f"g.{number:08d}{purpose}")
            yield Group(id_, home, purpose, Slug(purpose), access, purpose=purpose)
        for n in range(2):
            id_ = GroupId(f"g.{number:08d}{n}")
            yield Group(id_, home, self._chosen(2), Slug(f"group-{n}"), self._at.choice(_ACCESS))

    def _user(self, number: int) -> UserId:
        return UserId(f"@person{number}:hs.test")

    def _person(self, number: int) -> Standing:
        theirs = self._at.sample(self._networks, min(_OF_EACH, len(self._networks)))
        joined = frozenset(place for network in theirs for place in self.landscape.places_of(network))
        return Standing(self._user(number), joined=joined)

    # -- what is in the directory -----------------------------------------------------------------

    def entries(self) -> Iterator[Entry]:
        """Listings, and the two rows of each person: what all see, and what one network sees."""
        for n in range(self._listings):
            yield self._listing(n)
        for person in self.people:
            network = self._at.choice(self._networks)
            key, name = str(person.user), self._chosen(2).title()
            about, place = self._chosen(6), self._at.choice(self._towns)
            yield Entry(ListingKind.PERSON, key, name, Seen.EVERYONE, owner=person.user, about=about)
            yield Entry(
                ListingKind.PERSON,
                key,
                name,
                Seen.MEMBERS,
                PlaceId(network),
                owner=person.user,
                part="place",
                located=place,
            )

    def _listing(self, number: int) -> Entry:
        network = self._at.choice(self._networks)
        own = f" {_word(self._at, 4)}" if self._at.random() < 0.2 else ""
        return Entry(
            self._at.choice(_KINDS),
            str(number),
            self._chosen(self._at.randint(2, 4)) + own,
            self._at.choice(_SEEN),
            PlaceId(network),
            network,
            self._at.choice(self.people).user,
            about=self._chosen(self._at.randint(8, 24)),
            located=self._at.choice(self._towns),
        )

    def _chosen(self, words: int) -> str:
        return " ".join(self._at.choices(self._words, cum_weights=self._weights, k=words))

    # -- what is asked ----------------------------------------------------------------------------

    def questions(self, many: int) -> Iterator[Asked]:
        """As many of each way as of any other, each by somebody else."""
        ways = {
            "rare word": lambda: self._between(2000, _WORDS),
            "common word": lambda: self._between(0, 10),
            "two common words": lambda: f"{self._between(0, 10)} {self._between(10, 40)}",
            "common and rare": lambda: f"{self._between(0, 40)} {self._between(1000, _WORDS)}",
            "beginning": lambda: self._between(0, 3000)[: self._at.choice((2, 3, 4))],
            "mistyped": lambda: self._mistyped(self._between(0, _WORDS)),
            "in nothing": lambda: f"zq{_word(self._at, 2)}xj",
        }
        for way, make in itertools.islice(itertools.cycle(ways.items()), many):
            yield Asked(way, Question(make()), self._at.choice(self.people))

    def _between(self, first: int, end: int) -> str:
        return self._words[self._at.randrange(first, end)]

    def _mistyped(self, word: str) -> str:
        at = self._at.randrange(1, len(word))
        return word[:at] + self._at.choice("aeiourstln") + word[at + 1 :]
