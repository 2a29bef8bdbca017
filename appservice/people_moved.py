"""A table of who is who: the Matrix ID on the old server, and the one that they have now."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from spaces.errors import Malformed
from spaces.export_checks import ExportRefused
from spaces.identifiers import UserId, printable

_LARGEST_BYTES = 16 * 1024 * 1024
_HEADS = {"old", "from", "was"}


def read_people(path: Path) -> dict[UserId, UserId]:
    """Old → new, from a file with two columns. Raises `ExportRefused` with all that is wrong with it."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ExportRefused([f"{path.name} is larger than 16 MiB."])
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportRefused([f"{path.name} is not in UTF-8 (byte {error.start})."]) from None
    except OSError as error:
        raise ExportRefused([f"{path.name} cannot be read: {error.strerror}."]) from None
    return people_in_table(text)


def people_in_table(text: str) -> dict[UserId, UserId]:
    """The same, of what stands in the file. A first line of column names is passed over."""
    found: dict[UserId, UserId] = {}
    problems: list[str] = []
    for line, row in enumerate(_rows(text), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and cells[0].casefold() in _HEADS):
            continue
        if len(cells) != 2:
            shown = printable(",".join(cells))[:60]
            problems.append(
                f"line {line}: “{shown}” is not the old and the new Matrix ID, parted by a comma."
            )
            continue
        try:
            old, new = UserId.parse(cells[0]), UserId.parse(cells[1])
        except Malformed as malformed:
            problems.append(f"line {line}: {malformed.sentence}")
            continue
        if found.get(old, new) != new:
            problems.append(f"line {line}: {old} was {found[old]} in an earlier line.")
        found[old] = new
    if problems:
        raise ExportRefused(problems)
    return found


def _rows(text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error as error:
        raise ExportRefused([f"It cannot be read as CSV ({error}). Is a quotation mark left open?"]) from None
