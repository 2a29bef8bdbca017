"""What becomes of somebody in a room."""

from __future__ import annotations

from dataclasses import dataclass

from spaces.actions.action import Action
from spaces.identifiers import PlaceId, UserId


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
