"""What is to be done in Matrix, as values: each with a stable key, each safe to repeat.

A `PlaceId` anywhere in an action stands for that place's room, whose id may not be known yet; it is
put in at delivery. Text that a person wrote is a plain `str` and so is never taken for one.
"""

from __future__ import annotations

from spaces.actions.action import Action, Content, StateEvent, places_in
from spaces.actions.going import Adopt, EndDirect, Follow, Join, Leave, LetGo, MarkDirect, TakeIn
from spaces.actions.memberships import Ban, Invite, Membership, Remove, Unban
from spaces.actions.messages import LookUp, ReadFile, ReadMessage, Redact, Say, SendFile
from spaces.actions.rooms import (
    AddAlias,
    CreateRoom,
    MoveAlias,
    Publish,
    ReadBack,
    RemoveAlias,
    Renew,
    SetState,
    Withdraw,
)

__all__ = [
    "Action",
    "AddAlias",
    "Adopt",
    "Ban",
    "Content",
    "CreateRoom",
    "EndDirect",
    "Follow",
    "Invite",
    "Join",
    "Leave",
    "LetGo",
    "LookUp",
    "MarkDirect",
    "Membership",
    "MoveAlias",
    "Publish",
    "ReadBack",
    "ReadFile",
    "ReadMessage",
    "Redact",
    "Remove",
    "RemoveAlias",
    "Renew",
    "Say",
    "SendFile",
    "SetState",
    "StateEvent",
    "TakeIn",
    "Unban",
    "Withdraw",
    "places_in",
]
