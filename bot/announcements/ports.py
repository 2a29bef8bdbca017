"""What the commands of announcements need from outside; `appservice/announcements.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.reply import Document
from spaces.announcements import Announcement, Declines, Post
from spaces.identifiers import NetworkId, PlaceId


class Announcements(Protocol):
    """Announcements and who declines them, as one unit of work sees and changes them."""

    async def free_number(self) -> int:
        """A number at random that nothing else has."""

    async def declines(self) -> Declines: ...

    async def decline(self, network: NetworkId, source: NetworkId) -> None:
        """`network` takes no announcements of `source` any more."""

    async def accept(self, network: NetworkId, source: NetworkId) -> None: ...

    async def people_in(self, places: Collection[PlaceId]) -> int:
        """How many people have joined one of these places, each counted once."""

    async def made_since(self, network: NetworkId, since: float) -> int:
        """How many the network has announced by command since then, those taken back included."""

    async def announce(self, one: Announcement, posts: Sequence[Post], message: Document) -> None:
        """Keep it, and have the bot say `message` in the room of each post, once."""

    async def numbered(self, number: int) -> Announcement | None: ...

    async def posts_of(self, numbers: Collection[int]) -> Sequence[Post]: ...

    async def latest(self, networks: Collection[NetworkId], most: int) -> Sequence[Announcement]:
        """What stands and was posted in one of these networks, or is of one of them; the newest first."""

    async def announcers_in(self, networks: Collection[NetworkId]) -> frozenset[NetworkId]:
        """Networks that have announced something in one of these: who is there has read their names."""

    async def withdraw(self, one: Announcement) -> None:
        """Take back what was posted of it, and forget its text."""
