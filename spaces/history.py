"""Who may read what was said in a room: its history visibility (Matrix client-server API, "Room history
visibility").

The homeserver judges by the state at the event and by every stay of a person in the room. We know when an
event came, what the room's history visibility was then, whether somebody is in the room now and since when.
What we do not know (an earlier stay, the time of an invitation) counts as not having been: what is allowed
here the homeserver allows, not the other way round.
"""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """The values of `m.room.history_visibility`, from the widest to the narrowest."""

    WORLD_READABLE = "world_readable"
    SHARED = "shared"
    INVITED = "invited"
    JOINED = "joined"


_FOR_ALL_IN_IT = (Visibility.WORLD_READABLE, Visibility.SHARED)


def visibility_of(value: object) -> Visibility:
    """What stands in the room's state; what is no visibility counts as the narrowest."""
    return next((known for known in Visibility if known == value), Visibility.JOINED)


def is_open_to_members(visibility: str) -> bool:
    """Whether all who are in the room may read it, whenever they have come."""
    return visibility in _FOR_ALL_IN_IT


def may_read(visibility: str, at: float, *, is_in: bool, since: float | None) -> bool:
    """Whether somebody may read now what came at `at` while the room's history had this `visibility`.

    `is_in`: they have joined the room and are there now; `since`: since when by the same clock as `at`, in
    seconds since 1970, and None where it was before anything that is kept. Who is invited, has left or is
    banned reads nothing but what all the world may. What came in the same moment as they did came before.
    """
    if visibility == Visibility.WORLD_READABLE:
        return True
    if not is_in:
        return False
    return is_open_to_members(visibility) or since is None or at > since
