"""What the commands of offers and wants need from outside; `appservice/market.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.reply import Document
from spaces.identifiers import NetworkId, UserId
from spaces.market import Ask, Posting


class Market(Protocol):
    """Offers, wants, and who asks about them, as one unit of work sees and changes them."""

    async def free_number(self) -> int:
        """A number at random that no listing, posting or ask has."""

    async def keep(self, posting: Posting) -> None:
        """Keep it as it is now; the index follows."""

    async def numbered(self, numbers: Collection[int]) -> Sequence[Posting]:
        """Those of these numbers that there are, whatever their state."""

    async def of(self, owner: UserId) -> Sequence[Posting]:
        """All that they have posted and that is not forgotten, the oldest first."""

    async def to_remind_of(self, now: float) -> Sequence[Posting]:
        """What stands, and of which it is time to ask whether it still holds."""

    async def left(self, owner: UserId | None = None) -> Sequence[Posting]:
        """What is open and whose owner is no member of its network any more, or is banned there."""

    async def keep_ask(self, ask: Ask) -> None: ...

    async def ask_numbered(self, number: int) -> Ask | None: ...

    async def asks_by(self, asker: UserId) -> Sequence[Ask]:
        """All that is not forgotten, the oldest first."""

    async def asks_about(self, postings: Collection[int]) -> Sequence[Ask]:
        """All that is not forgotten, the oldest first."""

    async def bring_together(self, ask: Ask, posting: Posting, about: Document) -> None:
        """Make a room for the two of them, say `about` there, and leave it to them once they are in it."""

    async def note(self, what: str, network: NetworkId) -> None:
        """Write into the audit log that something was done, but not by whom: nobody is to know that."""
