"""Rooms from the outside: aliases, room directories, the hierarchy of Spaces."""

from __future__ import annotations

import urllib.parse

import aiohttp

from tests.fake.rooms import STRIPPED, Room
from tests.fake.wire import Answer, Ask, Json, MatrixError, Routes, bad_request, forbidden, not_found
from tests.fake.world import World

routes = Routes()
_ALIAS = "/directory/room/{alias}"
_KNOCKABLE = ("public", "knock", "knock_restricted")


@routes("GET", _ALIAS, open_to_all=True)
async def get_alias(world: World, ask: Ask) -> Answer:
    alias = ask.params["alias"]
    if alias not in world.aliases and world.is_our_alias(alias):
        await _ask_appservice(world, alias)
    return {"room_id": world.resolve(alias), "servers": [world.server_name]}


async def _ask_appservice(world: World, alias: str) -> None:
    """As Synapse does for an unknown alias of the namespace; it may then have come to be."""
    registration = world.registration
    if registration.url is None:
        return
    url = f"{registration.url}/_matrix/app/v1/rooms/{urllib.parse.quote(alias, safe='')}"
    headers = {"Authorization": f"Bearer {registration.hs_token}"}
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers):
            return
    except (aiohttp.ClientError, TimeoutError):
        return


@routes("PUT", _ALIAS)
async def put_alias(world: World, ask: Ask) -> Answer:
    alias, room_id = ask.params["alias"], ask.body.get("room_id")
    if not isinstance(room_id, str):
        raise bad_request("M_BAD_JSON", "room_id is missing")
    if not alias.endswith(f":{world.server_name}"):
        raise bad_request("M_UNKNOWN", "Room alias must be local")
    if room_id not in world.rooms:
        raise bad_request("M_UNKNOWN", "Room does not exist")
    _check_namespace(world, ask, alias)
    if not ask.appservice and not world.is_in(ask.user, room_id):
        raise forbidden("You must be in the room to create an alias for it")
    world.take_alias(alias, room_id, ask.user)
    return {}


def _check_namespace(world: World, ask: Ask, alias: str) -> None:
    if world.is_our_alias(alias) and not ask.appservice:
        raise bad_request("M_EXCLUSIVE", "This alias is reserved by an application service.")


@routes("DELETE", _ALIAS)
async def delete_alias(world: World, ask: Ask) -> Answer:
    alias = ask.params["alias"]
    if ask.appservice:
        if not world.is_our_alias(alias):
            raise bad_request("M_EXCLUSIVE", "This application service has not reserved this kind of alias")
        world.aliases.pop(alias, None)  # 200, whether it was there or not
        return {}
    if alias not in world.aliases:
        raise not_found(f"Unknown room alias {alias}")
    if world.aliases[alias][1] != ask.user:
        raise forbidden("You don't have permission to delete the alias.")
    del world.aliases[alias]
    return {}


@routes("GET", "/directory/list/room/{room_id}", open_to_all=True)
async def get_listing(world: World, ask: Ask) -> Answer:
    room = world.room(ask.params["room_id"])
    return {"visibility": "public" if room.room_id in world.listed.get("", ()) else "private"}


@routes("PUT", "/directory/list/room/{room_id}")
async def put_listing(world: World, ask: Ask) -> Answer:
    """Synapse lets nobody publish unless its `room_list_publication_rules` say so."""
    room = world.room(ask.params["room_id"])
    if not ask.appservice:
        room.require_joined(ask.user)
        room.require_level(ask.user, room.level_to_send("m.room.canonical_alias", True), "list the room")
    if ask.body.get("visibility", "public") == "public":
        raise MatrixError(403, "M_UNKNOWN", "Not allowed to publish room")
    return {}


@routes("PUT", "/directory/list/appservice/{network}/{room_id}")
async def put_appservice_listing(world: World, ask: Ask) -> Answer:
    if not ask.appservice:
        raise forbidden("Only appservices can edit the appservice published room list")
    visibility = ask.body.get("visibility", "public")
    if visibility not in ("public", "private"):
        raise bad_request("M_BAD_JSON", "visibility is public or private")
    world.list_in(ask.params["network"], ask.params["room_id"], visibility == "public")
    return {}


@routes("DELETE", "/directory/list/appservice/{network}/{room_id}")
async def delete_appservice_listing(world: World, ask: Ask) -> Answer:
    if not ask.appservice:
        raise forbidden("Only appservices can edit the appservice published room list")
    world.list_in(ask.params["network"], ask.params["room_id"], False)
    return {}


@routes("GET", "/publicRooms", open_to_all=True)
@routes("POST", "/publicRooms")
async def public_rooms(world: World, ask: Ask) -> Answer:
    asked = {**ask.query, **ask.body}
    term = str((asked.get("filter") or {}).get("generic_search_term") or "").casefold()
    rooms = [world.rooms[room_id] for room_id in _listed(world, asked) if room_id in world.rooms]
    chunk = [summary(room) for room in rooms]
    chunk = [s for s in chunk if term in f"{s.get('name', '')} {s.get('topic', '')}".casefold()]
    return {"chunk": chunk, "total_room_count_estimate": len(chunk)}


@routes("GET", "/thirdparty/protocol/{protocol}")
async def third_party_protocol(world: World, ask: Ask) -> Answer:
    if ask.params["protocol"] not in world.registration.as_mapping()["protocols"]:
        raise not_found("Unknown protocol")
    return {"user_fields": [], "location_fields": [], "icon": "", "field_types": {}, "instances": []}


def _listed(world: World, asked: Json) -> list[str]:
    instance = asked.get("third_party_instance_id")
    if asked.get("include_all_networks") in (True, "true"):
        return sorted(set().union(*world.listed.values()))
    if instance is None:
        return sorted(world.listed.get("", ()))
    service, _, network = instance.partition("|")
    return sorted(world.listed.get(network, ())) if service == world.registration.appservice_id else []


def summary(room: Room) -> Json:
    """What directories and hierarchies tell of a room."""
    told = {
        "room_id": room.room_id,
        "name": room.content("m.room.name").get("name"),
        "topic": room.content("m.room.topic").get("topic"),
        "avatar_url": room.content("m.room.avatar").get("url"),
        "canonical_alias": room.content("m.room.canonical_alias").get("alias"),
        "room_type": room.content("m.room.create").get("type"),
        "num_joined_members": len(room.members("join")),
        "join_rule": room.join_rule,
        "world_readable": room.history_visibility == "world_readable",
        "guest_can_join": room.content("m.room.guest_access").get("guest_access") == "can_join",
    }
    return {key: value for key, value in told.items() if value is not None}


# -- the hierarchy ----------------------------------------------------------------------------------


def is_accessible(world: World, room: Room, user: str) -> bool:
    """Whether `user` is told of the room by `/hierarchy`."""
    return (
        room.membership(user) in ("join", "invite")
        or room.join_rule in _KNOCKABLE
        or room.history_visibility == "world_readable"
        or any(world.is_in(user, other) for other in room.allowed_rooms)
    )


@routes("GET", "/rooms/{room_id}/hierarchy")
async def hierarchy(world: World, ask: Ask) -> Answer:
    root = world.rooms.get(ask.params["room_id"])
    if root is None or not is_accessible(world, root, ask.user):
        raise MatrixError(403, "M_FORBIDDEN", f"User {ask.user} not in room, and room previews are disabled")
    suggested_only = ask.query.get("suggested_only") == "true"
    deepest = int(ask.query["max_depth"]) if "max_depth" in ask.query else None
    found = _walk(world, root, ask.user, suggested_only, deepest)
    start, limit = int(ask.query.get("from", "0")), min(int(ask.query.get("limit", "50")), 50)
    answer: Json = {"rooms": found[start : start + limit]}
    if start + limit < len(found):
        answer["next_batch"] = str(start + limit)
    return answer


def _walk(world: World, root: Room, user: str, suggested_only: bool, deepest: int | None) -> list[Json]:
    found: list[Json] = []
    waiting, seen = [(root.room_id, 0)], set()
    while waiting:
        room_id, depth = waiting.pop()
        room = world.rooms.get(room_id)
        if room_id in seen or room is None or not is_accessible(world, room, user):
            continue
        seen.add(room_id)
        children = _children(room, suggested_only)
        found.append({**summary(room), "allowed_room_ids": room.allowed_rooms, "children_state": children})
        if deepest is None or depth < deepest:
            waiting += [(child["state_key"], depth + 1) for child in reversed(children)]
    return found


def _children(room: Room, suggested_only: bool) -> list[Json]:
    if room.content("m.room.create").get("type") != "m.space":
        return []
    linked = [
        event
        for (kind, _), event in room.state.items()
        if kind == "m.space.child"
        and event.content.get("via")
        and (not suggested_only or event.content.get("suggested") is True)
    ]
    linked.sort(key=lambda e: (_order(e.content), e.ts, e.state_key))
    return [{**event.stripped(), "origin_server_ts": event.ts} for event in linked]


def _order(content: Json) -> str:
    order = content.get("order")
    return order if isinstance(order, str) and order else "\uffff"


@routes("GET", "/rooms/{room_id}/summary")
@routes("GET", "/room_summary/{room_id}")
async def get_summary(world: World, ask: Ask) -> Answer:
    room = world.rooms.get(world.resolve(ask.params["room_id"]))
    if room is None or not is_accessible(world, room, ask.user):
        raise not_found("Room is unknown or not accessible")
    return {**summary(room), "membership": room.membership(ask.user)}


def invite_state(room: Room, user: str) -> list[Json]:
    """What an invited person's client is told before they join."""
    shown = [room.state[event_type, ""] for event_type in STRIPPED if (event_type, "") in room.state]
    own = room.state["m.room.member", user]
    inviting = [room.state["m.room.member", who] for who in {own.sender, user} if who in room.members("join")]
    return [event.stripped() for event in [*shown, *inviting, own]]
