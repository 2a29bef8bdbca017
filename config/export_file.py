"""Reads the file in which a tree of networks moves from one server to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from config.export_format import (
    FORMAT,
    Beginning,
    Document,
    ListingEntry,
    OccasionEntry,
    PlaceEntry,
    PostingEntry,
    StoryEntry,
)
from config.sections import Language
from spaces.export_checks import ExportRefused, Parts, tree_of
from spaces.export_contents import problems_of
from spaces.exported import Export
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, Slug, UserId, printable
from spaces.listings import Contact, Listing
from spaces.market import Posting
from spaces.network import Banned, Coordinator, Group, Link, Network, Share
from spaces.occasions import Occasion
from spaces.stories import Level, Step, Story

LARGEST_BYTES = 64 * 1024 * 1024
_MOST_TOLD = 20


def read_export(path: Path) -> Export:
    """Read and check a file. Raises `ExportRefused` with everything that is wrong with it."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ExportRefused([f"{path.name} is larger than {LARGEST_BYTES // 1024**2} MiB."])
        return parsed(path.read_bytes())
    except OSError as error:
        raise ExportRefused([f"{path.name} cannot be read: {error.strerror}."]) from None


def parsed(data: bytes) -> Export:
    """The same, of what stands in the file."""
    try:
        said = Beginning.model_validate_json(data).format
    except ValidationError:
        raise ExportRefused([f"It is no JSON object with the key `format`, which is {FORMAT}."]) from None
    if said != FORMAT:
        told = "is missing" if said is None else f"is {printable(str(said))[:60]}"
        raise ExportRefused(
            [f"Its `format` {told}; this version reads {FORMAT}. Export it again with this version."]
        )
    try:
        document = Document.model_validate_json(data)
    except ValidationError as error:
        raise ExportRefused(_told(error)) from None
    export = _export_of(document)
    if problems := list(problems_of(export)):
        raise ExportRefused(problems)
    return export


def _told(error: ValidationError) -> Iterator[str]:
    found = error.errors(include_url=False, include_context=False)
    for one in found[:_MOST_TOLD]:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in one["loc"])
        value = one.get("input")
        shown = f" It is {printable(repr(value))[:60]}." if isinstance(value, (str, int, float)) else ""
        said = one["msg"].removeprefix("Value error, ").rstrip(".")
        yield f"{where.strip('.') or 'the file'}: {said}.{shown}"
    if len(found) > _MOST_TOLD:
        yield f"… and {len(found) - _MOST_TOLD} more."


def _export_of(document: Document) -> Export:
    tree = tree_of(_parts(document), get_args(Language))
    members = {PlaceId(one.id): one.members for one in _places(document)}
    return Export(
        server=document.server,
        made_at=document.made_at,
        tree=tree,
        members={place: frozenset(map(UserId, people)) for place, people in members.items() if people},
        listings=tuple(map(_listing, document.listings)),
        postings=tuple(map(_posting, document.postings)),
        stories=tuple(map(_story, document.stories)),
        occasions=tuple(map(_occasion, document.events)),
        codes_left=document.codes_left,
    )


def _places(document: Document) -> list[PlaceEntry]:
    return [*document.networks, *document.groups]


# -- the structure ----------------------------------------------------------------------------------


def _parts(document: Document) -> Parts:
    networks = {NetworkId(one.id): one for one in reversed(document.networks)}
    named = ((NetworkId(one.id), one.coordinators) for one in document.networks)
    banned = [(PlaceId(one.id), one.banned) for one in _places(document)]
    shared = ((GroupId(one.id), one.shared_with) for one in document.groups)
    return Parts(
        networks=tuple(_networks(document)),
        groups=tuple(_groups(document)),
        links=tuple(
            Link(NetworkId(parent), network, canonical=n == 0)
            for network, one in networks.items()
            for n, parent in enumerate(one.under)
        ),
        shares=tuple(Share(group, NetworkId(network)) for group, with_ in shared for network in with_),
        coordinators=tuple(Coordinator(network, UserId(user)) for network, users in named for user in users),
        bans=tuple(Banned(place, ban.who, at=ban.at) for place, bans in banned for ban in bans),
    )


def _networks(document: Document) -> Iterator[Network]:
    other = {"id", "slug", "under", "coordinators", "members", "banned"}
    for one in document.networks:
        yield Network(id=NetworkId(one.id), slug=Slug(one.slug), **one.model_dump(exclude=other))


def _groups(document: Document) -> Iterator[Group]:
    other = {"id", "home", "slug", "shared_with", "members", "banned"}
    for one in document.groups:
        own = one.model_dump(exclude=other)
        yield Group(id=GroupId(one.id), home=NetworkId(one.home), slug=Slug(one.slug), **own)


# -- what belongs to it -----------------------------------------------------------------------------


def _listing(one: ListingEntry) -> Listing:
    own = one.model_dump(exclude={"network", "phone", "email", "web", "stewards", "record"})
    return Listing(
        network=NetworkId(one.network),
        contact=Contact(one.phone, one.email, one.web),
        stewards=tuple(map(UserId, dict.fromkeys(one.stewards))),
        record=_record(one),
        **own,
    )


def _record(one: ListingEntry) -> str:
    if one.record is None:
        return ""
    record = json.dumps(one.record, ensure_ascii=False, sort_keys=True)
    if "\\u0000" in record:
        raise ExportRefused([f"The record of the listing {one.number} holds a character nobody can keep."])
    return record


def _posting(one: PostingEntry) -> Posting:
    own = one.model_dump(exclude={"network", "owner"})
    return Posting(network=NetworkId(one.network), owner=UserId(one.owner), **own)


def _story(one: StoryEntry) -> tuple[Story, dict[NetworkId, Level]]:
    own = one.model_dump(exclude={"group", "room", "event", "author", "taken"})
    story = Story(
        group=GroupId(one.group),
        room=RoomId(one.room),
        event=EventId(one.event),
        proposer=UserId(""),
        author=UserId(one.author),
        **own,
    )
    levels: dict[NetworkId, Level] = {}
    for taken in one.taken:
        network, source = NetworkId(taken.network), None if taken.source is None else NetworkId(taken.source)
        levels[network] = Level(one.number, network, Step.TAKEN, taken.since, source, taken.headline)
    return story, levels


def _occasion(one: OccasionEntry) -> Occasion:
    own = one.model_dump(exclude={"network", "owner"})
    return Occasion(network=NetworkId(one.network), owner=UserId(one.owner), changed_at=one.made_at, **own)
