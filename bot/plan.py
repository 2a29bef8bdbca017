"""A plan in words: one line for each write that would be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from spaces.actions import (
    Action,
    AddAlias,
    Content,
    CreateRoom,
    Invite,
    Publish,
    ReadBack,
    Remove,
    RemoveAlias,
    Say,
    SetState,
    Withdraw,
)
from spaces.identifiers import PlaceId, printable
from spaces.landscape import Landscape
from spaces.wanted import room_name

NOTHING = "Nothing to do."


def plan_lines(landscape: Landscape, actions: Iterable[Action]) -> list[str]:
    """What `actions` would write, in order. Reading back is no write."""
    return [in_words(landscape, action) for action in actions if not isinstance(action, ReadBack)]


def in_words(landscape: Landscape, action: Action) -> str:
    """What `action` does, without a full stop."""
    here = _name(landscape, action.room)
    match action:
        case ReadBack():
            return f"make sure that {here} is closed as it should be"
        case CreateRoom(space=space):
            return f"create the {'Space' if space else 'room'} {here}"
        case SetState(event=event):
            if event.type == "m.space.child":
                child = _name(landscape, event.state_key)
                return f"list {child} in {here}" if event.content else f"take {child} out of {here}"
            return f"set the {_what(event.type)} of {here}{_to(event.type, event.content)}"
        case AddAlias(localpart=localpart):
            return f"give {here} the alias #{localpart}"
        case RemoveAlias(localpart=localpart):
            return f"take the alias #{localpart} away from {here}"
        case Publish(under=under):
            return f"publish {here} in the room directory of {_name(landscape, under)}"
        case Withdraw(under=under):
            return f"withdraw {here} from the room directory of {_name(landscape, under)}"
        case Invite(user=user):
            return f"invite {user} to {here}"
        case Remove(user=user):
            return f"remove {user} from {here}"
        case Say():
            return f"say something in {here}"
        case _:
            return f"{type(action).__name__} in {here}"


def _name(landscape: Landscape, place: str) -> str:
    if isinstance(place, PlaceId) and (place in landscape.networks or place in landscape.groups):
        return f"“{printable(room_name(landscape, landscape.place(place)))}”"
    return "a direct room" if isinstance(place, PlaceId) and place.is_direct else "a room"


_WHAT: Mapping[str, str] = {
    "m.room.name": "name",
    "m.room.topic": "topic",
    "m.room.join_rules": "join rule",
    "m.room.history_visibility": "history",
    "m.room.guest_access": "guest access",
    "m.room.power_levels": "power levels",
    "m.room.canonical_alias": "shown alias",
    "m.room.encryption": "encryption",
    "m.space.parent": "way up",
}
_VALUE: Mapping[str, Callable[[Content], object]] = {
    "m.room.name": lambda content: content.get("name"),
    "m.room.join_rules": lambda content: content.get("join_rule"),
    "m.room.history_visibility": lambda content: content.get("history_visibility"),
    "m.room.canonical_alias": lambda content: content.get("alias", "none"),
}


def _what(event_type: str) -> str:
    return _WHAT.get(event_type, event_type)


def _to(event_type: str, content: Content) -> str:
    value = _VALUE[event_type](content) if event_type in _VALUE else None
    return f" to {printable(str(value))}" if value else ""
