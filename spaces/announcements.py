"""Announcements (PRODUCT N3): where one is posted, whom it reaches, who reads it, and who declines it.

A network announces by command, in its own `news` and, if asked to, in those of all networks below that
have agreed to be there; or a coordinator writes by hand in its `news` room.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from spaces.access import Standing, coordinates, is_member, may_see
from spaces.bans import is_banned
from spaces.errors import Malformed
from spaces.hierarchy import descendants
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Purpose, Status

MOST_PER_DAY = 10
DAY_SECONDS = 86_400.0
LONGEST = 1_500
LONGEST_BY_HAND = 8_000
"""Of what is longer the rest is not kept."""
HEADLINE = 120

Declines = AbstractSet[tuple[NetworkId, NetworkId]]
"""Who declines the announcements of whom."""

_SENTENCE = re.compile(r"(.{30,}?[.!?…])(?=\s)")
_PINGS = re.compile(r"(?<![\w@])@room(?![\w:])")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What `network` announced, in words of `author`. Times are seconds since 1970, by our own clock.

    One `by_hand` was written in the `news` room itself; where that is encrypted its text is not kept, and
    stays empty. What is taken back has no text any more.
    """

    number: int
    network: NetworkId
    author: UserId
    text: str
    made_at: float
    by_hand: bool = False
    withdrawn_at: float | None = None

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Post:
    """Where an announcement is posted: in `place`, the `news` of `network`. `event` is None until it is."""

    number: int
    network: NetworkId
    place: GroupId
    room: RoomId | None = None
    event: EventId | None = None
    gone_at: float | None = None


# -- its text -----------------------------------------------------------------------------------------


def check_text(typed: str) -> str:
    """`typed` on one line. Raises `Malformed` where it is nothing or too long."""
    text = " ".join(printable(" ".join(typed.split())).split())
    if not text:
        raise Malformed("There is no text to announce. Say it behind the network's name.")
    if len(text) > LONGEST:
        raise Malformed(
            "That has {length} characters, and an announcement {most} at most. Say it in fewer, or post the "
            "rest in a group.",
            length=f"{len(text):,}",
            most=f"{LONGEST:,}",
        )
    return text


def pings_room(text: str) -> bool:
    """Whether everyone in a room is to be notified: `@room` stands there as a word of its own."""
    return _PINGS.search(text) is not None


def headline(text: str) -> str:
    """The first sentence on one line, cut behind a word where it is long."""
    flat = " ".join(printable(" ".join(text.split())).split())
    first = _SENTENCE.match(flat)
    said = first[1] if first else flat
    if len(said) <= HEADLINE:
        return said
    cut = said[:HEADLINE]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut} …"


# -- where it is posted -----------------------------------------------------------------------------------


def news_of(landscape: Landscape, network: NetworkId) -> GroupId | None:
    """The room for its news, where there is one and the network is active."""
    groups = (g for g in landscape.groups_of(network) if g.purpose is Purpose.NEWS)
    active = (g.id for g in groups if landscape.status_of(g.id) is Status.ACTIVE)
    return next(active, None)


def posted_in(
    landscape: Landscape, network: NetworkId, *, below: bool, declines: Declines
) -> tuple[NetworkId, ...]:
    """In whose `news` it is posted: the network's, and of those below who does not decline it.

    Who declines does so for itself, and not for what is below it in turn.
    """
    chosen = {network, *(descendants(landscape, network) if below else ())}
    taking = (n for n in chosen if n == network or (n, network) not in declines)
    return tuple(sorted(n for n in taking if news_of(landscape, n) is not None))


def known_to(
    landscape: Landscape, standing: Standing, network: NetworkId, posted: Collection[NetworkId]
) -> tuple[NetworkId, ...]:
    """Of the networks in which it is posted those of which this coordinator knows that they are below.

    What is hidden from them, and what they would come to only by way of it, is in no number they are told.
    """
    seen, queue = {network}, [network]
    while queue:
        fresh = [
            n for n in landscape.children(queue.pop()) if n not in seen and may_see(landscape, standing, n)
        ]
        seen.update(fresh)
        queue += fresh
    return tuple(n for n in posted if n in seen)


def counted_places(
    landscape: Landscape, standing: Standing, networks: Collection[NetworkId]
) -> frozenset[PlaceId]:
    """The places of these networks that they may see: who is in one of them is counted, once."""
    places = (place for network in networks for place in landscape.places_of(network))
    return frozenset(place for place in places if may_see(landscape, standing, place))


# -- who reads it -----------------------------------------------------------------------------------------


def reads(
    landscape: Landscape, standing: Standing, one: Announcement, post: Post, declines: Declines
) -> bool:
    """Whether they read it by way of the network of `post`: as members of it, as things are now.

    What was written by hand is for those alone who are in that room.
    """
    network = post.network
    if not one.stands or post.gone_at is not None or network not in landscape.networks:
        return False
    is_declined = network != one.network and (network, one.network) in declines
    if is_declined or is_banned(landscape, network, standing.user):
        return False
    if one.by_hand:
        return post.place in standing.joined and not is_banned(landscape, post.place, standing.user)
    return is_member(landscape, standing, network)


def looks_after(landscape: Landscape, standing: Standing, one: Announcement) -> bool:
    """Whether it is theirs to take back."""
    return coordinates(landscape, standing, one.network)


def declining(landscape: Landscape, standing: Standing, source: NetworkId) -> Iterator[NetworkId]:
    """The networks for which they may decline what `source` announces, by name."""
    theirs = (n for n in landscape.coordinated_by(standing.user) if n != source)
    yield from sorted(theirs, key=lambda network: landscape.networks[network].name.casefold())
