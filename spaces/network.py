"""Networks and groups as values, and the words that describe them (PRODUCT: words)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, UserId
from spaces.sentences import sentence


class Kind(StrEnum):
    NETWORK = "network"
    ECOSYSTEM = "ecosystem"
    BRIDGE = "bridge"


class Access(StrEnum):
    """Who finds it and who gets in."""

    PUBLIC = "public"
    PRIVATE = "private"
    INVITE = "invite"


ACCESSES = {
    Access.PUBLIC: sentence("public"),
    Access.PRIVATE: sentence("private"),
    Access.INVITE: sentence("invite"),
}
"""What each access is called in a sentence."""


class Purpose(StrEnum):
    """What a group is for; welcome and news are a network's kit."""

    TALK = "talk"
    WELCOME = "welcome"
    NEWS = "news"


class Status(StrEnum):
    PROPOSED = "proposed"  # a bridge that waits for a parent's yes: nothing of it is in Matrix
    ACTIVE = "active"
    ARCHIVED = "archived"
    RELEASED = "released"  # its rooms are being handed over to its coordinators, and then forgotten


class Pause(StrEnum):
    """Whether what drifts is put back: nothing where it is paused, and what closes a room after a fight."""

    NONE = ""
    ROOM = "room"  # not in this one room
    ALL = "all"  # not in the network's Space nor in any of its groups
    FIGHT = "fight"  # in this one room only what keeps strangers out, and that not at once each time


class Digest(StrEnum):
    """What may stand in digests of what is said in an encrypted room."""

    COUNTS = "counts"  # how much was said, and nothing else
    STORIES = "stories"


@dataclass(frozen=True, slots=True)
class Network:
    """A self-governing community: a Space. `language` is the one spoken in it, empty for no choice.

    `timezone` is the name of the one whose clock holds there, empty for no choice.
    `questions` are put to who applies to join, one on each line. Who has lost the last path to a place
    of it stays for `grace_days`. `offers_groups`: who joins is told which groups there are, also who has
    never talked with the bot.
    """

    id: NetworkId
    name: str
    slug: Slug
    kind: Kind = Kind.NETWORK
    access: Access = Access.PUBLIC
    ask: bool = False
    listed: bool = False
    topic: str = ""
    status: Status = Status.ACTIVE
    language: str = ""
    questions: str = ""
    grace_days: int = 7
    offers_groups: bool = False
    paused: Pause = Pause.NONE
    timezone: str = ""

    @property
    def is_everybodys(self) -> bool:
        """Whether a stranger finds it, as `spaces/access.py` has it for anybody: that follows from itself."""
        is_seen = self.access is Access.PUBLIC or (self.access is Access.PRIVATE and self.ask)
        return is_seen and self.status is Status.ACTIVE


@dataclass(frozen=True, slots=True)
class Group:
    """A place to talk with one home network: a room. `slug` is unique within its home."""

    id: GroupId
    home: NetworkId
    name: str
    slug: Slug
    access: Access = Access.PRIVATE
    ask: bool = False
    listed: bool = False
    encrypted: bool = False
    topic: str = ""
    purpose: Purpose = Purpose.TALK
    status: Status = Status.ACTIVE
    paused: Pause = Pause.NONE
    digest: Digest = Digest.COUNTS

    @property
    def is_kit(self) -> bool:
        return self.purpose is not Purpose.TALK

    def is_everybodys_in(self, home: Network) -> bool:
        """Whether a stranger finds it, as `spaces/access.py` has it for anybody; `home` is its network."""
        if self.status is not Status.ACTIVE or home.status is not Status.ACTIVE:
            return False
        if self.is_kit:
            return home.access is Access.PUBLIC
        asked_by_all = self.access is Access.PRIVATE and self.ask
        return self.access is Access.PUBLIC or (asked_by_all and home.is_everybodys)


@dataclass(frozen=True, slots=True)
class Link:
    """A child network under a parent. It holds once both sides have agreed.

    `asked_by` is who proposed it. `canonical` marks the one parent that clients show as the way up.
    `instead_of` is the parent that a move leaves once the link holds.
    """

    parent: NetworkId
    child: NetworkId
    canonical: bool = True
    parent_agreed: bool = True
    child_agreed: bool = True
    asked_by: UserId | None = None
    instead_of: NetworkId | None = None

    @property
    def holds(self) -> bool:
        return self.parent_agreed and self.child_agreed


@dataclass(frozen=True, slots=True)
class Share:
    """A group listed by another network as well as its home. It holds once both sides have agreed."""

    group: GroupId
    network: NetworkId
    home_agreed: bool = True
    network_agreed: bool = True
    asked_by: UserId | None = None

    @property
    def holds(self) -> bool:
        return self.home_agreed and self.network_agreed


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Someone who looks after a network. `former` is kept, so that their power is taken back everywhere."""

    network: NetworkId
    user: UserId
    former: bool = False


EVERYWHERE = PlaceId("*")
"""Stands for every network of the server, in a rule of an admin's."""


@dataclass(frozen=True, slots=True)
class Banned:
    """Who is kept out of a place: a Matrix ID or, EVERYWHERE, a rule such as `@*:bad.example`.

    `rule` is the one that it follows from, if any; `at` is in seconds since 1970.
    """

    place: PlaceId
    who: str
    by: str = ""
    reason: str = ""
    at: float = 0.0
    rule: str = ""
