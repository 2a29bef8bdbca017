"""HSDS 3 as JSON: a list of services, a page of an API, or services and organizations in one object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from appservice.hsds.checking import fault_of
from appservice.hsds.entries import MOST_ENTRIES, FileRefused, Incoming, Read, Refused, misfit
from spaces.directory import ListingKind
from spaces.hsds import Record, fitted
from spaces.open_referral import KINDS, told_of, web_address
from spaces.plain_text import NotPlain, cleaned

_LARGEST_RECORD = 200_000
_PAGE = "contents"
_GONE = ("inactive", "defunct")
_OF_ORGANISATIONS = frozenset(
    {"services", "website", "organization_identifiers", "logo", "parent_organization_id", "legal_status"}
)
_SHAPE = (
    "It must be a list of services, an object with `contents`, or one with `services` and `organizations`, "
    "as HSDS 3 has them."
)


def read_json(text: str) -> Read:
    """All that can be taken, and why the rest cannot. Raises `FileRefused`."""
    reading = _Reading()
    found = list(_parts(_loaded(text)))
    if len(found) > MOST_ENTRIES:
        raise FileRefused("It has more than {most} entries. Import it in several files.", most=MOST_ENTRIES)
    for where, kind, raw in found:
        reading.take(where, kind, raw, brief=where.startswith(_PAGE))
    return reading.read()


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FileRefused(
            "It is not JSON: line {line}, column {column}.", line=error.lineno, column=error.colno
        ) from None
    except RecursionError:
        raise FileRefused("It is nested too deep.") from None
    except ValueError as error:
        raise FileRefused("It is not JSON: {why}.", why=str(error)) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _parts(data: Any) -> Iterator[tuple[str, ListingKind | None, Any]]:
    """Each entry with where it stands; organisations first, as services name them."""
    if isinstance(data, list):
        yield from (("entry " + str(n), None, raw) for n, raw in enumerate(data, 1))
        return
    if not isinstance(data, dict):
        raise FileRefused(_SHAPE)
    lists = {
        "organizations": ListingKind.ORGANISATION,
        "services": ListingKind.SERVICE,
        _PAGE: None,
    }
    named = [name for name in lists if isinstance(data.get(name), list)]
    if "id" in data and "name" in data:
        yield "entry 1", None, data
    elif not named:
        raise FileRefused(_SHAPE)
    else:
        for name in named:
            yield from ((f"{name}, entry {n}", lists[name], raw) for n, raw in enumerate(data[name], 1))


def _kind(raw: Record) -> ListingKind:
    is_service = "status" in raw or _OF_ORGANISATIONS.isdisjoint(raw)
    return ListingKind.SERVICE if is_service else ListingKind.ORGANISATION


@dataclass
class _Reading:
    """What stands inside another entry gives way to what stands by itself."""

    taken: dict[tuple[ListingKind, str], Incoming] = field(default_factory=dict)
    within: dict[tuple[ListingKind, str], Incoming] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)

    def read(self) -> Read:
        entries = {**self.within, **self.taken}.values()
        ordered = sorted(entries, key=lambda entry: entry.kind is ListingKind.SERVICE)
        return Read(tuple(ordered), tuple(self.refused))

    def take(self, where: str, kind: ListingKind | None, raw: Any, *, brief: bool = False) -> None:
        """`brief`: as pages of an API have it."""
        if not isinstance(raw, dict):
            self.refused.append(Refused(where, "It must be an object."))
            return
        try:
            record = cleaned(raw)
        except NotPlain as error:
            self.refused.append(Refused(where, str(error)))
            return
        self._take(where, kind or _kind(record), record, self.taken, brief=brief)

    def _take(
        self,
        where: str,
        kind: ListingKind,
        record: Record,
        into: dict[tuple[ListingKind, str], Incoming],
        by: str = "",
        *,
        brief: bool = False,
    ) -> None:
        nested = record.pop("services", []) if kind is ListingKind.ORGANISATION else []
        entry = self._entry(where, kind, record, by, brief)
        if isinstance(entry, str):
            self.refused.append(Refused(where, entry))
        elif (earlier := into.get((kind, entry.source_id))) is None:
            into[kind, entry.source_id] = entry
        elif into is self.taken:
            self.refused.append(Refused(where, f"Its id is that of {earlier.where}."))
        for n, service in enumerate(nested if isinstance(nested, list) else [], 1):
            if isinstance(service, dict):
                its = str(record.get("id", ""))
                self._take(f"{where}, service {n}", ListingKind.SERVICE, service, self.within, its)

    def _entry(self, where: str, kind: ListingKind, record: Record, by: str, brief: bool) -> Incoming | str:
        """The entry, or why there is none."""
        organisation = record.pop("organization", None)
        named = record.pop("organization_id", None)
        made = _mended(kind, fitted(record, KINDS[kind]))
        if fault := _fault(kind, made):
            return fault
        if isinstance(organisation, dict):
            named = organisation.get("id", named)
            if (ListingKind.ORGANISATION, str(named)) not in self.within:
                its = f"{where}, its organization"
                self._take(its, ListingKind.ORGANISATION, organisation, self.within, brief=True)
        told = told_of(kind, made)
        by = named if isinstance(named, str) and named else by
        return misfit(told) or Incoming(where, kind, made["id"], told, made, by, brief)


def _fault(kind: ListingKind, record: Record) -> str | None:
    if fault := fault_of(record, KINDS[kind]):
        return fault
    if record.get("status") in _GONE:
        return f"Its status is “{record['status']}”: what is no longer there is not listed."
    if len(json.dumps(record)) > _LARGEST_RECORD:
        return "It is larger than 200,000 characters."
    return None


def _mended(kind: ListingKind, record: Record) -> Record:
    """Addresses are often written without https://, and a description may be missing."""
    for name in ("url", "website"):
        if isinstance(said := record.get(name), str) and "://" not in said and (full := web_address(said)):
            record[name] = full
    if kind is ListingKind.ORGANISATION:
        record.setdefault("description", "")
    return record
