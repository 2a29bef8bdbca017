"""What a public network has to tell to everyone, for its page, its feed and its newspaper (PRODUCT N5).

These values hold what a stranger may know and nothing else: whoever makes them has left out the rest.
Text that people wrote is data in them. Times are in seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, UserId
from spaces.market import Terms

DAY = 86_400.0
SHOWN_SECONDS = 28 * DAY
"""How long stories and announcements stand on the page and in the feed."""
AHEAD_SECONDS = 28 * DAY
"""How far ahead what will take place is told of."""


@dataclass(frozen=True, slots=True)
class Span:
    """What came at `start` or later and before `end`. `now` is when it is told."""

    start: float
    end: float
    now: float

    def holds(self, at: float) -> bool:
        return self.start <= at < self.end

    def is_ahead(self, begins_at: float, ends_at: float | None = None) -> bool:
        """Whether who reads of it now, or read of it in that time, could still go there, and soon."""
        over = begins_at if ends_at is None else ends_at
        return over >= max(self.start, min(self.now, self.end)) and begins_at < self.end + AHEAD_SECONDS


def lately(now: float) -> Span:
    """What the page and the feed tell of."""
    return Span(now - SHOWN_SECONDS, now + 1.0, now)


@dataclass(frozen=True, slots=True)
class StoryTold:
    """A story whose author has agreed that everyone may read it. `byline` is empty where they are not named.

    `way` are the names of the places by way of which it has come, as far as everyone may know them, the
    first where it was told. `at` is when the network took it.
    """

    key: str
    headline: str
    text: str
    byline: str = ""
    way: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class AnnouncementTold:
    """`by` is the name of the network whose coordinators say it."""

    key: str
    text: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class OccasionTold:
    """Something that takes place. `zone` is the name of the time zone in which its hours are told."""

    key: str
    title: str
    begins_at: float
    ends_at: float | None = None
    where: str = ""
    about: str = ""
    changed_at: float = 0.0
    zone: str = ""


@dataclass(frozen=True, slots=True)
class PostingTold:
    """An offer or a want, without whose it is: who is interested asks the bot by its number."""

    number: int
    kind: ListingKind
    text: str
    ends_at: float
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """A group, or a network, that everyone may join. `alias` is `#hedge_…:server`."""

    name: str
    topic: str
    alias: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How the network is reached: by the bot, its Space, and those who look after it and say so publicly."""

    bot: UserId
    alias: str = ""
    stewards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """All that a network has to tell of `span`. `language` and `zone` are those in which it is told."""

    network: NetworkId
    name: str
    topic: str
    slug: str
    span: Span
    reach: Reach
    language: str = "en"
    zone: str = "UTC"
    stories: tuple[StoryTold, ...] = ()
    announcements: tuple[AnnouncementTold, ...] = ()
    occasions: tuple[OccasionTold, ...] = ()
    postings: tuple[PostingTold, ...] = ()
    places: tuple[PlaceTold, ...] = ()

    @property
    def tells_something(self) -> bool:
        """Whether anything has happened, is going to, or is looked for."""
        return bool(self.stories or self.announcements or self.occasions or self.postings)

    def of_kind(self, kind: ListingKind) -> tuple[PostingTold, ...]:
        return tuple(one for one in self.postings if one.kind is kind)


def in_order(news: News) -> News:
    """The newest stories and announcements first, what takes place in the order in which it does.

    Of the places that can be joined the network's own Space comes first.
    """
    own = news.reach.alias
    return replace(
        news,
        stories=tuple(sorted(news.stories, key=lambda one: (-one.at, one.key))),
        announcements=tuple(sorted(news.announcements, key=lambda one: (-one.at, one.key))),
        occasions=tuple(sorted(news.occasions, key=lambda one: (one.begins_at, one.key))),
        postings=tuple(sorted(news.postings, key=lambda one: (one.ends_at, one.number), reverse=True)),
        places=tuple(sorted(news.places, key=lambda one: (one.alias != own, one.name.casefold(), one.alias))),
    )


def with_the_front_first(news: News) -> News:
    """The story for the front page first: the newest one with a headline, else the newest."""
    front = next((one for one in news.stories if one.headline), None)
    if front is None:
        return news
    return replace(news, stories=(front, *(one for one in news.stories if one is not front)))
