"""The end state in a form in which two runs can be compared: no ids, no times."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fake.rooms import Event, Room
from tests.fake.wire import Json
from tests.fake.world import World

MARKER = "org.hedgerow.place"


def rooms_by_marker(world: World) -> dict[str, list[str]]:
    """Marker → the ids of all rooms that bear it; more than one is a duplicate."""
    found: dict[str, list[str]] = {}
    for room in world.rooms.values():
        marker = room.content("m.room.create").get(MARKER)
        if isinstance(marker, str):
            found.setdefault(marker, []).append(room.room_id)
    return found


def end_state(world: World) -> Json:
    """Every room by its marker (or alias, or members), and what points to no room."""
    names = Names(world)
    rooms = {names.of(room.room_id): _room(world, room, names) for room in world.rooms.values()}
    ghosts = sorted(alias for alias, (room_id, _) in world.aliases.items() if room_id not in world.rooms)
    data = {
        user: {
            event_type: names.replace(content)
            for (room_id, event_type), (_, content) in sorted(account.account_data.items())
            if not room_id
        }
        for user, account in world.accounts.items()
        if world.is_ours(user)
    }
    return {"rooms": dict(sorted(rooms.items())), "ghosts": ghosts, "account_data": data}


class Names:
    """What stands for room ids and for the ids of messages, wherever they are written."""

    def __init__(self, world: World) -> None:
        self._ids = re.compile(rf"(?:!|%21|\$|%24)[\w-]{{18,}}(?::{re.escape(world.server_name)})?")
        self._rooms: dict[str, str] = {}
        self._messages: dict[str, str] = {}
        for room in world.rooms.values():
            name = self._unique(_name(world, room))
            self._rooms[room.room_id] = name
            for number, event in enumerate(_messages(room), 1):
                self._messages[event.event_id] = f"message {number} in {name}"

    def of(self, room_id: str) -> str:
        """The name of a room; of any other text, the text."""
        return self._rooms.get(room_id, room_id)

    def replace(self, value: Any) -> Any:
        """`value` with names for ids, its keys in order."""
        return json.loads(self.replace_in(json.dumps(value, ensure_ascii=False, sort_keys=True)))

    def replace_in(self, text: str) -> str:
        return self._ids.sub(self._shown, text)

    def _shown(self, found: re.Match[str]) -> str:
        plain = found[0].replace("%21", "!").replace("%24", "$")
        name = self._rooms.get(plain) or self._messages.get(plain)
        return f"<{name}>" if name else found[0]

    def _unique(self, name: str) -> str:
        taken, number, unique = set(self._rooms.values()), 1, name
        while unique in taken:
            number += 1
            unique = f"{name} ({number})"
        return unique


def _name(world: World, room: Room) -> str:
    marker = room.content("m.room.create").get(MARKER)
    if isinstance(marker, str):
        return marker
    aliases = world.aliases_of(room.room_id)
    if aliases:
        return aliases[0]
    named = room.content("m.room.name").get("name")
    return str(named) if named else "room of " + ", ".join(sorted(_ever(room)))


def _room(world: World, room: Room, names: Names) -> Json:
    state = {
        f"{event_type}|{names.of(key)}": names.replace(event.content)
        for (event_type, key), event in room.state.items()
        if event_type != "m.room.member"
    }
    return {
        "state": dict(sorted(state.items())),
        "members": {user: room.membership(user) for user in sorted(_ever(room))},
        "aliases": world.aliases_of(room.room_id),
        "published": sorted(network for network, ids in world.listed.items() if room.room_id in ids),
        "messages": [
            (event.sender, names.replace_in(str(event.content.get("body", "")))) for event in _messages(room)
        ],
    }


def _ever(room: Room) -> list[str]:
    return [key for kind, key in room.state if kind == "m.room.member"]


def _messages(room: Room) -> list[Event]:
    return [event for event in room.timeline if event.type == "m.room.message"]
