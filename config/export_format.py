"""What stands where in `hedgerow-export/1`, the file in which a tree of networks moves (PRODUCT O3).

JSON in UTF-8. Whoever reads it here may have got it from anybody: every key is checked, unknown ones are
refused. What may be said in it is checked in `spaces/export_checks.py` and `export_contents.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spaces.directory import ListingKind, Seen
from spaces.errors import Malformed
from spaces.identifiers import UserId
from spaces.market import Terms
from spaces.network import Access, Digest, Kind, Purpose

FORMAT = "hedgerow-export/1"
_LAST_SECOND = 253_000_000_000.0  # in the year 9987


def _storable(text: str) -> str:
    """No database keeps NUL, nor half a character."""
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("It holds a character that cannot be kept")
    return text


def _person(text: str) -> str:
    try:
        return UserId.parse(text)
    except Malformed as malformed:
        raise ValueError(malformed.sentence) from None


Text = Annotated[str, Field(max_length=40_000), AfterValidator(_storable)]
Id = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)]
Person = Annotated[str, Field(max_length=255), AfterValidator(_person)]
Time = Annotated[float, Field(ge=0, le=_LAST_SECOND)]
Number = Annotated[int, Field(ge=1, le=999_999_999)]
Ids = Annotated[list[Id], Field(max_length=1_000)]
People = Annotated[list[Person], Field(max_length=100_000)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class BanEntry(Entry):
    who: Person
    at: Time = 0.0


class PlaceEntry(Entry):
    """What a network and a group have in common."""

    id: Id
    name: Text
    slug: Id
    access: Access
    ask: bool = False
    listed: bool = False
    topic: Text = ""
    members: People = []
    banned: Annotated[list[BanEntry], Field(max_length=100_000)] = []


class NetworkEntry(PlaceEntry):
    """`under` are its parents in the file, the canonical one first."""

    kind: Kind
    language: Text = ""
    timezone: Text = ""
    questions: Text = ""
    grace_days: int = 7
    offers_groups: bool = False
    under: Ids = []
    coordinators: People = []


class GroupEntry(PlaceEntry):
    """`shared_with` are networks in the file that list it beside `home`."""

    home: Id
    encrypted: bool = False
    purpose: Purpose = Purpose.TALK
    digest: Digest = Digest.COUNTS
    shared_with: Ids = []


class ListingEntry(Entry):
    number: Number
    kind: Literal[ListingKind.ORGANISATION, ListingKind.SERVICE]
    network: Id
    name: Text
    about: Text = ""
    place: Text = ""
    phone: Text = ""
    email: Text = ""
    web: Text = ""
    contact_for: Seen = Seen.FINDERS
    by: Number | None = None
    stewards: People = []
    made_at: Time
    confirmed_at: Time
    stale: bool = False
    source: Text = ""
    source_id: Text = ""
    record: dict[str, Any] | None = None


class PostingEntry(Entry):
    number: Number
    kind: Literal[ListingKind.OFFER, ListingKind.WANT]
    network: Id
    owner: Person
    text: Text
    terms: Terms | None = None
    made_at: Time
    ends_at: Time


class LevelEntry(Entry):
    network: Id
    since: Time
    source: Id | None = None
    headline: Text = ""


class StoryEntry(Entry):
    number: Number
    group: Id
    room: Id
    event: Id
    author: Person
    text: Text
    byline: Text | None = None
    may_print: bool = False
    may_travel: bool = False
    sealed: bool = False
    proposed_at: Time
    taken: Annotated[list[LevelEntry], Field(min_length=1, max_length=1_000)]


class OccasionEntry(Entry):
    number: Number
    network: Id
    owner: Person | Literal[""] = ""
    name: Text
    place: Text
    starts_at: Time
    ends_at: Time | None = None
    zone: Text
    made_at: Time


class Document(Entry):
    format: Literal["hedgerow-export/1"]
    server: Id
    made_at: Time
    codes_left: Annotated[int, Field(ge=0)] = 0
    networks: Annotated[list[NetworkEntry], Field(min_length=1, max_length=20_000)]
    groups: Annotated[list[GroupEntry], Field(max_length=200_000)] = []
    listings: Annotated[list[ListingEntry], Field(max_length=200_000)] = []
    postings: Annotated[list[PostingEntry], Field(max_length=200_000)] = []
    stories: Annotated[list[StoryEntry], Field(max_length=200_000)] = []
    events: Annotated[list[OccasionEntry], Field(max_length=200_000)] = []


class Beginning(BaseModel):
    """What tells whether the rest can be read at all."""

    format: Any = None
