"""Listings as Open Referral tells of them (HSDS 3.0, UK profile), and back.

A listing holds what people look for: name, description, where, and how to reach them. All else that a
source says stays in `Listing.record`, as JSON, and comes back with what was edited since put in.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from spaces.directory import ListingKind
from spaces.hsds import Record, only_known
from spaces.listings import Contact, Listing

KINDS = {ListingKind.SERVICE: "service", ListingKind.ORGANISATION: "organization"}
"""What each kind is called there."""

_MOST_PLACES = 3
_NONE = Contact()


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told of a listing both here and there."""

    name: str
    about: str = ""
    place: str = ""
    contact: Contact = _NONE


def told_by(listing: Listing) -> Told:
    return Told(listing.name, listing.about, listing.place, listing.contact)


# -- from a record ----------------------------------------------------------------------------------------


def told_of(kind: ListingKind, record: Record) -> Told:
    """What a record of this kind tells; it is valid, and its texts are plain.

    Beside what the profile knows of this kind there may be anything, under the names of another kind, too.
    """
    web = _text(record, "website") or _text(record, "url")
    email = _text(record, "email") or _first(_records(record, "contacts"), "email")
    name = " ".join(_text(record, "name").split())
    contact = Contact(_phone(record), email, web)
    return Told(name, _text(record, "description"), _place(kind, record), contact)


def _text(record: Record, name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


def _records(record: Record, name: str) -> list[Record]:
    found = record.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _first(records: list[Record], name: str) -> str:
    return next((text for one in records if (text := _text(one, name))), "")


def _phone(record: Record) -> str:
    around = [record, *_records(record, "contacts"), *_locations(record)]
    return next((number for one in around if (number := _first(_records(one, "phones"), "number"))), "")


def _locations(record: Record) -> list[Record]:
    at = [one.get("location") for one in _records(record, "service_at_locations")]
    return [*(one for one in at if isinstance(one, dict)), *_records(record, "locations")]


def _place(kind: ListingKind, record: Record) -> str:
    places = [place for one in _locations(record) if (place := _address(one))]
    return "; ".join(list(dict.fromkeys(places))[:_MOST_PLACES])


def _address(location: Record) -> str:
    """On one line, each part once."""
    first = next(iter(_records(location, "addresses")), Record())
    said = [_text(location, "name"), *(_text(first, name) for name in ("address_1", "city", "postal_code"))]
    return ", ".join(dict.fromkeys(" ".join(part.split()) for part in said if part))


# -- to a record ------------------------------------------------------------------------------------------


def record_of(listing: Listing, its_id: str) -> Record:
    """The record of a listing under this id: what its source said, but for what was edited since."""
    record = recorded(listing.kind, read_record(listing), told_by(listing), its_id)
    if listing.kind is ListingKind.SERVICE:
        record.setdefault("status", "active")
        said = read_record(listing).get("last_modified")
        if listing.confirmed_at > 0 and (
            said is None or told_of(listing.kind, record) != _source_of(listing)
        ):
            record["last_modified"] = moment(listing.confirmed_at)
    return record


def read_record(listing: Listing) -> Record:
    found = json.loads(listing.record) if listing.record else {}
    return found if isinstance(found, dict) else {}


def moment(seconds: float) -> str:
    """Seconds since 1970 as they are written there."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _source_of(listing: Listing) -> Told | None:
    return told_of(listing.kind, read_record(listing)) if listing.record else None


def recorded(kind: ListingKind, record: Record, told: Told, its_id: str) -> Record:
    """`record` with what is told now; where how to reach them has changed, nothing unknown is kept."""
    before = told_of(kind, record)
    if record and before.contact != told.contact:
        record = only_known(record, KINDS[kind])
    made = {**record, "id": its_id, "name": told.name}
    if before.about != told.about or (kind is ListingKind.ORGANISATION and not told.about):
        made["description"] = told.about
    if before.place != told.place:
        made = _placed(kind, made, told.place, its_id)
    return _reached(kind, made, before.contact, told.contact, its_id)


def _reached(kind: ListingKind, record: Record, before: Contact, now: Contact, its_id: str) -> Record:
    if before.phone != now.phone:
        record = _without(record, {"phones"})
        if now.phone:
            record["phones"] = [{"id": _within(its_id, "phone"), "number": now.phone}]
    if before.email != now.email:
        record = _without(record, {"email"})
        if "@" in now.email:
            record["email"] = now.email
    if before.web != now.web:
        record = {name: value for name, value in record.items() if name not in ("url", "website", "uri")}
        if address := web_address(now.web):
            record["website" if kind is ListingKind.ORGANISATION else "url"] = address
    return record


def _placed(kind: ListingKind, record: Record, place: str, its_id: str) -> Record:
    where = "locations" if kind is ListingKind.ORGANISATION else "service_at_locations"
    record = {name: value for name, value in record.items() if name != where}
    if place:
        location = {"id": _within(its_id, "location"), "location_type": "physical", "name": place}
        at = {"id": _within(its_id, "service at location"), "location": location}
        record[where] = [location if kind is ListingKind.ORGANISATION else at]
    return record


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, names) for name, one in value.items() if name not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def _within(its_id: str, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{its_id}/{what}"))


def web_address(web: str) -> str:
    """An address of the web, with https:// where nothing else stands; empty where it is none."""
    full = web.strip() if "://" in web else f"https://{web.strip()}"
    try:
        parts = urlsplit(full)
        host = parts.hostname or ""
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and "." in host and not any(c.isspace() for c in full)
    return full if fits else ""


def changed(listing: Listing, told: Told, record: Record) -> Listing:
    """The listing once its source says so: what the source has not changed stays as people edited it."""
    before, now = _source_of(listing) or told_by(listing), told_by(listing)

    def newer(name: str, of: Any = lambda one: one) -> Any:
        was, says, stands = (getattr(of(one), name) for one in (before, told, now))
        return stands if says == was else says

    contact = Contact(*(newer(name, lambda one: one.contact) for name in ("phone", "email", "web")))
    kept = json.dumps(record, ensure_ascii=False, sort_keys=True)
    return replace(
        listing,
        name=newer("name"),
        about=newer("about"),
        place=newer("place"),
        contact=contact,
        record=kept,
    )


# -- ids --------------------------------------------------------------------------------------------------


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def own_id(server: str, number: int) -> str:
    """The id of a listing that has none of a source: a UUID of version 8, in which its number stands.

    The rest of it is a digest of the server and the number, so that two servers have none in common.
    """
    digest = hashlib.sha256(f"{server}/{number}".encode()).digest()
    whole = bytearray(number.to_bytes(6, "big") + digest[:10])
    whole[6] = 0x80 | whole[6] & 0x0F
    whole[8] = 0x80 | whole[8] & 0x3F
    return str(uuid.UUID(bytes=bytes(whole)))


def number_of(server: str, its_id: str) -> int | None:
    """The number for which `own_id` makes this id."""
    if not is_uuid(its_id):
        return None
    number = int.from_bytes(uuid.UUID(its_id).bytes[:6], "big")
    return number if 0 < number < 2**31 and own_id(server, number) == its_id.lower() else None


def id_of(server: str, listing: Listing) -> str:
    """The source's id where it is a UUID, else our own."""
    return listing.source_id if is_uuid(listing.source_id) else own_id(server, listing.number)
