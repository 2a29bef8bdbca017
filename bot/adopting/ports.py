"""What bringing in rooms of others needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.reply import Document
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId


@dataclass(frozen=True, slots=True)
class Asked:
    """`by` wants the room `target` (an alias or a room id) in `network`; `event` is their message.

    `via` are servers to go by, `wants` is what was understood, for the yes to a preview.
    """

    target: str
    network: NetworkId
    by: UserId
    event: EventId
    via: tuple[str, ...] = ()
    wants: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown of a Space: `agreement` is what a yes to it stands for."""

    room: RoomId
    agreement: str


class Adoptions(Protocol):
    """Part of a unit of work."""

    async def place_at(self, target: str) -> PlaceId | None:
        """The place whose room `target` is, as far as that is known without asking anybody."""

    async def look_into(self, asked: Asked) -> Document | None:
        """Look into the room, and bring it in if it may be.

        The answer where it is known at once; None where it comes when all is done.
        """

    async def shown(self, by: UserId, target: str) -> Shown | None:
        """What was shown to them last of the Space `target`."""

    async def take_in(self, asked: Asked, space: RoomId) -> Document | None:
        """Bring in the Space with its rooms, which they have agreed to; returns as `look_into` does."""
