"""The directory as values: what an entry is, where it belongs, and for whom it is (PRODUCT: words, listing).

Who may see an entry is decided in `spaces/access.py` (`Sight`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.sentences import Sentence, sentence


class ListingKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    SERVICE = "service"
    GROUP = "group"
    NETWORK = "network"
    OFFER = "offer"
    WANT = "want"


KINDS: dict[ListingKind, Sentence] = {
    ListingKind.PERSON: sentence("person"),
    ListingKind.ORGANISATION: sentence("organisation"),
    ListingKind.SERVICE: sentence("service"),
    ListingKind.GROUP: sentence("group"),
    ListingKind.NETWORK: sentence("network"),
    ListingKind.OFFER: sentence("offer"),
    ListingKind.WANT: sentence("want"),
}
"""What each kind is called in a sentence."""


class Seen(StrEnum):
    """For whom an entry is, besides its owner."""

    EVERYONE = "everyone"
    FINDERS = "finders"  # who may see the place that it names
    MEMBERS = "members"  # members of the network that it names
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found: one row of the index.

    `key` tells which listing it is of its kind: a listing's number, a user ID, a place's id. What shows
    different things to different people has several rows with one key, one for each `part` and audience.
    `place` is whose finders or members see it (`seen`), `network` where it belongs. `title`, `about` and
    `located` are plain text, to be searched and shown; `more` is searched only. `stale`: nobody has said
    for long that it still holds. It is found until `ends_at`, in seconds since 1970; None: always.
    """

    kind: ListingKind
    key: str
    title: str
    seen: Seen
    place: PlaceId | None = None
    network: NetworkId | None = None
    owner: UserId | None = None
    part: str = ""
    about: str = ""
    located: str = ""
    more: str = ""
    stale: bool = False
    ends_at: float | None = None
