"""What a file tells of one listing, before anybody knows what is here already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spaces.directory import ListingKind
from spaces.errors import Malformed
from spaces.hsds import Record
from spaces.open_referral import Told

LARGEST_BYTES = 64 * 1024 * 1024
MOST_ENTRIES = 50_000
_LONGEST_NAME = 200
_LONGEST_ABOUT = 20_000
_LONGEST_REST = 2_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """One listing as a file has it.

    `where` is told where it is refused: a line, or a list and an index. `record` is None where the file has
    no more of it than is `told`; where it is `brief`, what there may be several of is not in it.
    `organisation` is the id or the name of whose service it is, as written.
    """

    where: str
    kind: ListingKind
    source_id: str
    told: Told
    record: Record | None = None
    organisation: str = ""
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that is not taken, and why."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Read:
    """A file, read."""

    entries: tuple[Incoming, ...] = ()
    refused: tuple[Refused, ...] = ()


class FileRefused(Malformed):
    """The file as a whole cannot be read."""


def text_of(path: Path) -> str:
    """The file's text. Raises `FileRefused`."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FileRefused("{file} is larger than 64 MiB. Import it in several files.", file=path.name)
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            "{file} is not in UTF-8 (byte {byte}). Save it with the encoding UTF-8.",
            file=path.name,
            byte=error.start,
        ) from None
    except OSError as error:
        raise FileRefused("{file} cannot be read: {why}.", file=path.name, why=error.strerror or "") from None


def misfit(told: Told) -> str | None:
    """Why this cannot be listed; None: it can."""
    if not told.name.strip():
        return "It has no name."
    if len(told.name) > _LONGEST_NAME:
        return f"Its name is longer than {_LONGEST_NAME} characters."
    if len(told.about) > _LONGEST_ABOUT:
        return f"Its description is longer than {_LONGEST_ABOUT} characters."
    contact = told.contact
    if any(len(text) > _LONGEST_REST for text in (told.place, contact.phone, contact.email, contact.web)):
        return f"Where it is, or how to reach it, is longer than {_LONGEST_REST} characters."
    return None
