"""A plan in words: one line for each write that would be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from spaces.actions import (
    Action,
    AddAlias,
    Adopt,
    Ban,
    Content,
    CreateRoom,
    EndDirect,
    Follow,
    Invite,
    Join,
    Leave,
    LetGo,
    MarkDirect,
    MoveAlias,
    Publish,
    ReadBack,
    Redact,
    Remove,
    RemoveAlias,
    Renew,
    Say,
    SetState,
    StateEvent,
    TakeIn,
    Unban,
    Withdraw,
)
from spaces.identifiers import PlaceId, printable
from spaces.landscape import Landscape
from spaces.sentences import Sentence, sentence
from spaces.wanted import room_name

NOTHING = "Nothing to do."


def plan_lines(landscape: Landscape, actions: Iterable[Action]) -> list[str]:
    """What `actions` would write, in order and in English. Reading back is no write."""
    return [str(in_words(landscape, action)) for action in actions if not isinstance(action, ReadBack)]


def in_words(landscape: Landscape, action: Action) -> Sentence:
    """What `action` does, without a full stop."""
    here = _name(landscape, action.room)
    match action:
        case ReadBack():
            return sentence("make sure that {place} is closed as it should be", place=here)
        case CreateRoom(space=space) | Renew(space=space):
            return (
                sentence("create the Space {place}", place=here)
                if space
                else sentence("create the room {place}", place=here)
            )
        case SetState(event=event):
            return _setting(landscape, here, event)
        case AddAlias(localpart=localpart) | MoveAlias(localpart=localpart):
            return sentence("give {place} the alias #{alias}", place=here, alias=localpart)
        case RemoveAlias(localpart=localpart):
            return sentence("take the alias #{alias} away from {place}", place=here, alias=localpart)
        case Publish(under=under):
            above = _name(landscape, under)
            return sentence("publish {place} in the room directory of {network}", place=here, network=above)
        case Withdraw(under=under):
            above = _name(landscape, under)
            return sentence(
                "withdraw {place} from the room directory of {network}", place=here, network=above
            )
        case Invite(user=user):
            return sentence("invite {person} to {place}", person=user, place=here)
        case Remove(user=user):
            return sentence("remove {person} from {place}", person=user, place=here)
        case Ban(user=user):
            return sentence("ban {person} from {place}", person=user, place=here)
        case Unban(user=user):
            return sentence("end the ban of {person} from {place}", person=user, place=here)
        case _:
            return _of_the_bot(here, action)


def _of_the_bot(here: Sentence, action: Action) -> Sentence:
    """What the bot does as one who takes part."""
    match action:
        case Say():
            return sentence("say something in {place}", place=here)
        case Redact():
            return sentence("take back something that was said in {place}", place=here)
        case Join() | TakeIn() | Adopt() | Follow():
            return sentence("come into {place}", place=here)
        case Leave() | LetGo() | EndDirect():
            return sentence("leave {place}", place=here)
        case MarkDirect():
            return sentence("keep {place} as a direct room", place=here)
        case _:
            return sentence("do something in {place}", place=here)


def _setting(landscape: Landscape, here: Sentence, event: StateEvent) -> Sentence:
    if event.type == "m.space.child":
        child = _name(landscape, event.state_key)
        if event.content:
            return sentence("list {child} in {place}", child=child, place=here)
        return sentence("take {child} out of {place}", child=child, place=here)
    value = _VALUE[event.type](event.content) if event.type in _VALUE else None
    said = (_SET_TO if value else _SET).get(event.type, _SET_OTHER)
    shown = printable(str(value or ""))
    return replace(said, parts={"place": here, "type": event.type, "value": shown})


def _name(landscape: Landscape, place: str) -> Sentence:
    if isinstance(place, PlaceId) and (place in landscape.networks or place in landscape.groups):
        return sentence("“{name}”", name=printable(room_name(landscape, landscape.place(place))))
    if isinstance(place, PlaceId) and place.is_direct:
        return sentence("a direct room")
    return sentence("a room")


_SET: Mapping[str, Sentence] = {
    "m.room.name": sentence("set the name of {place}"),
    "m.room.topic": sentence("set the topic of {place}"),
    "m.room.join_rules": sentence("set the join rule of {place}"),
    "m.room.history_visibility": sentence("set the history of {place}"),
    "m.room.guest_access": sentence("set the guest access of {place}"),
    "m.room.power_levels": sentence("set the power levels of {place}"),
    "m.room.canonical_alias": sentence("take the shown alias of {place} away"),
    "m.room.encryption": sentence("set the encryption of {place}"),
    "m.space.parent": sentence("set the way up of {place}"),
}
_SET_TO: Mapping[str, Sentence] = {
    "m.room.name": sentence("set the name of {place} to {value}"),
    "m.room.join_rules": sentence("set the join rule of {place} to {value}"),
    "m.room.history_visibility": sentence("set the history of {place} to {value}"),
    "m.room.canonical_alias": sentence("set the shown alias of {place} to {value}"),
}
_SET_OTHER = sentence("set the {type} of {place}")
_VALUE: Mapping[str, Callable[[Content], object]] = {
    "m.room.name": lambda content: content.get("name"),
    "m.room.join_rules": lambda content: content.get("join_rule"),
    "m.room.history_visibility": lambda content: content.get("history_visibility"),
    "m.room.canonical_alias": lambda content: content.get("alias"),
}
