"""The bot looks into a room of others: it comes in where it is let in, and reads what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appservice.homeserver import Homeserver, HomeserverError
from spaces.actions import Adopt
from spaces.identifiers import RoomId

_PAGES = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """`room` is None for an alias that leads nowhere, `state` where the bot is not let in."""

    room: RoomId | None = None
    state: tuple[dict[str, Any], ...] | None = None
    hierarchy: tuple[dict[str, Any], ...] = ()


async def look_into(homeserver: Homeserver, action: Adopt) -> Seen:
    """Where the bot is already, nothing is written. A Space is read with what is below it, to be shown."""
    room = await _room_of(homeserver, action.room)
    if room is None:
        return Seen()
    state = await _state(homeserver, room)
    if not _is_there(homeserver, state):
        try:
            await homeserver.join(room, next(iter(action.via), ""))
            state = await homeserver.state(room)
        except HomeserverError as error:
            if not error.is_final:
                raise
            return Seen(room)
    below = await _below(homeserver, room) if not action.agreed and _is_space(state) else []
    return Seen(room, tuple(state), tuple(below))


async def _room_of(homeserver: Homeserver, target: str) -> RoomId | None:
    if not target.startswith("#"):
        return RoomId(target)
    try:
        return await homeserver.resolve_alias(target)
    except HomeserverError as error:
        if not error.is_final:
            raise
        return None


async def _state(homeserver: Homeserver, room: RoomId) -> list[dict[str, Any]]:
    try:
        return await homeserver.state(room)
    except HomeserverError as error:
        if not error.is_final:
            raise
        return []


def _is_space(state: Sequence[dict[str, Any]]) -> bool:
    made = (event.get("content") for event in state if event.get("type") == "m.room.create")
    return any(isinstance(content, dict) and content.get("type") == "m.space" for content in made)


def _is_there(homeserver: Homeserver, state: Sequence[dict[str, Any]]) -> bool:
    """Whether the bot is in the room now: who has left is shown the room as it was then."""
    mine = (e for e in state if e.get("type") == "m.room.member" and e.get("state_key") == homeserver.user)
    contents = [event.get("content") for event in mine]
    return any(isinstance(content, dict) and content.get("membership") == "join" for content in contents)


async def _below(homeserver: Homeserver, space: RoomId) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: str | None = None
    for _ in range(_PAGES):
        try:
            page = await homeserver.hierarchy(space, start)
        except HomeserverError as error:
            if not error.is_final:
                raise
            break
        rooms, start = page.get("rooms"), page.get("next_batch")
        found += [room for room in rooms if isinstance(room, dict)] if isinstance(rooms, list) else []
        if not isinstance(start, str) or not start:
            break
    return found
