"""What `hedgerow doctor --repair` can mend: values, which say themselves what they would do.

None of it takes anything away that could not be had again.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from spaces.identifiers import PlaceId, RoomId


@dataclass(frozen=True, slots=True)
class SetMode:
    """Who may read and write a file or a folder of ours: `mode` as `chmod` has it."""

    path: Path
    mode: int

    def __str__(self) -> str:
        return f"chmod {self.mode:o} {shlex.quote(str(self.path))}"


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder that is missing, for this user only."""

    path: Path

    def __str__(self) -> str:
        return f"make the folder {self.path}"


@dataclass(frozen=True, slots=True)
class Migrate:
    """Bring the database to the shape of this version, as the next start would."""

    def __str__(self) -> str:
        return "bring the database to this version's shape (make a backup before that)"


@dataclass(frozen=True, slots=True)
class Begin:
    """What every start does for the bot: its account, device, name, keys and their signature."""

    def __str__(self) -> str:
        return "make the bot's account, device, name and keys what they should be, as every start does"


@dataclass(frozen=True, slots=True)
class Join:
    """Let the bot into a room that it was in, or is invited to."""

    room: RoomId
    name: str

    def __str__(self) -> str:
        return f"let the bot join “{self.name}”"


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read the rooms of places as the service does from time to time, which puts back what is amiss."""

    places: tuple[PlaceId, ...]

    def __str__(self) -> str:
        count = len(self.places)
        return f"put back the power levels of {f'{count} rooms' if count > 1 else 'one room'}"


Repair = SetMode | MakeFolder | Migrate | Begin | Join | LookAgain


def together(repairs: Collection[Repair]) -> list[Repair]:
    """Each once, in an order in which they can be done: files, database, the bot, then rooms."""
    places = [place for repair in repairs if isinstance(repair, LookAgain) for place in repair.places]
    order = (MakeFolder, SetMode, Migrate, Begin, Join)
    single = dict.fromkeys(repair for repair in repairs if not isinstance(repair, LookAgain))
    ordered: list[Repair] = sorted(single, key=lambda repair: order.index(type(repair)))
    return [*ordered, LookAgain(tuple(dict.fromkeys(places)))] if places else ordered
