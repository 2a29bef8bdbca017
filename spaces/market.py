"""Offers and wants (PRODUCT A1, A2): what is kept of them, how long they stand, and who may ask about them.

    open ──(its time is up)──▶ expired ──renew──▶ open
      ├──close──▶ closed | met | unmet        left: who made it is no member any more (renewed once they are)
      └──by a coordinator──▶ removed

An ask is one person's question whether they may be put in touch with who made an offer or a want.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from spaces.access import Standing, is_member, member_of
from spaces.bans import is_banned
from spaces.directory import Entry, ListingKind, Seen
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Status

_DAY = 86_400.0
LASTS_DAYS = 60
SHOWN_SECONDS = 30 * _DAY
"""How long what has ended is shown to who made it; then its text is forgotten."""
ASK_LASTS_SECONDS = 14 * _DAY
AGAIN_AFTER_SECONDS = 30 * _DAY
"""How long after a no the same person may not ask about it again."""
MOST_OPEN = 50
MOST_ASKS = 10
MOST_SUGGESTED = 3
SHORTEST, LONGEST = 5, 300
_LONG_SECONDS, _SHORT_SECONDS = 14 * _DAY, 2 * _DAY


class Terms(StrEnum):
    """What is expected in return."""

    LEND = "lend"
    GIFT = "gift"
    SWAP = "swap"
    TIME = "time"
    MONEY = "money"


class State(StrEnum):
    OPEN = "open"
    MET = "met"
    UNMET = "unmet"
    CLOSED = "closed"
    REMOVED = "removed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Posting:
    """An offer or a want of `owner` in `network`. Times are seconds since 1970.

    It is found until `ends_at`. At `remind_at` who made it is asked whether it still holds; None: it is
    too short for that, or they have been asked. `ended_at` is when it was closed.
    """

    number: int
    kind: ListingKind
    network: NetworkId
    owner: UserId
    text: str
    made_at: float
    ends_at: float
    terms: Terms | None = None
    remind_at: float | None = None
    state: State = State.OPEN
    ended_at: float | None = None

    def stands(self, now: float) -> bool:
        """Whether it is found at present."""
        return self.state is State.OPEN and now < self.ends_at

    def may_be_renewed(self, now: float) -> bool:
        """Whether it stands, or has ended by itself not so long ago that it is forgotten."""
        if self.state is State.OPEN:
            return now < self.ends_at + SHOWN_SECONDS
        return self.state is State.LEFT and now < (self.ended_at or 0.0) + SHOWN_SECONDS


class Said(StrEnum):
    """What has become of an ask."""

    OPEN = "open"
    YES = "yes"
    NO = "no"
    LAPSED = "lapsed"  # what it was about has ended


@dataclass(frozen=True, slots=True)
class Ask:
    """`asker` would like to be put in touch with who made the posting of that number."""

    number: int
    posting: int
    asker: UserId
    asked_at: float
    said: Said = Said.OPEN
    said_at: float | None = None

    def waits(self, now: float) -> bool:
        return self.said is Said.OPEN and now < self.asked_at + ASK_LASTS_SECONDS


# -- what is said in it -----------------------------------------------------------------------------


def check_text(typed: str) -> str:
    """`typed` on one line. Raises `Malformed` where it is too short or too long."""
    text = printable(" ".join(typed.split()))
    if not SHORTEST <= len(text) <= LONGEST:
        raise Malformed(
            "That has {length} characters; an offer or a want has from {least} to {most}. Say in one line "
            "what it is.",
            length=len(text),
            least=SHORTEST,
            most=LONGEST,
        )
    return text


def entry_of(posting: Posting) -> Entry:
    """How it stands in the index. What is expected in return can be searched for."""
    return Entry(
        posting.kind,
        str(posting.number),
        posting.text,
        Seen.FINDERS,
        posting.network,
        posting.network,
        owner=posting.owner,
        about=posting.terms or "",
        ends_at=posting.ends_at,
    )


def other_kind(kind: ListingKind) -> ListingKind:
    return ListingKind.WANT if kind is ListingKind.OFFER else ListingKind.OFFER


# -- how long -----------------------------------------------------------------------------------------


def lasting(posting: Posting, now: float, ends_at: float | None = None) -> Posting:
    """The same, open from now until then; for the usual time where no end is named."""
    end = now + LASTS_DAYS * _DAY if ends_at is None else ends_at
    remind_at = _reminder(now, end)
    return replace(posting, ends_at=end, remind_at=remind_at, state=State.OPEN, ended_at=None)


def _reminder(now: float, ends_at: float) -> float | None:
    """A week before the end, of what is short a day before; of what is shorter nobody is asked."""
    seconds = ends_at - now
    if seconds < _SHORT_SECONDS:
        return None
    return ends_at - (7 * _DAY if seconds >= _LONG_SECONDS else _DAY)


def asked_at(posting: Posting) -> float | None:
    """When who made it was asked whether it is to stand for longer; None: not yet, or never.

    What is renewed is renewed for the usual time, of which the end is asked about as that of a long one.
    """
    return None if posting.remind_at is not None else _reminder(posting.made_at, posting.ends_at)


def ended(posting: Posting, state: State, now: float) -> Posting:
    return replace(posting, state=state, ended_at=now, remind_at=None)


def is_shown(posting: Posting, now: float) -> bool:
    """Whether who made it sees it in `mine`: it stands, or has ended lately without their saying so."""
    if posting.state is State.OPEN:
        return now < posting.ends_at + SHOWN_SECONDS
    by_others = posting.state in (State.LEFT, State.REMOVED)
    return by_others and now < (posting.ended_at or 0.0) + SHOWN_SECONDS


# -- who ----------------------------------------------------------------------------------------------


def may_post(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they may offer and want something there: members may, but who is banned."""
    found = landscape.networks.get(network)
    if found is None or found.status is not Status.ACTIVE or is_banned(landscape, network, standing.user):
        return False
    return is_member(landscape, standing, network)


def has_left(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether what they have posted there ends: they are no member any more, or banned.

    What sleeps is found by nobody, and wakes up with its network.
    """
    if network not in landscape.networks:
        return True
    return is_banned(landscape, network, standing.user) or not is_member(landscape, standing, network)


def networks_of(landscape: Landscape, standing: Standing) -> list[NetworkId]:
    """Where they may post, by name."""
    places = (n for n in member_of(landscape, standing) if may_post(landscape, standing, n))
    return sorted(places, key=lambda network: landscape.networks[network].name.casefold())


def comes_too_soon(asks: Iterable[Ask], now: float) -> bool:
    """Whether one of these, all of one person about one posting, was declined not long ago."""
    return any(one.said is Said.NO and now < (one.said_at or 0.0) + AGAIN_AFTER_SECONDS for one in asks)
