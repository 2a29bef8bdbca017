"""The shape of an action, and the places that one names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spaces.identifiers import PlaceId, RoomId

Content = Mapping[str, Any]


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
