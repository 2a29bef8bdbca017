"""What is to be done in Matrix, as values: each with a stable key, each safe to repeat.

A `PlaceId` anywhere in an action stands for that place's room, whose id may not be known yet; it is
put in at delivery. Text that a person wrote is a plain `str` and so is never taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId

Content = Mapping[str, Any]
_NO_ROOM, _NO_PLACE = RoomId(""), PlaceId("")


@dataclass(frozen=True, slots=True)
class StateEvent:
    """A state event of a room. `state_key` may be a `PlaceId` (m.space.child, m.space.parent)."""

    type: str
    content: Content
    state_key: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do in one room. Actions of one room are delivered in order.

    `needs` are the places whose rooms must be closed and read back before; `behind` are the keys of what
    was asked for earlier, in whichever room, and must be done before.
    """

    room: PlaceId | RoomId

    @property
    def key(self) -> str:
        """What it sets, without the content: a later action of the same key replaces one that waits."""
        return f"{type(self).__name__}:{self.room}"

    @property
    def replaces(self) -> tuple[str, ...]:
        """The keys of what is not to be done any more, if it still waits when this comes."""
        return (self.key,)

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return (self.room,) if isinstance(self.room, PlaceId) else ()

    @property
    def behind(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class CreateRoom(Action):
    """Make the room of a place with its whole closed state. Its opaque alias is the lock."""

    state: tuple[StateEvent, ...] = ()
    power_levels: Content = field(default_factory=dict)
    space: bool = False
    version: str | None = None

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return tuple(sorted({place for event in self.state for place in places_in(event)}))


@dataclass(frozen=True, slots=True)
class ReadBack(Action):
    """Read the room's state: the gate before anything is linked, invited or published.

    `round` counts how often the homeserver has not kept what was put.
    """

    round: int = 0
    behind: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class SetState(Action):
    """Put one state event. `closing` ones go before the gate, all others wait for it.

    An `early` one says less than what follows it in the same place, and does not replace that.
    """

    event: StateEvent = field(default_factory=lambda: StateEvent("", {}))
    closing: bool = False
    behind: tuple[str, ...] = ()
    early: bool = False

    @property
    def key(self) -> str:
        return f"{self.whole}:early" if self.early else self.whole

    @property
    def whole(self) -> str:
        """The key of it, or of what follows where it is an early one."""
        return f"SetState:{self.room}:{self.event.type}:{self.event.state_key}"

    @property
    def replaces(self) -> tuple[str, ...]:
        return (self.key,) if self.early else (self.whole, f"{self.whole}:early")

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        if not self.event.content:
            return ()  # it takes something away
        named = tuple(sorted(set(places_in(self.event))))
        return named if self.closing or not isinstance(self.room, PlaceId) else (self.room, *named)


@dataclass(frozen=True, slots=True)
class AddAlias(Action):
    """Let `#localpart:our.server` point to the room."""

    localpart: str = ""

    @property
    def key(self) -> str:
        return f"Alias:{self.localpart}"


@dataclass(frozen=True, slots=True)
class RemoveAlias(Action):
    localpart: str = ""

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return ()

    @property
    def key(self) -> str:
        return f"Alias:{self.localpart}"


@dataclass(frozen=True, slots=True)
class Publish(Action):
    """List the room in the room directory of the ecosystem `under`."""

    under: NetworkId = NetworkId("")

    @property
    def key(self) -> str:
        return f"Listing:{self.room}:{self.under}"


@dataclass(frozen=True, slots=True)
class Withdraw(Action):
    """Take the room out of the room directory of the ecosystem `under`."""

    under: NetworkId = NetworkId("")

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return ()

    @property
    def key(self) -> str:
        return f"Listing:{self.room}:{self.under}"


@dataclass(frozen=True, slots=True)
class Membership(Action):
    """What becomes of `user` in the room: the last of them is done."""

    user: UserId = UserId("")
    reason: str = ""

    @property
    def key(self) -> str:
        return f"Membership:{self.room}:{self.user}"


@dataclass(frozen=True, slots=True)
class Invite(Membership):
    """Invite `user`. `reported`: what comes of it is told in the report on a list, a failure too.

    `look_first`: ask the homeserver whether there is such a user, for it invites whomever it is told.
    """

    reported: bool = False
    look_first: bool = False
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unconditional(Membership):
    """It is done whether or not the room is closed."""

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Remove(_Unconditional):
    """Take `user` out of the room (or take their invitation back)."""


@dataclass(frozen=True, slots=True)
class Ban(_Unconditional):
    """Keep `user` out of the room, whether or not they are there."""


@dataclass(frozen=True, slots=True)
class Unban(_Unconditional):
    """Let `user` come in again as others do; it brings nobody back."""


@dataclass(frozen=True, slots=True)
class Say(Action):
    """Send one m.room.message event. `said` is unique for what is said, so that it is said once."""

    said: str = ""
    content: Content = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"Say:{self.said}"


@dataclass(frozen=True, slots=True)
class SendFile(Say):
    """Send everything that is kept about the one person whom it is for as a file: `form` is json or txt.

    It is gathered when it goes out, so that it does not wait anywhere.
    """

    form: str = "json"


@dataclass(frozen=True, slots=True)
class Redact(Action):
    """Take back an event of the bot's own."""

    event: EventId = EventId("")

    @property
    def key(self) -> str:
        return f"Redact:{self.room}:{self.event}"


@dataclass(frozen=True, slots=True)
class Join(Action):
    """The bot accepts `inviter`'s invitation. If it is not `invited`, it only looks where it is."""

    inviter: UserId = UserId("")
    invited: bool = True

    @property
    def key(self) -> str:
        return f"{'Join' if self.invited else 'Look'}:{self.room}"


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
class Renew(Action):
    """Make the room of a place anew in room version `version`, to take the place of `old`.

    An opaque alias of its own is the lock. `user` has asked for it.
    """

    old: RoomId = _NO_ROOM
    user: UserId = UserId("")
    state: tuple[StateEvent, ...] = ()
    power_levels: Content = field(default_factory=dict)
    space: bool = False
    version: str = ""

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return tuple(sorted({place for event in self.state for place in places_in(event)}))


@dataclass(frozen=True, slots=True)
class Follow(Action):
    """The bot comes into the room that `user` has put in the stead of `old`, which was the one of `place`."""

    place: PlaceId = _NO_PLACE
    old: RoomId = _NO_ROOM
    user: UserId = UserId("")

    @property
    def key(self) -> str:
        return f"Follow:{self.room}"


@dataclass(frozen=True, slots=True)
class MoveAlias(Action):
    """Let `#localpart:our.server` point to the room, also where it has pointed to `old`."""

    localpart: str = ""
    old: RoomId = _NO_ROOM

    @property
    def key(self) -> str:
        return f"Alias:{self.localpart}"


@dataclass(frozen=True, slots=True)
class MarkDirect(Action):
    """Note in the bot's account data that the room is a direct one with `user` (m.direct)."""

    user: UserId = UserId("")


@dataclass(frozen=True, slots=True)
class ReadFile(Action):
    """Read the list in the file of `user`'s message `event`, and hear the message again with it.

    `file` is the message's content; what is heard is the list between `before` and `after`.
    """

    event: EventId = EventId("")
    user: UserId = UserId("")
    file: Content = field(default_factory=dict)
    before: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        return f"ReadFile:{self.event}"


@dataclass(frozen=True, slots=True)
class ReadMessage(Action):
    """Read what the message `event` of this very room says now, to make a story of it or to follow it."""

    event: EventId = EventId("")

    @property
    def key(self) -> str:
        return f"ReadMessage:{self.room}:{self.event}"


def places_in(value: Any) -> Iterator[PlaceId]:
    """Every place that `value` (an event, a content, or a part of one) refers to."""
    if isinstance(value, PlaceId):
        yield value
    elif isinstance(value, StateEvent):
        yield from places_in(value.state_key)
        yield from places_in(value.content)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from places_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from places_in(part)
