"""The end state in a form in which two runs can be compared: no ids, no times."""

from __future__ import annotations

import json
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
    names = _names(world)
    rooms = {names[room.room_id]: _room(world, room, names) for room in world.rooms.values()}
    ghosts = sorted(alias for alias, (room_id, _) in world.aliases.items() if room_id not in world.rooms)
    data = {
        user: {
            event_type: _replaced(content, names)
            for (room_id, event_type), (_, content) in sorted(account.account_data.items())
            if not room_id
        }
        for user, account in world.accounts.items()
        if world.is_ours(user)
    }
    return {"rooms": dict(sorted(rooms.items())), "ghosts": ghosts, "account_data": data}


def _names(world: World) -> dict[str, str]:
    names: dict[str, str] = {}
    for room in world.rooms.values():
        name, number = _name(world, room), 1
        while (unique := name if number == 1 else f"{name} ({number})") in names.values():
            number += 1
        names[room.room_id] = unique
    return names


def _name(world: World, room: Room) -> str:
    marker = room.content("m.room.create").get(MARKER)
    if isinstance(marker, str):
        return marker
    aliases = world.aliases_of(room.room_id)
    if aliases:
        return aliases[0]
    named = room.content("m.room.name").get("name")
    return str(named) if named else "room of " + ", ".join(sorted(room.members("join", "invite", "leave")))


def _room(world: World, room: Room, names: dict[str, str]) -> Json:
    state = {
        f"{event_type}|{names.get(key, key)}": _replaced(event.content, names)
        for (event_type, key), event in room.state.items()
        if event_type != "m.room.member"
    }
    return {
        "state": dict(sorted(state.items())),
        "members": {user: room.membership(user) for user in sorted(_ever(room))},
        "aliases": world.aliases_of(room.room_id),
        "published": sorted(network for network, ids in world.listed.items() if room.room_id in ids),
        "messages": [_said(event, names) for event in room.timeline if event.type == "m.room.message"],
    }


def _ever(room: Room) -> list[str]:
    return [key for kind, key in room.state if kind == "m.room.member"]


def _said(event: Event, names: dict[str, str]) -> tuple[str, str]:
    return event.sender, _replaced_text(str(event.content.get("body", "")), names)


def _replaced(value: Any, names: dict[str, str]) -> Any:
    return json.loads(_replaced_text(json.dumps(value, ensure_ascii=False, sort_keys=True), names))


def _replaced_text(text: str, names: dict[str, str]) -> str:
    for room_id, name in names.items():
        text = text.replace(room_id, f"<{name}>")
    return text
