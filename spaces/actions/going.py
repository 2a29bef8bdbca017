"""Where the bot itself goes: into rooms that others have made, and out of rooms."""

from __future__ import annotations

from dataclasses import dataclass

from spaces.actions.action import Action
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId


@dataclass(frozen=True, slots=True)
class Join(Action):
    """The bot accepts `inviter`'s invitation. If it is not `invited`, it only looks where it is."""

    inviter: UserId = UserId("")
    invited: bool = True

    @property
    def key(self) -> str:
        return f"{'Join' if self.invited else 'Look'}:{self.room}"


@dataclass(frozen=True, slots=True)
class TakeIn(Action):
    """The bot comes into a room that `user` has put into the Space of `network`, to make it a group of it.

    `via` are servers to go by.
    """

    network: NetworkId = NetworkId("")
    user: UserId = UserId("")
    via: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"TakeIn:{self.room}"


@dataclass(frozen=True, slots=True)
class Adopt(Action):
    """The bot comes into a room that `user` wants to have in `network`, and reads what it is.

    `room` may be an alias. `event` is the message that asked for it, and `wants` what was understood. A
    Space is only looked at until that is `agreed`; what stands `below` it comes after it. `inviter` has
    brought the bot there later, and may have meant something else.
    """

    network: NetworkId = NetworkId("")
    user: UserId = UserId("")
    event: EventId = EventId("")
    via: tuple[str, ...] = ()
    wants: str = ""
    agreed: bool = False
    below: bool = False
    inviter: UserId = UserId("")

    @property
    def key(self) -> str:
        return f"Adopt:{self.room}:{self.event}"


@dataclass(frozen=True, slots=True)
class Follow(Action):
    """The bot comes into the room that `user` has put in the stead of `old`, which was the one of `place`."""

    place: PlaceId = PlaceId("")
    old: RoomId = RoomId("")
    user: UserId = UserId("")

    @property
    def key(self) -> str:
        return f"Follow:{self.room}"


@dataclass(frozen=True, slots=True)
class MarkDirect(Action):
    """Note in the bot's account data that the room is a direct one with `user` (m.direct)."""

    user: UserId = UserId("")


@dataclass(frozen=True, slots=True)
class Leave(Action):
    """The bot leaves a room, or says no to an invitation."""

    reason: str = ""

    @property
    def key(self) -> str:
        return f"Join:{self.room}"


@dataclass(frozen=True, slots=True)
class EndDirect(Action):
    """The bot leaves its direct room with `user` for good, and no longer notes it as one (m.direct)."""

    user: UserId = UserId("")

    @property
    def key(self) -> str:
        return f"EndDirect:{self.room}"


@dataclass(frozen=True, slots=True)
class LetGo(Action):
    """The bot leaves a room for good, once one of these coordinators is there with power 100.

    Where it `is_theirs` the bot never had the power, and goes at once.
    """

    coordinators: tuple[UserId, ...] = ()
    is_theirs: bool = False

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return (self.room,) if isinstance(self.room, PlaceId) and not self.is_theirs else ()
