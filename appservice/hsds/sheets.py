"""Listings as a table: CSV with the columns of `COLUMNS`, in and out.

A spreadsheet takes what begins with = + - @ for a formula. On the way out an apostrophe is put before
it, and on the way in it is taken away again.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping

from appservice.hsds.entries import MOST_ENTRIES, FileRefused, Incoming, Read, Refused, misfit
from spaces.directory import ListingKind
from spaces.listings import Contact
from spaces.open_referral import Told, web_address
from spaces.plain_text import one_line, plain_text

COLUMNS = ("kind", "name", "about", "place", "phone", "email", "web", "organisation", "id")
_DANGEROUS = "=+\\-@\t\r\n＝＋－＠"
_TO_GUARD = re.compile(f"'*[{_DANGEROUS}]")
_GUARDED = re.compile(f"'+[{_DANGEROUS}]")
_NAMESPACE = uuid.UUID("6f4c0a52-6f0e-5d0c-9a0e-6f2f0c1d8b11")
_LONGEST_CELL = 100_000
_KINDS = {
    "organisation": ListingKind.ORGANISATION,
    "organization": ListingKind.ORGANISATION,
    "service": ListingKind.SERVICE,
}


def guarded(text: str) -> str:
    """`text` as a spreadsheet takes it for text."""
    return f"'{text}" if _TO_GUARD.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def write_sheet(rows: Iterable[Mapping[str, str]]) -> str:
    """A table with a row of headings; each row has a text for each of `COLUMNS`."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([guarded(row[column]) for column in COLUMNS] for row in rows)
    return written.getvalue()


def read_sheet(text: str) -> Read:
    """All rows that can be taken, and why the rest cannot. Raises `FileRefused`."""
    entries: dict[tuple[ListingKind, str], Incoming] = {}
    refused: list[Refused] = []
    for count, (where, row) in enumerate(_rows(text)):
        if count >= MOST_ENTRIES:
            raise FileRefused("It has more than {most} rows. Import it in several files.", most=MOST_ENTRIES)
        entry = _entry(where, row) if isinstance(row, dict) else row
        if isinstance(entry, str):
            refused.append(Refused(where, entry))
        elif (earlier := entries.get((entry.kind, entry.source_id))) is not None:
            refused.append(Refused(where, f"It is the same as {earlier.where}: same id, or same name."))
        else:
            entries[entry.kind, entry.source_id] = entry
    ordered = sorted(entries.values(), key=lambda entry: entry.kind is ListingKind.SERVICE)
    return Read(tuple(ordered), tuple(refused))


def _rows(text: str) -> Iterator[tuple[str, dict[str, str] | str]]:
    """Each row with the line on which it begins, as its cells by column, or why it cannot be read."""
    csv.field_size_limit(_LONGEST_CELL)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(next(reader, []))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                wide = f"It has {len(cells)} cells, but there are {len(columns)} columns."
                fits = len(cells) <= len(columns)
                yield f"line {line}", dict(zip(columns, cells, strict=False)) if fits else wide
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            "It cannot be read as CSV after line {line}: {why}.", line=reader.line_num, why=str(error)
        ) from None


def _columns(cells: list[str]) -> list[str]:
    columns = [unguarded(cell).strip().casefold() for cell in cells]
    known = ", ".join(COLUMNS)
    if strange := next((column for column in columns if column not in COLUMNS), None):
        raise FileRefused(
            "I know no column “{strange}”. The first line names the columns: {known}.",
            strange=strange[:40],
            known=known,
        )
    if "name" not in columns or len(set(columns)) < len(columns):
        raise FileRefused(
            "The first line must name the columns, each once, with “name” among them: {known}.", known=known
        )
    return columns


def _entry(where: str, cells: dict[str, str]) -> Incoming | str:
    row = {column: unguarded(cells.get(column, "").strip()) for column in COLUMNS}
    word = one_line(row["kind"]).casefold() or "service"
    if (kind := _KINDS.get(word)) is None:
        return f"Its kind is “{word[:40]}”; it must be organisation or service."
    web, email, named = one_line(row["web"]), one_line(row["email"]), one_line(row["organisation"])
    if web and not web_address(web):
        return "Its web address must be such as https://example.org."
    if email and ("@" not in email or " " in email):
        return "Its email address has no @, or a space."
    contact = Contact(one_line(row["phone"]), email, web_address(web) if web else "")
    told = Told(one_line(row["name"]), plain_text(row["about"]), one_line(row["place"]), contact)
    its_id = one_line(row["id"]) or _made_id(kind, told.name, named)
    return misfit(told) or Incoming(where, kind, its_id, told, None, named)


def _made_id(kind: ListingKind, name: str, organisation: str) -> str:
    """Where the source has no ids, a thing is the same as long as it has the same name."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((kind, name.casefold(), organisation.casefold()))))
