"""The bot leaves a room that it hands over, and never before somebody is there who rules it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from appservice.homeserver import Homeserver, HomeserverError
from spaces.identifiers import RoomId, UserId
from spaces.power_levels import BOT, creators_stand_above
from spaces.sentences import sentence

_LEVELS = "m.room.power_levels"


class NobodyThere(Exception):
    """No coordinator is in the room with power 100, so the bot stays."""

    said = sentence(
        "no coordinator is in it with power 100, so I stay. One of them has to join it; then say it again"
    )


async def let_go(homeserver: Homeserver, room: RoomId, coordinators: Collection[UserId]) -> None:
    """Leave `room` if a coordinator rules it, taking the bot's own level along. Raises `NobodyThere`.

    A room that the bot is not in any more is let go already.
    """
    state = await _state(homeserver, room)
    if _membership(state, homeserver.user) != "join":
        return
    levels = _content(state, _LEVELS, "")
    found = levels.get("users")
    users: Mapping[str, Any] = found if isinstance(found, dict) else {}
    is_made_by_one = any(_membership(state, u) == "join" for u in _makers(state, but=homeserver.user))
    if not is_made_by_one and not any(_rules(state, users, user) for user in coordinators):
        raise NobodyThere
    if homeserver.user in users:
        others = {user: level for user, level in users.items() if user != homeserver.user}
        await homeserver.put_state(room, _LEVELS, "", {**levels, "users": others})
    await _leave(homeserver, room)


async def _state(homeserver: Homeserver, room: RoomId) -> Sequence[Mapping[str, Any]]:
    try:
        return await homeserver.state(room)
    except HomeserverError as error:
        if error.status not in (403, 404):
            raise
        return ()


async def _leave(homeserver: Homeserver, room: RoomId) -> None:
    try:
        await homeserver.leave(room)
    except HomeserverError as error:
        if error.status not in (403, 404):  # not there any more
            raise


def _rules(state: Sequence[Mapping[str, Any]], users: Mapping[str, Any], user: UserId) -> bool:
    level = users.get(user)
    return type(level) is int and level >= BOT and _membership(state, user) == "join"


def _makers(state: Sequence[Mapping[str, Any]], *, but: str) -> list[UserId]:
    """Who has made the room, where that puts them above all levels; `but` the bot."""
    version = str(_content(state, "m.room.create", "").get("room_version", "1"))
    made = (event.get("sender") for event in state if event.get("type") == "m.room.create")
    found = [UserId(user) for user in made if isinstance(user, str) and user != but]
    return found if creators_stand_above(version) else []


def _membership(state: Sequence[Mapping[str, Any]], user: UserId) -> object:
    return _content(state, "m.room.member", user).get("membership")


def _content(state: Sequence[Mapping[str, Any]], kind: str, key: str) -> Mapping[str, Any]:
    for event in state:
        if event.get("type") == kind and event.get("state_key") == key:
            content = event.get("content")
            return content if isinstance(content, dict) else {}
    return {}
