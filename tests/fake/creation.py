"""POST /createRoom, step by step in Synapse's order: the alias row is taken before the first event."""

from __future__ import annotations

import asyncio
import copy

from tests.fake.rooms import Room, judge_levels
from tests.fake.wire import Ask, Json, Routes, bad_request
from tests.fake.world import World, check_content

routes = Routes()
VERSIONS = ("9", "10", "11", "12")
_JOIN_RULE = {"private_chat": "invite", "trusted_private_chat": "invite", "public_chat": "public"}


class Broken(Exception):
    """The homeserver died in the middle of createRoom (a fault on order)."""


@routes("POST", "/createRoom")
async def create_room(world: World, ask: Ask) -> Json:
    room_id = await make_room(world, ask.user, ask.body, ask.fault.stops_at if ask.fault else None)
    return {"room_id": room_id}


async def make_room(world: World, user: str, wanted: Json, stops_at: str | None = None) -> str:
    """Make the room and return its id. Raises `Broken` behind the step `stops_at`."""
    version = wanted.get("room_version", world.default_version)
    if version not in VERSIONS:
        raise bad_request("M_UNSUPPORTED_ROOM_VERSION", "Your homeserver does not support this room version")
    alias = _alias(world, user, wanted)
    if alias in world.aliases:
        raise bad_request("M_ROOM_IN_USE", "Room alias already taken")
    _check_override(version, user, wanted.get("power_level_content_override", {}))
    room = Room(world.new_room_id(version), version)
    await asyncio.sleep(0.002)  # others come in between, as on a real homeserver
    if alias is not None:
        world.take_alias(alias, room.room_id, user)
    if stops_at == "alias":
        raise Broken
    await asyncio.sleep(0.002)
    world.rooms[room.room_id] = room
    world.emit(room, "m.room.create", user, _create_content(version, user, wanted), "")
    world.emit(room, "m.room.member", user, {**world.account(user).profile, "membership": "join"}, user)
    if stops_at == "join":
        raise Broken
    _write_state(world, room, user, wanted, alias)
    for invited in wanted.get("invite", []):
        direct = {"is_direct": True} if wanted.get("is_direct") else {}
        world.set_membership(user, room, invited, {"membership": "invite", **direct})
    return room.room_id


def _alias(world: World, user: str, wanted: Json) -> str | None:
    name = wanted.get("room_alias_name")
    if name is None:
        return None
    if ":" in name or any(c.isspace() for c in name):
        raise bad_request("M_UNKNOWN", "Invalid characters in room alias")
    alias = f"#{name}:{world.server_name}"
    if world.is_our_alias(alias) and not world.is_ours(user):
        raise bad_request("M_EXCLUSIVE", "This alias is reserved by an application service.")
    return alias


def _check_override(version: str, user: str, override: Json) -> None:
    if version != "12" and "users" in override and user not in override["users"]:
        raise bad_request("M_UNKNOWN", f"Not a valid power_level_content_override: no {user}")


def _create_content(version: str, user: str, wanted: Json) -> Json:
    content = {**copy.deepcopy(wanted.get("creation_content", {})), "room_version": version}
    if version in ("9", "10"):
        content["creator"] = user
    invited = wanted.get("invite", [])
    if version == "12" and wanted.get("preset") == "trusted_private_chat" and invited:
        content["additional_creators"] = sorted({*content.get("additional_creators", []), *invited})
    return content


def _preset(wanted: Json) -> str:
    public = wanted.get("visibility") == "public"
    return str(wanted.get("preset") or ("public_chat" if public else "private_chat"))


def _write_state(world: World, room: Room, user: str, wanted: Json, alias: str | None) -> None:
    preset = _preset(wanted)
    given = {
        (event["type"], event.get("state_key", "")): event["content"]
        for event in wanted.get("initial_state", [])
    }
    levels = given.pop(("m.room.power_levels", ""), None) or _levels(room, user, wanted)
    judge_levels(levels, room.creators if room.creators_are_above_all else frozenset())
    usual: dict[tuple[str, str], Json] = {("m.room.power_levels", ""): levels}
    if alias is not None:
        usual["m.room.canonical_alias", ""] = {"alias": alias}
    usual["m.room.join_rules", ""] = {"join_rule": _JOIN_RULE[preset]}
    usual["m.room.history_visibility", ""] = {"history_visibility": "shared"}
    if preset != "public_chat":
        usual["m.room.guest_access", ""] = {"guest_access": "can_join"}
    state = {**{key: content for key, content in usual.items() if key not in given}, **given}
    if "name" in wanted:
        state["m.room.name", ""] = {"name": wanted["name"]}
    if "topic" in wanted:
        rich = {"m.text": [{"body": wanted["topic"]}]}
        state["m.room.topic", ""] = {"topic": wanted["topic"], "m.topic": rich}
    for content in state.values():  # all of it or nothing, once the creator is in
        check_content(content)
    for (event_type, state_key), content in state.items():
        world.emit(room, event_type, user, content, state_key)


def _levels(room: Room, user: str, wanted: Json) -> Json:
    invited = wanted.get("invite", []) if _preset(wanted) == "trusted_private_chat" else []
    above_all, public = room.creators_are_above_all, _preset(wanted) == "public_chat"
    return {
        "users": {} if above_all else {user: 100, **dict.fromkeys(invited, 100)},
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.canonical_alias": 50,
            "m.room.avatar": 50,
            "m.room.tombstone": 150 if above_all else 100,
            "m.room.server_acl": 100,
            "m.room.encryption": 100,
            **({"m.call.invite": 50} if public else {}),
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 50 if public else 0,
        "historical": 100,
        **wanted.get("power_level_content_override", {}),
    }
