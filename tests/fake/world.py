"""What the fake homeserver holds, and the rules by which it changes."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake.rooms import Event, Room
from tests.fake.wire import Json, MatrixError, bad_request, bad_state, forbidden, not_found
from tests.registration import Registration

MAX_EVENT_BYTES = 65_536


@dataclass
class Account:
    """A person or bot of this homeserver. `devices`: id → display name."""

    user_id: str
    password: str | None = None
    profile: Json = field(default_factory=dict)
    devices: dict[str, Json] = field(default_factory=dict)
    account_data: dict[tuple[str, str], tuple[int, Json]] = field(default_factory=dict)
    filters: list[Json] = field(default_factory=list)
    keys: dict[str, Json] = field(default_factory=dict)
    one_time_keys: dict[str, Json] = field(default_factory=dict)
    signing_keys: dict[str, Json] = field(default_factory=dict)
    to_device: list[tuple[int, str, Json]] = field(default_factory=list)


class World:
    """Rooms, aliases, listings and people. Nothing here knows HTTP."""

    def __init__(self, registration: Registration) -> None:
        self.belong_to(registration)
        self.server_name = registration.server_name
        self.default_version = "12"
        self.rooms: dict[str, Room] = {}
        self.aliases: dict[str, tuple[str, str]] = {}  # alias → room id, who made it
        self.media: dict[str, bytes] = {}  # mxc:// URI → file
        self.listed: dict[str, set[str]] = {}  # network id → room ids
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, tuple[str, str]] = {}  # access token → user, device
        self.sent_in_memory: dict[tuple[str, str], Json] = {}
        self.sent_on_disk: dict[tuple[str, str, str, str], str] = {}
        self.sent_under: dict[str, tuple[str, str, str]] = {}
        self.stream: list[Event] = []
        self.queue: list[Event] = []  # for the application service
        self._numbers = itertools.count(1)
        self.accounts[registration.sender] = Account(registration.sender)
        self.handed_over.set()

    def belong_to(self, registration: Registration) -> None:
        """What is of a running homeserver, and not of what it holds."""
        self.registration = registration
        self.clock: Callable[[], int] = lambda: int(time.time() * 1000)
        self.changed = asyncio.Event()
        self.pushing = asyncio.Event()  # there may be something to push
        self.handed_over = asyncio.Event()  # nothing is left to push

    def __getstate__(self) -> Json:
        running = ("registration", "clock", "changed", "pushing", "handed_over")
        return {name: value for name, value in vars(self).items() if name not in running}

    # -- ids --------------------------------------------------------------------------------------

    def _digest(self, what: str) -> str:
        seed = f"{what}{next(self._numbers)}{self.server_name}".encode()
        return base64.urlsafe_b64encode(hashlib.sha256(seed).digest()).decode().rstrip("=")

    def new_room_id(self, version: str) -> str:
        digest = self._digest("room")
        return f"!{digest}" if version == "12" else f"!{digest[:18]}:{self.server_name}"

    @property
    def position(self) -> int:
        """The place of the newest event (or other news) in the stream of everything."""
        return self._position

    _position = 0

    def advance(self) -> int:
        self._position += 1
        self.changed.set()
        return self._position

    # -- whose ------------------------------------------------------------------------------------

    def is_ours(self, user: str) -> bool:
        """Whether the application service may act as `user`."""
        pattern = self.registration.user_pattern
        return user == self.registration.sender or re.match(pattern, user) is not None

    def is_our_alias(self, alias: str) -> bool:
        return re.match(self.registration.alias_pattern, alias) is not None

    def account(self, user: str) -> Account:
        if user not in self.accounts:
            raise not_found(f"User {user} does not exist")
        return self.accounts[user]

    # -- rooms ------------------------------------------------------------------------------------

    def room(self, room_id: str) -> Room:
        """The room, or what a homeserver says of one that it does not know."""
        if room_id not in self.rooms:
            raise not_found(f"Unknown room {room_id}")
        return self.rooms[room_id]

    def room_for(self, user: str, room_id: str) -> Room:
        """The room, if `user` is in it; an unknown room and a closed one get the same answer."""
        room = self.rooms.get(room_id)
        if room is None or room.membership(user) != "join":
            raise forbidden(f"User {user} not in room {room_id}")
        return room

    def aliases_of(self, room_id: str) -> list[str]:
        return sorted(alias for alias, (room, _) in self.aliases.items() if room == room_id)

    def event(self, event_id: str) -> Event | None:
        return next((event for event in self.stream if event.event_id == event_id), None)

    # -- writing ----------------------------------------------------------------------------------

    def emit(
        self,
        room: Room,
        event_type: str,
        sender: str,
        content: Json,
        state_key: str | None = None,
        redacts: str | None = None,
    ) -> Event:
        """Write an event, unasked, and tell everyone whom it concerns."""
        check_content(content)
        event = Event(
            self._event_id(),
            room.room_id,
            event_type,
            sender,
            copy.deepcopy(content),
            state_key,
            self.advance(),
            self._written_at(),
            redacts=redacts,
        )
        if state_key is not None:
            self._replace_state(room, event, state_key)
        room.timeline.append(event)
        self.stream.append(event)
        if self._concerns_appservice(room, event):
            self.queue.append(event)
            self.handed_over.clear()
            self.pushing.set()
        return event

    def _written_at(self) -> int:
        """The time now in ms, and never that of the event before: what is sorted by it has one order."""
        newest = self.stream[-1].ts if self.stream else 0
        return max(self.clock(), newest + 1)

    def _event_id(self) -> str:
        return "$" + self._digest("event")

    @staticmethod
    def _replace_state(room: Room, event: Event, state_key: str) -> None:
        before = room.state.get((event.type, state_key))
        if before is not None:
            event.unsigned = {"prev_content": before.content, "replaces_state": before.event_id}
        room.state[event.type, state_key] = event

    def _concerns_appservice(self, room: Room, event: Event) -> bool:
        named = [event.sender, *([event.state_key or ""] if event.type == "m.room.member" else [])]
        return (
            any(self.is_ours(user) for user in named)
            or any(self.is_ours(user) for user in room.members("join"))
            or any(self.is_our_alias(alias) for alias in self.aliases_of(room.room_id))
        )

    def set_state(self, user: str, room_id: str, event_type: str, state_key: str, content: Json) -> Event:
        """Put state as `user`; equal content of the same sender is the event that is there."""
        room = self.room_for(user, room_id)
        if event_type == "m.room.member":
            return self.set_membership(user, room, state_key, content)
        room.judge(user, event_type, content, state_key)
        if event_type == "m.room.canonical_alias":
            self._check_canonical_alias(room, content)
        now = room.state.get((event_type, state_key))
        if now is not None and now.sender == user and now.content == content:
            return now
        return self.emit(room, event_type, user, content, state_key)

    def _check_canonical_alias(self, room: Room, content: Json) -> None:
        named = [content["alias"]] if content.get("alias") else []
        for alias in [*named, *content.get("alt_aliases", [])]:
            if self.aliases.get(alias, ("", ""))[0] != room.room_id:
                raise bad_request("M_BAD_ALIAS", f"Room alias {alias} does not point to the room")

    def send(self, user: str, room_id: str, event_type: str, content: Json) -> Event:
        room = self.room_for(user, room_id)
        room.judge(user, event_type, content, None)
        return self.emit(room, event_type, user, content)

    def redact(self, user: str, room_id: str, event_id: str, reason: str | None) -> Event:
        room = self.room_for(user, room_id)
        room.judge(user, "m.room.redaction", {}, None)
        target = next((e for e in room.timeline if e.event_id == event_id), None)
        if target is not None and target.sender != user:
            room.require_level(user, room.level("redact"), "redact events")
        content: Json = {"reason": reason} if reason else {}
        new = {**content, "redacts": event_id} if int(room.version) >= 11 else content
        redaction = self.emit(room, "m.room.redaction", user, new, redacts=event_id)
        if target is not None:
            self.erase(target, redaction)
        return redaction

    @staticmethod
    def erase(target: Event, redaction: Event) -> None:
        kept = {"m.room.member": ("membership",), "m.room.join_rules": ("join_rule", "allow")}
        target.content = {k: v for k, v in target.content.items() if k in kept.get(target.type, ())}
        target.unsigned = {"redacted_because": redaction.as_json()}

    def room_to_cross(self, room_id: str) -> Room:
        """The room to come into or to go out of: of an unknown one Synapse would ask other servers."""
        if room_id not in self.rooms:
            raise MatrixError(404, "M_UNKNOWN", "Can't join remote room because no servers are known")
        return self.rooms[room_id]

    # -- memberships ------------------------------------------------------------------------------

    def set_membership(self, sender: str, room: Room, target: str, content: Json) -> Event:
        """Change a membership if the rules let `sender` do so."""
        wanted = content.get("membership")
        judge = {
            "join": self._judge_join,
            "invite": self._judge_invite,
            "leave": self._judge_leave,
            "ban": self._judge_ban,
            "knock": self._judge_knock,
        }.get(str(wanted))
        if judge is None:
            raise bad_request("M_BAD_JSON", f"There is no membership {wanted}")
        more = judge(sender, room, target)
        now = room.state.get(("m.room.member", target))
        profile = self.accounts[target].profile if target in self.accounts else {}
        full = {**(profile if wanted in ("join", "invite", "knock") else {}), **more, **content}
        if now is not None and now.content == full and (now.sender == sender or wanted in ("join", "leave")):
            return now
        room.forgotten.discard(target)
        return self.emit(room, "m.room.member", sender, full, target)

    def _judge_join(self, sender: str, room: Room, target: str) -> Json:
        if sender != target:
            raise forbidden("Cannot force another user to join.")
        now = room.membership(target)
        if now == "ban":
            raise bad_state("You are banned from this room")
        if now in ("join", "invite") or room.join_rule == "public":
            return {}
        if not any(self.is_in(target, other) for other in room.allowed_rooms):
            raise forbidden("You are not invited to this room.")
        able = [u for u in room.members("join") if room.power_of(u) >= room.level("invite")]
        if not able:
            raise bad_request("M_UNABLE_TO_GRANT_JOIN", "No member can let anyone in")
        return {"join_authorised_via_users_server": max(able, key=room.power_of)}

    def is_in(self, user: str, room_id: str) -> bool:
        return room_id in self.rooms and self.rooms[room_id].membership(user) == "join"

    @staticmethod
    def _judge_invite(sender: str, room: Room, target: str) -> Json:
        room.require_joined(sender)
        now = room.membership(target)
        if now == "join":
            raise forbidden(f"{target} is already in the room.")
        if now == "ban":
            raise bad_state(f"{target} is banned from the room")
        room.require_level(sender, room.level("invite"), "invite users")
        return {}

    @staticmethod
    def _judge_leave(sender: str, room: Room, target: str) -> Json:
        now = room.membership(target)
        if sender == target:
            left = now == "leave" and room.state["m.room.member", target].sender == target
            if now not in ("join", "invite", "knock") and not left:
                raise forbidden(f"User {sender} not in room {room.room_id}")
            return {}
        room.require_joined(sender)
        what = "ban" if now == "ban" else "kick"
        if now not in ("join", "invite", "knock", "ban"):
            raise forbidden("The target user is not in the room")
        room.require_level(sender, max(room.level(what), room.level("kick")), what)
        if room.power_of(sender) <= room.power_of(target):
            raise forbidden(f"You cannot {what} user {target}.")
        return {}

    @staticmethod
    def _judge_ban(sender: str, room: Room, target: str) -> Json:
        room.require_joined(sender)
        room.require_level(sender, room.level("ban"), "ban")
        if room.power_of(sender) <= room.power_of(target):
            raise forbidden(f"You don't have permission to ban {target}")
        return {}

    @staticmethod
    def _judge_knock(sender: str, room: Room, target: str) -> Json:
        if room.join_rule not in ("knock", "knock_restricted") or sender != target:
            raise forbidden("You don't have permission to knock")
        if room.membership(target) in ("join", "invite", "ban"):
            raise forbidden("You cannot knock on this room")
        return {}

    # -- aliases and listings ---------------------------------------------------------------------

    def take_alias(self, alias: str, room_id: str, user: str) -> None:
        """Insert the unique row. Raises 409 if the alias is there, whatever it points to."""
        if alias in self.aliases:
            raise MatrixError(409, "M_UNKNOWN", f"Room alias {alias} already exists")
        self.aliases[alias] = (room_id, user)

    def resolve(self, room_id_or_alias: str) -> str:
        if not room_id_or_alias.startswith("#"):
            return room_id_or_alias
        if room_id_or_alias not in self.aliases:
            raise not_found(f"Room alias {room_id_or_alias} not found")
        return self.aliases[room_id_or_alias][0]

    def list_in(self, network: str, room_id: str, shown: bool) -> None:
        listed = self.listed.setdefault(network, set())
        if shown:
            listed.add(room_id)
        else:
            listed.discard(room_id)


def check_content(content: Json) -> None:
    if _has_float(content):
        raise bad_request("M_BAD_JSON", "Bad JSON value: float")
    if len(json.dumps(content, ensure_ascii=False).encode()) > MAX_EVENT_BYTES - 500:
        raise MatrixError(413, "M_TOO_LARGE", "event too large")


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_float(part) for part in value.values())
    if isinstance(value, list):
        return any(_has_float(part) for part in value)
    return isinstance(value, float)
