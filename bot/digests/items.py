"""What a digest is made of: for whom it is, for which time, and the sources that its lines come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.reply import Line
from spaces.access import Sight, Standing
from spaces.identifiers import NetworkId, UserId
from spaces.nearness import Nearness


class Section(StrEnum):
    """The parts of a digest, in the order in which they stand."""

    STORIES = "stories"
    ANNOUNCEMENTS = "announcements"
    EVENTS = "events"
    PLACES = "places"  # new networks and groups
    MARKET = "market"  # offers and wants
    LIVELY = "lively"  # how much was said where


@dataclass(frozen=True, slots=True)
class Period:
    """What an edition tells of: what came at `start` or later and before `end`, in seconds since 1970.

    By our own clock when it came in, never by the time that an event claims.
    """

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom an edition is made: a person, or without `user` all members of one network together.

    `networks` are those whose news it tells: the reader's own, less those that they have turned off. Of
    all else they are told what `standing` and `sight` let them see at the moment of sending.
    """

    user: UserId | None
    standing: Standing
    sight: Sight
    networks: frozenset[NetworkId]
    nearness: Nearness


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an edition. Of two items of the same `key` the reader gets the first.

    `key` names what it tells of, whichever way it has come. In a section what has the greater `weight`
    stands higher. `quiet`: worth telling beside something else, and no reason for an edition by itself.
    """

    section: Section
    key: str
    line: Line
    weight: float = 0.0
    quiet: bool = False


class Source(Protocol):
    """One kind of thing that digests tell of. It decides by itself what the reader may read, as it is now."""

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        """What there is to tell this reader of this period; nothing of the reader's own doing."""
