"""What Open Referral UK asks of its records: the UK profile of the Human Services Data Specification 3.0.

The fields, in words of our own, of the profile's published schema (OpenReferralUK/uk-profile, October 2024);
`schema_of` says them as JSON Schema. The profile allows further fields, of which `phones` and an
organisation's `locations`, as HSDS 3.0 itself has them, are looked at too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

Record = dict[str, Any]

STATUSES = ("active", "inactive", "defunct", "temporarily closed")

# name, `!` where it must be there, and after a colon what it holds: text if nothing is said, a format, a
# number, one of some words, {one of a kind}, or [several of it]
_FIELDS = {
    "service": (
        "id!:uuid organization_id:uuid name! description url:uri email:email status!:status fees "
        "accreditations minimum_age:number maximum_age:number assured_date assurer_email:email alert "
        "last_modified:date-time schedules:[schedule] service_areas:[service_area] "
        "service_at_locations:[service_at_location] languages:[language] funding:[funding] "
        "organization:{organization} cost_options:[cost_option] contacts:[contact] "
        "attributes:[attribute] phones:[phone]"
    ),
    "organization": (
        "id!:uuid name! description! email:email website:uri logo uri:uri parent_organization_id:uuid "
        "organization_identifiers:[organization_identifier] attributes:[attribute] services:[service] "
        "phones:[phone] locations:[location]"
    ),
    "schedule": (
        "id!:uuid service_id:uuid service_at_location_id:uuid valid_from valid_to dtstart freq:freq "
        "interval:number byday bymonthday description opens_at closes_at schedule_link:uri "
        "attending_type notes"
    ),
    "service_area": "id!:uuid service_id:uuid name extent extent_type uri service_area",
    "service_at_location": "id!:uuid service_id:uuid location_id:uuid location:{location}",
    "location": (
        "id!:uuid location_type!:where name description latitude:number longitude:number external_identifier "
        "external_identifier_type addresses:[address] accessibility:[accessibility] attributes:[attribute] "
        "phones:[phone]"
    ),
    "address": (
        "id!:uuid location_id:uuid attention address_1! city! region state_province! postal_code! country! "
        "address_type!:where attributes:[attribute]"
    ),
    "accessibility": (
        "id!:uuid location_id:uuid description details url:uri attributes:[attribute] accessibility"
    ),
    "language": "id!:uuid service_id:uuid phone_id:uuid",
    "funding": "id!:uuid service_id:uuid source",
    "cost_option": "id!:uuid service_id:uuid valid_from valid_to option amount:number amount_description",
    "contact": "id!:uuid service_id:uuid name title attributes:[attribute] phones:[phone] email:email",
    "phone": "id!:uuid number! description",
    "organization_identifier": (
        "id!:uuid organization_id:uuid identifier_scheme identifier_type! identifier! attributes:[attribute]"
    ),
    "attribute": ("id!:uuid link_id:uuid taxonomy_term_id:uuid link_type taxonomy_term:{taxonomy_term}"),
    "taxonomy_term": (
        "id!:uuid name! description! parent_id:uuid taxonomy taxonomy_id:uuid term_uri:uri term"
    ),
}
_WORDS = {
    "status": STATUSES,
    "freq": ("WEEKLY", "MONTHLY"),
    "where": ("physical", "postal", "virtual"),
}
_REACHES = frozenset(
    {"email", "assurer_email", "url", "website", "uri", "logo", "phones", "contacts", "schedule_link"}
)
_REACHES_WITHIN = _REACHES | {"attention"}


def _fields(kind: str) -> Iterator[tuple[str, bool, str]]:
    """Each field's name, whether it must be there, and what it holds."""
    for field in _FIELDS[kind].split():
        name, _, holds = field.partition(":")
        yield name.rstrip("!"), name.endswith("!"), holds


def _parts(kind: str) -> Mapping[str, str]:
    """The fields that hold records, and of what kind these are."""
    return {name: holds[1:-1] for name, _, holds in _fields(kind) if holds[:1] in ("[", "{")}


@cache
def schema_of(kind: str) -> Record:
    """JSON Schema (draft 2020-12) of a `service` or an `organization` with all that is in it."""
    schema = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": schema, "$ref": f"#/$defs/{kind}", "$defs": {one: _object(one) for one in _FIELDS}}


def _object(kind: str) -> Record:
    fields = list(_fields(kind))
    return {
        "type": "object",
        "properties": {name: _holds(holds) for name, _, holds in fields},
        "required": [name for name, needed, _ in fields if needed],
    }


def _holds(holds: str) -> Record:
    if holds.startswith("["):
        return {"type": "array", "items": {"$ref": f"#/$defs/{holds[1:-1]}"}}
    if holds.startswith("{"):
        return {"$ref": f"#/$defs/{holds[1:-1]}"}
    if holds in _WORDS:
        return {"type": "string", "enum": list(_WORDS[holds])}
    if holds == "number":
        return {"type": "number"}
    return {"type": "string", "format": holds} if holds else {"type": "string"}


def fitted(record: Record, kind: str) -> Record:
    """The record without fields of the profile that are empty: as text where one must be there, else not."""
    parts = _parts(kind)
    made = dict(record)
    for name, needed, holds in _fields(kind):
        value = made.get(name)
        if value is None or value == "":
            if name in made and needed and not holds:
                made[name] = ""
            else:
                made.pop(name, None)
        elif name in parts and isinstance(value, dict):
            made[name] = fitted(value, parts[name])
        elif name in parts and isinstance(value, list):
            made[name] = [fitted(one, parts[name]) if isinstance(one, dict) else one for one in value]
    return made


def only_known(record: Record, kind: str) -> Record:
    """What the profile knows of it, whatever else a source may have put in."""
    return _only(record, kind, frozenset(), frozenset())


def without_contact(record: Record, kind: str) -> Record:
    """What the profile knows of it, but for how to reach anybody and for names of people."""
    return _only(record, kind, _REACHES, _REACHES_WITHIN)


def of_several(record: Record, kind: str) -> Record:
    """What it has of that there may be several of: `in_brief` leaves it out."""
    return {name: value for name, value in record.items() if name in _parts(kind)}


def in_brief(record: Record, kind: str) -> Record:
    """Without the records in it."""
    parts = _parts(kind)
    known = {name for name, _, _ in _fields(kind)} - parts.keys()
    return {name: value for name, value in record.items() if name in known}


def _only(record: Record, kind: str, left_out: frozenset[str], within: frozenset[str]) -> Record:
    parts = _parts(kind)
    kept: Record = {}
    for name, _, _ in _fields(kind):
        if name not in record or name in left_out:
            continue
        value = record[name]
        if name in parts and isinstance(value, list):
            value = [_only(one, parts[name], within, within) for one in value]
        elif name in parts and isinstance(value, dict):
            value = _only(value, parts[name], within, within)
        kept[name] = value
    return kept
