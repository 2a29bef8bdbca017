"""Rooms that are ours and of which nothing is known: made after the backup that the service goes on from.

Who asks for the same network or group once more gets its room back instead of a second one: the place is
given the id that its room has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.lookalikes import folded


@dataclass(frozen=True, slots=True)
class Lost:
    """A room of ours: `under` is its first parent's place, or room, or ""; `people` have power in it."""

    place: PlaceId
    name: str
    under: str
    people: tuple[str, ...]


class LostRooms:
    """Those that are lost, by what they are called. Empty but after a backup was brought back."""

    def __init__(self) -> None:
        self._lost: tuple[Lost, ...] = ()

    def know(self, lost: Iterable[Lost]) -> None:
        self._lost = tuple(lost)

    def network(self, name: str, under: Sequence[NetworkId], people: Collection[UserId]) -> NetworkId | None:
        """The network of that name, for people who have power in it: others would get into their rooms."""
        parent = under[0] if under else ""
        for one in self._called(name, {parent, ""}):  # a parent that has not said yes is in no room
            if isinstance(one.place, NetworkId) and people and set(people) <= set(one.people):
                return one.place
        return None

    def group(self, name: str, home: NetworkId) -> GroupId | None:
        """The group of that name whose home is `home`, and so is its coordinators'."""
        found = (one.place for one in self._called(name, {home}))
        return next((place for place in found if isinstance(place, GroupId)), None)

    def _called(self, name: str, under: Collection[str]) -> Iterable[Lost]:
        return (one for one in self._lost if one.under in under and folded(one.name) == folded(name))
