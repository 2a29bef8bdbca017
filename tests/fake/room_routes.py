"""Rooms from the inside: state, messages, memberships."""

from __future__ import annotations

from collections.abc import Callable

from tests.fake.rooms import Event, Room
from tests.fake.wire import Answer, Ask, Json, Routes, bad_request, bad_state, forbidden, not_found
from tests.fake.world import World

routes = Routes()
_STATE = "/rooms/{room_id}/state"


@routes("GET", _STATE)
async def get_state(world: World, ask: Ask) -> Answer:
    return [event.as_json() for event in _state(world, ask).values()]


def _state(world: World, ask: Ask) -> dict[tuple[str, str], Event]:
    room_id = ask.params["room_id"]
    if room_id not in world.rooms:
        raise forbidden(f"User {ask.user} not in room {room_id}")
    return world.rooms[room_id].state_for(ask.user)


@routes("GET", _STATE + "/{type}")
@routes("GET", _STATE + "/{type}/{state_key:[^/]*}")
async def get_state_event(world: World, ask: Ask) -> Answer:
    event = _state(world, ask).get((ask.params["type"], ask.params.get("state_key", "")))
    if event is None:
        raise not_found("Event not found.")
    return event.as_json() if ask.query.get("format") == "event" else event.content


@routes("PUT", _STATE + "/{type}")
@routes("PUT", _STATE + "/{type}/{state_key:[^/]*}")
async def put_state_event(world: World, ask: Ask) -> Answer:
    key = ask.params.get("state_key", "")
    event = world.set_state(ask.user, ask.params["room_id"], ask.params["type"], key, ask.body)
    return {"event_id": event.event_id}


@routes("PUT", "/rooms/{room_id}/send/{type}/{txn_id}")
async def put_message(world: World, ask: Ask) -> Answer:
    def send() -> Event:
        return world.send(ask.user, ask.params["room_id"], ask.params["type"], ask.body)

    return _once(world, ask, send)


@routes("PUT", "/rooms/{room_id}/redact/{event_id}/{txn_id}")
async def put_redaction(world: World, ask: Ask) -> Answer:
    def redact() -> Event:
        reason = ask.body.get("reason")
        return world.redact(ask.user, ask.params["room_id"], ask.params["event_id"], reason)

    return _once(world, ask, redact)


def _once(world: World, ask: Ask, act: Callable[[], Event]) -> Json:
    """Do it once per transaction id: by path in memory, and on disk where a device is named."""
    in_memory = (ask.raw_path, "appservice" if ask.appservice else f"{ask.user}|{ask.device}")
    if in_memory in world.sent_in_memory:
        return world.sent_in_memory[in_memory]
    on_disk = (ask.params["room_id"], ask.user, ask.device or "", ask.params["txn_id"])
    event_id = world.sent_on_disk.get(on_disk) if ask.device else None
    answer = {"event_id": event_id or act().event_id}
    world.sent_in_memory[in_memory] = answer
    if ask.device:
        world.sent_on_disk[on_disk] = answer["event_id"]
        world.sent_under.setdefault(answer["event_id"], (ask.user, ask.device, ask.params["txn_id"]))
    return answer


@routes("POST", "/join/{room}")
@routes("POST", "/rooms/{room}/join")
async def join(world: World, ask: Ask) -> Answer:
    room = world.room_to_cross(world.resolve(ask.params["room"]))
    world.set_membership(ask.user, room, ask.user, {"membership": "join", **_reason(ask)})
    return {"room_id": room.room_id}


@routes("POST", "/knock/{room}")
async def knock(world: World, ask: Ask) -> Answer:
    room = world.room(world.resolve(ask.params["room"]))
    world.set_membership(ask.user, room, ask.user, {"membership": "knock", **_reason(ask)})
    return {"room_id": room.room_id}


@routes("POST", "/rooms/{room_id}/leave")
async def leave(world: World, ask: Ask) -> Answer:
    room = world.room_to_cross(ask.params["room_id"])
    world.set_membership(ask.user, room, ask.user, {"membership": "leave", **_reason(ask)})
    return {}


@routes("POST", "/rooms/{room_id}/{what:invite|kick|ban|unban}")
async def change_membership(world: World, ask: Ask) -> Answer:
    target = ask.body.get("user_id")
    if not isinstance(target, str):
        raise bad_request("M_MISSING_PARAM", "user_id must be a string")
    what = ask.params["what"]
    if what in ("kick", "unban"):
        world.room_to_cross(ask.params["room_id"])
    room = world.room_for(ask.user, ask.params["room_id"])
    if what == "unban" and room.membership(target) != "ban":
        raise bad_state(f"Cannot unban user who was not banned: {target}")
    if what == "kick" and room.membership(target) == "ban":
        raise bad_state(f"Cannot kick a banned user: {target}")
    membership = {"kick": "leave", "unban": "leave"}.get(what, what)
    world.set_membership(ask.user, room, target, {"membership": membership, **_reason(ask)})
    return {}


@routes("POST", "/rooms/{room_id}/forget")
async def forget(world: World, ask: Ask) -> Answer:
    room = world.rooms.get(ask.params["room_id"])
    if room is not None and room.membership(ask.user) in ("join", "invite"):
        raise bad_request("M_UNKNOWN", f"User {ask.user} is in room {room.room_id}")
    if room is not None:
        room.forgotten.add(ask.user)
    return {}


def _reason(ask: Ask) -> Json:
    return {"reason": ask.body["reason"]} if isinstance(ask.body.get("reason"), str) else {}


@routes("GET", "/joined_rooms")
async def joined_rooms(world: World, ask: Ask) -> Answer:
    return {"joined_rooms": [r.room_id for r in world.rooms.values() if r.membership(ask.user) == "join"]}


@routes("GET", "/rooms/{room_id}/joined_members")
async def joined_members(world: World, ask: Ask) -> Answer:
    room = world.room_for(ask.user, ask.params["room_id"])
    return {"joined": {user: _profile(room, user) for user in room.members("join")}}


def _profile(room: Room, user: str) -> Json:
    content = room.content("m.room.member", user)
    return {"display_name": content.get("displayname"), "avatar_url": content.get("avatar_url")}


@routes("GET", "/rooms/{room_id}/members")
async def members(world: World, ask: Ask) -> Answer:
    wanted, unwanted = ask.query.get("membership"), ask.query.get("not_membership")
    events = [event for (kind, _), event in _state(world, ask).items() if kind == "m.room.member"]
    return {
        "chunk": [
            event.as_json()
            for event in events
            if (wanted is None or event.content.get("membership") == wanted)
            and (unwanted is None or event.content.get("membership") != unwanted)
        ]
    }


@routes("GET", "/rooms/{room_id}/aliases")
async def aliases(world: World, ask: Ask) -> Answer:
    room = world.room_for(ask.user, ask.params["room_id"])
    return {"aliases": world.aliases_of(room.room_id)}


@routes("GET", "/rooms/{room_id}/event/{event_id}")
async def get_event(world: World, ask: Ask) -> Answer:
    room = world.room_for(ask.user, ask.params["room_id"])
    for event in visible_to(room, ask.user):
        if event.event_id == ask.params["event_id"]:
            return event.as_json()
    raise not_found("Event not found.")


@routes("GET", "/rooms/{room_id}/messages")
async def messages(world: World, ask: Ask) -> Answer:
    """A page of the timeline. Tokens are `t<position>`: everything up to that position lies behind it."""
    room = world.rooms.get(ask.params["room_id"])
    if room is None or ask.user in room.forgotten or not room.state_for(ask.user):
        raise forbidden(f"User {ask.user} not in room {ask.params['room_id']}")
    back = ask.query.get("dir", "f") == "b"
    limit = min(int(ask.query.get("limit", "10")), 1000)
    start = _token(ask.query["from"]) if "from" in ask.query else (world.position if back else 0)
    end = _token(ask.query["to"]) if "to" in ask.query else None
    visible = visible_to(room, ask.user)
    page = _before(visible, start, end)[:limit] if back else _after(visible, start, end)[:limit]
    chunk = [_told_its_key(world, ask, e.as_json()) for e in page if not e.hidden]
    answer: Json = {"chunk": chunk, "start": f"t{start}", "state": []}
    if page:
        answer["end"] = f"t{page[-1].position - 1}" if back else f"t{page[-1].position}"
    return answer


def _told_its_key(world: World, ask: Ask, shown: Json) -> Json:
    """The device that sent it is told under which transaction id."""
    *sender, txn_id = world.sent_under.get(shown["event_id"], ("", "", ""))
    if ask.device and sender == [ask.user, ask.device]:
        shown["unsigned"]["transaction_id"] = txn_id
    return shown


def _token(text: str) -> int:
    if text[:1] not in ("t", "s") or not text[1:].isdigit():
        raise bad_request("M_UNKNOWN", f"Invalid stream token {text}")
    return int(text[1:])


def _before(events: list[Event], start: int, end: int | None) -> list[Event]:
    return [e for e in reversed(events) if e.position <= start and (end is None or e.position > end)]


def _after(events: list[Event], start: int, end: int | None) -> list[Event]:
    return [e for e in events if e.position > start and (end is None or e.position <= end)]


def visible_to(room: Room, user: str) -> list[Event]:
    """The events that `user` may read: by the history's visibility, and until they left."""
    own = [e for e in room.timeline if e.type == "m.room.member" and e.state_key == user]
    since, until = 0, None
    if room.history_visibility in ("invited", "joined"):
        opening = ("join",) if room.history_visibility == "joined" else ("join", "invite")
        let_in = [e.position for e in own if e.content.get("membership") in opening]
        since = min(let_in, default=1 << 60)
    if own and own[-1].content.get("membership") in ("leave", "ban"):
        until = own[-1].position
    return [e for e in room.timeline if e.position >= since and (until is None or e.position <= until)]
