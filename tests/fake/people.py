"""A person of the fake homeserver, acting at once: no HTTP in between, and not counted as a call."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.fake.creation import make_room
from tests.fake.directory_routes import is_accessible
from tests.fake.room_routes import visible_to
from tests.fake.rooms import Event
from tests.fake.wire import Json
from tests.fake.world import World


@dataclass
class FakeUser:
    """What a person does in their client. Raises `MatrixError` where a homeserver would refuse."""

    world: World
    user_id: str
    access_token: str
    device_id: str
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def create_room(self, **wanted: Any) -> str:
        """POST /createRoom with `wanted` as the body. Returns the room id."""
        return await make_room(self.world, self.user_id, wanted)

    async def create_dm(self, other: str, **more: Any) -> str:
        """A direct room, unencrypted, made as Element makes it. Returns its id."""
        return await self.create_room(
            preset="trusted_private_chat", is_direct=True, invite=[other], visibility="private", **more
        )

    def send(self, room_id: str, text: str, **more: Any) -> Event:
        content = {"msgtype": "m.text", "body": text, **more}
        return self.world.send(self.user_id, room_id, "m.room.message", content)

    def send_event(self, room_id: str, event_type: str, content: Json) -> Event:
        return self.world.send(self.user_id, room_id, event_type, content)

    def edit(self, room_id: str, event_id: str, text: str) -> Event:
        relation = {"rel_type": "m.replace", "event_id": event_id}
        new = {"msgtype": "m.text", "body": text}
        return self.send(room_id, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    def react(self, room_id: str, event_id: str, key: str) -> Event:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return self.send_event(room_id, "m.reaction", {"m.relates_to": relation})

    def redact(self, room_id: str, event_id: str, reason: str | None = None) -> Event:
        return self.world.redact(self.user_id, room_id, event_id, reason)

    def set_state(self, room_id: str, event_type: str, content: Json, state_key: str = "") -> Event:
        return self.world.set_state(self.user_id, room_id, event_type, state_key, content)

    def join(self, room_id_or_alias: str) -> str:
        room = self.world.room(self.world.resolve(room_id_or_alias))
        self.world.set_membership(self.user_id, room, self.user_id, {"membership": "join"})
        return room.room_id

    def knock(self, room_id: str) -> None:
        room = self.world.room(room_id)
        self.world.set_membership(self.user_id, room, self.user_id, {"membership": "knock"})

    def leave(self, room_id: str) -> None:
        room = self.world.room(room_id)
        self.world.set_membership(self.user_id, room, self.user_id, {"membership": "leave"})

    def invite(self, room_id: str, other: str, **more: Any) -> None:
        self._change(room_id, other, "invite", more)

    def kick(self, room_id: str, other: str, **more: Any) -> None:
        self._change(room_id, other, "leave", more)

    def ban(self, room_id: str, other: str, **more: Any) -> None:
        self._change(room_id, other, "ban", more)

    def _change(self, room_id: str, other: str, membership: str, more: Json) -> None:
        room = self.world.room_for(self.user_id, room_id)
        self.world.set_membership(self.user_id, room, other, {"membership": membership, **more})

    async def upgrade(self, room_id: str, **wanted: Any) -> str:
        """A new room in place of the old one, as clients do by hand: both point to each other."""
        content = {**wanted.pop("creation_content", {}), "predecessor": {"room_id": room_id}}
        new = await self.create_room(creation_content=content, **wanted)
        replaced = {"body": "This room has been replaced", "replacement_room": new}
        self.set_state(room_id, "m.room.tombstone", replaced)
        return new

    def membership(self, room_id: str) -> str | None:
        return self.world.room(room_id).membership(self.user_id)

    def invites(self) -> list[str]:
        return [r.room_id for r in self.world.rooms.values() if r.membership(self.user_id) == "invite"]

    def can_see(self, room_id: str) -> bool:
        """Whether `/hierarchy` tells this person of the room."""
        return is_accessible(self.world, self.world.room(room_id), self.user_id)

    def events(self, room_id: str) -> list[Event]:
        """What this person may read in the room, oldest first."""
        room = self.world.room(room_id)
        return visible_to(room, self.user_id) if room.membership(self.user_id) else []

    def messages(self, room_id: str) -> list[tuple[str, str]]:
        """Sender and body of each message, oldest first; redacted ones have an empty body."""
        return [
            (event.sender, str(event.content.get("body", "")))
            for event in self.events(room_id)
            if event.type == "m.room.message"
        ]
