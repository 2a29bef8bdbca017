"""What the commands about one's own data need from outside; `appservice/forgetting.py` provides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.privacy.topics import Topic
from spaces.identifiers import EventId, NetworkId, RoomId, UserId


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is held on somebody, by how much of each kind, and what forgetting them would mean.

    `orphaned` are the networks that they alone look after, `rooms` in how many rooms of networks they are
    or are invited to, `bans` how many bans of them hold.
    """

    held: Mapping[Topic, int]
    orphaned: tuple[NetworkId, ...] = ()
    rooms: int = 0
    bans: int = 0


class Privacy(Protocol):
    """What is held on people."""

    @property
    def backups_until(self) -> float:
        """Until when a backup may hold who is forgotten now, in seconds since 1970."""

    async def outlook(self, user: UserId) -> Outlook: ...

    async def hand_over(self, user: UserId, room: RoomId | None, said: EventId) -> None:
        """Send them all of it as files: to their direct room `room`, or to the one that they have."""

    async def forget(self, user: UserId, *, stays: bool) -> None:
        """Forget them. `stays`: they remain in the rooms that they are in."""
