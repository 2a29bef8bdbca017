"""What the commands of events need from outside; `appservice/calendar.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.reply import Document
from spaces.identifiers import NetworkId, UserId
from spaces.occasions import Occasion


class Calendar(Protocol):
    """What takes place and who comes, as one unit of work sees and changes it."""

    def zone_of(self, network: NetworkId) -> str:
        """The name of the time zone in which the network names its hours."""

    async def free_number(self) -> int:
        """A number at random that nothing else has."""

    async def keep(self, occasion: Occasion) -> None:
        """Keep it as it is now."""

    async def numbered(self, number: int) -> Occasion | None:
        """The one of that number, whatever its state."""

    async def ahead(self, networks: Collection[NetworkId], now: float) -> Sequence[Occasion]:
        """What stands in these networks and is not over, by date."""

    async def to_remind_of(self, now: float) -> Sequence[Occasion]:
        """What has not begun, and of which it is time to remind those who come."""

    async def coming(self, occasion: Occasion) -> Sequence[UserId]:
        """Who has said yes, by reaction or in words, and is still a member; each once."""

    async def say_yes(self, occasion: Occasion, user: UserId) -> None:
        """They come: as said in words."""

    async def say_no(self, occasion: Occasion, user: UserId) -> None:
        """They do not come: each yes of theirs is taken back, a reaction too."""

    async def post(self, occasion: Occasion, message: Document) -> bool:
        """Say `message` in the network's news, or let it stand in place of what was said there of it.

        Whether there are news to say it in.
        """

    async def address(self, user: UserId, *, new: bool) -> str | None:
        """The address of their own calendar, sealed; a `new` one ends the old. None: nothing is served."""

    def address_of(self, network: NetworkId) -> str | None:
        """The address of a public network's calendar; None where it has none, or nothing is served."""
