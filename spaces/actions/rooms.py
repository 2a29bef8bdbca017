"""What a room is: made, made anew, read back, its state, its aliases, and where it is listed."""

from __future__ import annotations

from dataclasses import dataclass, field

from spaces.actions.action import Action, Content, StateEvent, places_in
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId


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
class Renew(Action):
    """Make the room of a place anew in room version `version`, to take the place of `old`.

    An opaque alias of its own is the lock. `user` has asked for it.
    """

    old: RoomId = RoomId("")
    user: UserId = UserId("")
    state: tuple[StateEvent, ...] = ()
    power_levels: Content = field(default_factory=dict)
    space: bool = False
    version: str = ""

    @property
    def needs(self) -> tuple[PlaceId, ...]:
        return tuple(sorted({place for event in self.state for place in places_in(event)}))


@dataclass(frozen=True, slots=True)
class ReadBack(Action):
    """Read the room's state: the gate before anything is linked, invited or published.

    `round` counts how often the homeserver has not kept what was put. It is `routine` where nothing has
    happened that makes it necessary.
    """

    round: int = 0
    behind: tuple[str, ...] = ()
    routine: bool = False

    @property
    def key(self) -> str:
        return f"{self._whole}:routine" if self.routine else self._whole

    @property
    def replaces(self) -> tuple[str, ...]:
        return (self.key,) if self.routine else (self.key, f"{self.key}:routine")

    @property
    def _whole(self) -> str:
        return f"{type(self).__name__}:{self.room}"

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
class MoveAlias(Action):
    """Let `#localpart:our.server` point to the room, also where it has pointed to `old`."""

    localpart: str = ""
    old: RoomId = RoomId("")

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
