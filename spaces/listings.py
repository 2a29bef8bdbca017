"""Organisations and services in the directory (PRODUCT D3): what is kept of them, and who finds them."""

from __future__ import annotations

from dataclasses import dataclass

from spaces.access import Sight, may_find
from spaces.directory import Entry, ListingKind, Seen
from spaces.errors import Unknown
from spaces.identifiers import NetworkId, UserId


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach them, each empty where there is none."""

    phone: str = ""
    email: str = ""
    web: str = ""

    def __bool__(self) -> bool:
        return bool(self.phone or self.email or self.web)


@dataclass(frozen=True, slots=True)
class Listing:
    """An organisation, or a service of one (`by` is its number). It is seen by those who may see `network`.

    `contact_for` is who may see how to reach them. `confirmed_at`, when somebody last said that it holds,
    and `asked_at`, when a steward was asked whether it still does, are in seconds since 1970. `source` and
    `source_id` tell where it was imported from, and `record` is what was said there, as JSON.
    """

    number: int
    kind: ListingKind
    network: NetworkId
    name: str
    about: str = ""
    place: str = ""
    contact: Contact = Contact()
    contact_for: Seen = Seen.FINDERS
    by: int | None = None
    stewards: tuple[UserId, ...] = ()
    made_at: float = 0.0
    confirmed_at: float = 0.0
    asked_at: float | None = None
    stale: bool = False
    source: str = ""
    source_id: str = ""
    record: str = ""


def unknown(number: int) -> Unknown:
    """The one answer about a number that nothing has, and about what is not for who asks."""
    return Unknown("I know no listing {number}. `find` shows what there is.", number=number)


def entry_of(listing: Listing) -> Entry:
    """How it stands in the index; how to reach it does not, and so cannot be searched for."""
    return Entry(
        listing.kind,
        str(listing.number),
        listing.name,
        Seen.FINDERS,
        listing.network,
        listing.network,
        about=listing.about,
        located=listing.place,
        stale=listing.stale,
    )


def may_contact(sight: Sight, listing: Listing) -> bool:
    """Whether how to reach them is for who has this sight; a steward may always know."""
    asked = Entry(
        listing.kind, str(listing.number), listing.name, listing.contact_for, listing.network, listing.network
    )
    return (listing.network in sight.finds and may_find(sight, asked)) or sight.user in listing.stewards
