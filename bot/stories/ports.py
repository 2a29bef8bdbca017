"""What stories need from outside; `appservice/stories.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.stories import Level, Levels, Story


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it reads now. `edit` is the event that its text is from, if it was changed.

    It `is_legible` unless it is encrypted and its key is not here.
    """

    author: UserId
    text: str
    edit: EventId = EventId("")
    is_legible: bool = True


class Stories(Protocol):
    """Stories, and how far each is in which network, as one unit of work sees and changes them."""

    async def free_number(self) -> int:
        """A number at random that nothing else has."""

    async def keep(self, story: Story) -> None: ...

    async def keep_level(self, level: Level) -> None: ...

    async def drop(self, number: int) -> None:
        """As if it had never been proposed."""

    async def numbered(self, numbers: Collection[int]) -> Sequence[Story]:
        """Those of these numbers that there are, whatever has become of them."""

    async def levels_of(self, numbers: Collection[int]) -> Mapping[int, Levels]: ...

    async def of_message(self, room: RoomId, event: EventId) -> Story | None:
        """What became a story before, or is about to."""

    async def of_author(self, author: UserId) -> Sequence[Story]:
        """The oldest first."""

    async def waiting_for(self, networks: Collection[NetworkId]) -> Sequence[Level]:
        """What is proposed or offered to these networks, the oldest first; some of it may not stand."""

    async def taken_between(
        self, start: float, end: float, network: NetworkId | None = None
    ) -> Sequence[Level]:
        """What was taken from `start` on and before `end`; some of it may not stand any more."""

    async def proposed_since(self, proposer: UserId, since: float) -> int: ...

    async def read(self, story: Story) -> None:
        """Have the message read; what it says comes later."""

    async def is_sealed(self, group: GroupId, room: RoomId) -> bool:
        """Whether the room is encrypted."""

    async def saw_it_come(self, room: RoomId, event: EventId, user: UserId) -> bool:
        """Whether they were in the room when the message came in, by our clock; no, if that is forgotten."""

    async def name_in(self, room: RoomId, user: UserId) -> str:
        """What they call themselves there; without a name, the first part of their Matrix ID."""

    async def take_out(self, story: Story) -> None:
        """Change what the bot has posted with the story in it, as far as it can: its line goes."""

    async def note(self, what: str, network: NetworkId) -> None:
        """Write into the audit log that something was done, but not by whom."""
