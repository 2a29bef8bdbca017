"""GET /sync: first and incremental. Tokens are `s<position>`."""

from __future__ import annotations

import asyncio
import contextlib
import json

from tests.fake.directory_routes import invite_state
from tests.fake.room_routes import visible_to
from tests.fake.rooms import Event, Room
from tests.fake.wire import Answer, Ask, Json, MatrixError, Routes, bad_request
from tests.fake.world import World

routes = Routes()


@routes("GET", "/sync")
async def sync(world: World, ask: Ask) -> Answer:
    if ask.user == world.registration.sender:
        raise MatrixError(500, "M_UNKNOWN", "Internal server error")  # as Synapse answers its sender
    since = _since(ask.query.get("since"))
    chosen = _filter(world, ask)
    timeout = int(ask.query.get("timeout", "0")) / 1000
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        answer = _news(world, ask, since, chosen)
        left = deadline - asyncio.get_running_loop().time()
        if since is None or left <= 0 or answer.keys() > {"next_batch", "device_one_time_keys_count"}:
            return answer
        world.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await world.changed.wait()


def _since(token: str | None) -> int | None:
    if token is None:
        return None
    if not (token.startswith("s") and token[1:].isdigit()):
        raise bad_request("M_UNKNOWN", "Invalid stream token")
    return int(token[1:])


def _filter(world: World, ask: Ask) -> Json:
    text = ask.query.get("filter")
    if text is None:
        return {}
    if text.startswith("{"):
        return dict(json.loads(text))
    return world.account(ask.user).filters[int(text)]


def _news(world: World, ask: Ask, since: int | None, chosen: Json) -> Json:
    rooms = _rooms(world, ask.user, since, chosen.get("room", {}))
    answer: Json = {"next_batch": f"s{world.position}"}
    if rooms:
        answer["rooms"] = rooms
    account = world.account(ask.user)
    data = [
        {"type": event_type, "content": content}
        for (room_id, event_type), (position, content) in account.account_data.items()
        if not room_id and (since is None or position > since)
    ]
    if data:
        answer["account_data"] = {"events": data}
    mine = (ask.device, "*")
    to_device = [event for at, device, event in account.to_device if at > (since or 0) and device in mine]
    if to_device:
        answer["to_device"] = {"events": to_device}
    if ask.device is not None:
        held = account.one_time_keys.get(ask.device, {})
        answer["device_one_time_keys_count"] = {"signed_curve25519": len(held)}
    return answer


def _rooms(world: World, user: str, since: int | None, chosen: Json) -> Json:
    limit = int(chosen.get("timeline", {}).get("limit", 10))
    only = chosen.get("rooms")
    sections: Json = {}
    for room in world.rooms.values():
        if only is not None and room.room_id not in only:
            continue
        section = _section(room, user, since)
        if section is None:
            continue
        if section == "invite":
            shown = {"invite_state": {"events": invite_state(room, user)}}
        else:
            shown = _joined(room, user, since, limit)
        sections.setdefault(section, {})[room.room_id] = shown
    return sections


def _section(room: Room, user: str, since: int | None) -> str | None:
    """Where the room stands in the answer: join, invite, leave, or nowhere."""
    event = room.state.get(("m.room.member", user))
    if event is None or user in room.forgotten:
        return None
    membership = event.content.get("membership")
    if membership == "join":
        news = since is None or any(e.position > since for e in room.timeline)
        return "join" if news else None
    changed = since is None or event.position > since
    if membership == "invite":
        return "invite" if changed else None
    if membership in ("leave", "ban"):
        return "leave" if since is not None and changed else None
    return None


def _joined(room: Room, user: str, since: int | None, limit: int) -> Json:
    first = since is None or _joined_since(room, user, since)
    fresh = [e for e in visible_to(room, user) if not e.hidden and (first or e.position > (since or 0))]
    timeline = fresh[len(fresh) - limit :] if len(fresh) > limit else fresh
    limited = first or len(timeline) < len(fresh)
    start = timeline[0].position - 1 if timeline else (since or 0)
    before = [e for e in room.state_at(start).values() if first or (limited and _is_new(e, since))]
    return {
        "timeline": {
            "events": [e.as_json(with_room=False) for e in timeline],
            "limited": len(timeline) < len(fresh) or (since is not None and first),
            "prev_batch": f"t{start}",
        },
        "state": {"events": [e.as_json(with_room=False) for e in before]},
        "account_data": {"events": []},
        "ephemeral": {"events": []},
        "summary": {"m.joined_member_count": len(room.members("join"))},
    }


def _is_new(event: Event, since: int | None) -> bool:
    return since is None or event.position > since


def _joined_since(room: Room, user: str, since: int) -> bool:
    event = room.state["m.room.member", user]
    before = event.unsigned.get("prev_content", {}).get("membership")
    return event.position > since and before != "join"
