"""One room of the fake homeserver: its state, its timeline, and who may do what in it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from typing import Any

from tests.fake.wire import Json, bad_request, forbidden

StateKey = tuple[str, str]
STRIPPED = (
    "m.room.create",
    "m.room.join_rules",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.canonical_alias",
    "m.room.encryption",
)
_DEFAULTS = {"invite": 0, "kick": 50, "ban": 50, "redact": 50, "events_default": 0, "users_default": 0}


@dataclass
class Event:
    """`hidden` ones (rejected, say) take up room in a page of `/messages` but are not shown."""

    event_id: str
    room_id: str
    type: str
    sender: str
    content: Json
    state_key: str | None
    position: int
    ts: int
    unsigned: Json = field(default_factory=dict)
    redacts: str | None = None
    hidden: bool = False

    def as_json(self, *, with_room: bool = True) -> Json:
        shown: Json = {
            "event_id": self.event_id,
            "type": self.type,
            "sender": self.sender,
            "content": copy.deepcopy(self.content),
            "origin_server_ts": self.ts,
            "unsigned": copy.deepcopy(self.unsigned),
        }
        if with_room:
            shown["room_id"] = self.room_id
        if self.state_key is not None:
            shown["state_key"] = self.state_key
        if self.redacts is not None:
            shown["redacts"] = self.redacts
        return shown

    def stripped(self) -> Json:
        return {
            "type": self.type,
            "sender": self.sender,
            "state_key": self.state_key or "",
            "content": copy.deepcopy(self.content),
        }


@dataclass
class Room:
    room_id: str
    version: str
    state: dict[StateKey, Event] = field(default_factory=dict)
    timeline: list[Event] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)

    # -- reading ----------------------------------------------------------------------------------

    def content(self, event_type: str, state_key: str = "") -> Json:
        event = self.state.get((event_type, state_key))
        return event.content if event else {}

    def membership(self, user: str) -> str | None:
        event = self.state.get(("m.room.member", user))
        return event.content.get("membership") if event else None

    def members(self, *memberships: str) -> list[str]:
        return [
            key
            for (kind, key), event in self.state.items()
            if kind == "m.room.member" and event.content.get("membership") in memberships
        ]

    @property
    def creators(self) -> frozenset[str]:
        create = self.state.get(("m.room.create", ""))
        if create is None:
            return frozenset()
        more = create.content.get("additional_creators", []) if self.creators_are_above_all else []
        return frozenset({create.sender, *more})

    @property
    def creators_are_above_all(self) -> bool:
        return self.version == "12"

    @property
    def join_rule(self) -> Any:
        return self.content("m.room.join_rules").get("join_rule", "invite")

    @property
    def allowed_rooms(self) -> list[str]:
        """The rooms whose members a restricted rule lets in."""
        if self.join_rule not in ("restricted", "knock_restricted"):
            return []
        allow = self.content("m.room.join_rules").get("allow")
        entries = allow if isinstance(allow, list) else []
        return [e["room_id"] for e in entries if isinstance(e, dict) and isinstance(e.get("room_id"), str)]

    @property
    def history_visibility(self) -> str:
        return str(self.content("m.room.history_visibility").get("history_visibility", "shared"))

    def power_of(self, user: str) -> float:
        if user in self.creators and self.creators_are_above_all:
            return math.inf
        if ("m.room.power_levels", "") not in self.state:
            return 100 if user in self.creators else 0
        levels = self.content("m.room.power_levels")
        return _level(levels.get("users", {}).get(user, levels.get("users_default", 0)))

    def level(self, name: str) -> float:
        return _level(self.content("m.room.power_levels").get(name, _DEFAULTS[name]))

    def level_to_send(self, event_type: str, is_state: bool) -> float:
        levels = self.content("m.room.power_levels")
        missing = ("m.room.power_levels", "") not in self.state
        default = (0 if missing else levels.get("state_default", 50)) if is_state else None
        if default is None:
            default = levels.get("events_default", 0)
        return _level(levels.get("events", {}).get(event_type, default))

    def state_for(self, user: str) -> dict[StateKey, Event]:
        """The state that `user` may read: of now, or of when they left. Raises 403 for strangers."""
        now = self.state.get(("m.room.member", user))
        membership = now.content.get("membership") if now else None
        if membership == "join":
            return self.state
        was_in = any(e.state_key == user and e.content.get("membership") == "join" for e in self.timeline)
        if now is None or membership not in ("leave", "ban") or not was_in or user in self.forgotten:
            raise forbidden(f"User {user} not in room {self.room_id}")
        return self.state_at(now.position)

    def state_at(self, position: int) -> dict[StateKey, Event]:
        """The state as it was when the stream had come to `position`."""
        then = [e for e in self.timeline if e.state_key is not None and e.position <= position]
        return {(event.type, event.state_key or ""): event for event in then}

    # -- judging ----------------------------------------------------------------------------------

    def require_joined(self, user: str) -> None:
        if self.membership(user) != "join":
            raise forbidden(f"User {user} not in room {self.room_id}")

    def require_level(self, user: str, level: float, what: str) -> None:
        if self.power_of(user) < level:
            raise forbidden(f"You don't have permission to {what}: {self.power_of(user)} < {level}")

    def judge(self, user: str, event_type: str, content: Json, state_key: str | None) -> None:
        """Raise what a homeserver answers if `user` may not send this (memberships apart)."""
        self.require_joined(user)
        level = self.level_to_send(event_type, state_key is not None)
        self.require_level(user, level, f"send {event_type}")
        if state_key is not None and state_key.startswith("@") and state_key != user:
            raise forbidden("You are not allowed to set others state")
        if event_type == "m.room.create":
            raise forbidden("There is a create event already")
        if event_type == "m.room.power_levels":
            judge_levels(content, self.creators if self.creators_are_above_all else frozenset())
            self._judge_change_of_levels(user, content)

    def _judge_change_of_levels(self, user: str, content: Json) -> None:
        power, now = self.power_of(user), self.content("m.room.power_levels")
        for part in ("users", "events"):
            old, new = now.get(part, {}), content.get(part, {})
            for key in old.keys() | new.keys():
                self._judge_change(power, old.get(key), new.get(key), part == "users" and key != user)
        for key in _DEFAULTS.keys() | {"state_default"}:
            self._judge_change(power, now.get(key), content.get(key), equals=False)

    @staticmethod
    def _judge_change(power: float, old: Any, new: Any, equals: bool) -> None:
        if old == new:
            return
        if old is not None and (_level(old) > power or (equals and _level(old) == power)):
            raise forbidden("You don't have permission to remove a level equal to or above your own")
        if new is not None and _level(new) > power:
            raise forbidden("You don't have permission to add a level above your own")


def judge_levels(content: Json, creators: frozenset[str]) -> None:
    """Raise what a homeserver answers to power levels that are no power levels."""
    users = content.get("users", {})
    if not isinstance(users, dict) or any(type(level) is not int for level in users.values()):
        raise bad_request("M_BAD_JSON", "The power levels of users must be integers")
    if creators & users.keys():
        raise bad_request("M_UNKNOWN", "Creators cannot stand in the users of power levels")


def _level(value: Any) -> float:
    return value if type(value) is int else 0
