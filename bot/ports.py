"""What the conversation needs from outside, as Protocols; appservice provides them.

A `Work` is one unit of work: everything that is asked of it within one message is committed
together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.reply import Document
from spaces.access import Standing
from spaces.changes import Ids
from spaces.identifiers import EventId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that somebody wrote: `body` is the plain text as it came, `thread` its thread's root."""

    sender: UserId
    room: RoomId
    event: EventId
    body: str
    at: datetime
    is_direct: bool
    thread: EventId | None = None
    mentions_bot: bool = False


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How the service is: waiting and failed actions, whether the homeserver answers, version."""

    version: str
    waiting: int
    failed: tuple[str, ...]
    homeserver_answers: bool
    networks: int
    groups: int
    set_aside: int = 0


class Work(Protocol):
    """One unit of work."""

    @property
    def landscape(self) -> Landscape:
        """All networks as they stand, with what this work has changed."""

    @property
    def ids(self) -> Ids:
        """New random ids and suffixes."""

    async def standing_of(self, user: UserId) -> Standing:
        """What is known of `user`: admin or not, local or not, their memberships."""

    async def members_of(self, place: PlaceId) -> Mapping[UserId, str]:
        """Who is in the place's room, by membership (`join`, `invite`, `leave`, `ban`); without the bot."""

    async def place_of_room(self, room: RoomId) -> PlaceId | None: ...

    async def change(self, landscape: Landscape, *, what: str, about: PlaceId) -> int:
        """Take `landscape` as the new one, and put what it entails in Matrix into the outbox.

        `what` is for the audit log, in a few words. Returns how many writes it will take.
        """

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def tell(self, user: UserId, message: Document, *, said: str) -> None:
        """Say something to `user` in their direct room; it is opened if there is none. Once per `said`."""

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        """Answer what was heard: at once, or, if this work has made writes, when they are done.

        Should they take more than 2 s, `meanwhile` is said first and later edited into `reply`.
        """

    async def note(self, what: str, about: PlaceId) -> None:
        """Write into the audit log without changing anything (an admin's look at a hidden network)."""

    async def status(self) -> ServiceStatus: ...
