"""Which room is whose: the acting process's own index, kept in step with the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.render import matrix_to
from spaces.actions import StateEvent
from spaces.identifiers import PlaceId, RoomId


class Unplaced(Exception):
    """A place is named that has no room yet."""


class Places:
    """Places and their rooms, both ways."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._rooms: dict[PlaceId, RoomId] = {}
        self._places: dict[RoomId, PlaceId] = {}
        self._former: dict[PlaceId, set[RoomId]] = {}

    def put(self, place: PlaceId, room: RoomId) -> None:
        """The room of `place`; one that it had before means it still, until it is forgotten."""
        if (before := self._rooms.get(place, room)) != room:
            self._former.setdefault(place, set()).add(before)
        self._rooms[place] = room
        self._places[room] = place

    def knows_by(self, place: PlaceId, room: RoomId) -> None:
        """What names `room` means the place too: its room has moved, and not all that names it is changed."""
        self._places.setdefault(room, place)
        self._former.setdefault(place, set()).add(room)

    def is_moving(self, place: PlaceId) -> bool:
        """Whether a former room of the place means it still."""
        return place in self._former

    def forget_former(self, place: PlaceId) -> None:
        """What names a former room of the place means it no longer."""
        for room in self._former.pop(place, set()):
            if self._rooms.get(place) != room:
                self._places.pop(room, None)

    def drop(self, place: PlaceId) -> None:
        """The room is not ours any more."""
        room = self._rooms.pop(place, None)
        if room is not None:
            self._places.pop(room, None)
        self.forget_former(place)

    def room(self, place: PlaceId | RoomId) -> RoomId:
        """The room of a place; a room is its own. Raises `Unplaced`."""
        if not isinstance(place, PlaceId):
            return place
        try:
            return self._rooms[place]
        except KeyError:
            raise Unplaced(place) from None

    def place(self, room: RoomId) -> PlaceId | None:
        return self._places.get(room)

    def knows(self, room: RoomId) -> bool:
        return room in self._places

    def all(self) -> Iterable[tuple[PlaceId, RoomId]]:
        return tuple(self._rooms.items())

    def link(self, place: PlaceId) -> str | None:
        """A matrix.to link to the place's room, or None while it has none."""
        room = self._rooms.get(place)
        return None if room is None else matrix_to(room, self._server)

    def resolve(self, value: Any) -> Any:
        """`value` with every place's room id in the place's stead, ready to be sent."""
        match value:
            case PlaceId():
                return self.room(value)
            case Mapping():
                return {key: self.resolve(part) for key, part in value.items()}
            case tuple() | list():
                return [self.resolve(part) for part in value]
            case _:
                return value

    def localise(self, event: StateEvent) -> StateEvent:
        """`event` with the place in the stead of each of our rooms' ids, where ids belong."""
        if event.type in ("m.space.child", "m.space.parent"):
            place = self._places.get(RoomId(event.state_key))
            return event if place is None else StateEvent(event.type, event.content, place)
        if event.type == "m.room.join_rules" and isinstance(event.content.get("allow"), list):
            allow = [self._localised_rule(rule) for rule in event.content["allow"]]
            return StateEvent(event.type, {**event.content, "allow": allow}, event.state_key)
        return event

    def _localised_rule(self, rule: Any) -> Any:
        if isinstance(rule, dict) and isinstance(rule.get("room_id"), str):
            room = RoomId(rule["room_id"])
            return {**rule, "room_id": self._places.get(room, room)}
        return rule
