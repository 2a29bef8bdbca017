"""One room for one place, whatever stops us in between.

`createRoom` is neither atomic nor idempotent, so the opaque alias in our exclusive namespace is the
lock, and our marker in the create event, which nobody can change, is the proof:

    first try            POST createRoom with the alias
    the alias is taken,  resolve the alias ──▶ marker ours, made by the bot ──▶ take it, complete or not
    or no clear answer            │          ──▶ anything else there         ──▶ refuse aloud
                                  │          ──▶ no room behind it (ghost)   ──▶ look again, then free it
                                  ▼
                         no alias: look through the rooms we are in for our marker, else POST again

What is half-made is completed by the read back that follows (`appservice/readback.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appservice.homeserver import Homeserver, HomeserverError, Unreachable
from appservice.places import Places
from spaces.actions import CreateRoom, Renew, StateEvent
from spaces.identifiers import PlaceId, RoomId
from spaces.sentences import sentence

MARKER = "org.hedgerow.place"
_COMING_ALONG = ("m.room.avatar", "m.room.encryption", "m.room.server_acl")
_LOOKS_AT_A_GHOST = 3
_SECONDS_AT_A_GHOST = 60.0


class AliasConflict(Exception):
    """An alias that a place needs points to a room that is none of ours. It is left alone."""

    def __init__(self, alias: str) -> None:
        self.said = sentence(
            "{alias} points to a room that is none of Hedgerow's. Take the alias away from that room; "
            "then ask again.",
            alias=alias,
        )
        super().__init__(str(self.said))


class Ghost(Unreachable):
    """The alias points to no room that can be read: perhaps one that is being made right now.

    Look again in `wait` seconds.
    """

    def __init__(self, wait: float) -> None:
        super().__init__("the room's alias is taken, but there is no room behind it yet")
        self.wait = wait


def _lock_of(action: Renew) -> str:
    """The localpart of the alias that only the room after `action.old` has."""
    digest = hashlib.blake2b(action.old.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{PlaceId(action.room).alias_localpart}.{digest}"


@dataclass(slots=True)
class _Sighting:
    since: float
    looks: int = 0


class Provisioner:
    """Makes rooms of places. `now` gives seconds."""

    def __init__(self, homeserver: Homeserver, places: Places, now: Callable[[], float]) -> None:
        self._homeserver = homeserver
        self._places = places
        self._now = now
        self._ghosts: dict[PlaceId, _Sighting] = {}

    async def make(self, action: CreateRoom, *, tried: bool) -> RoomId:
        """The room of `action`'s place: made, or found made. `tried`: an earlier try had no clear end."""
        place = PlaceId(action.room)
        if tried and (found := await self._look_up(place) or await self._search(place)):
            return found
        try:
            room = await self._homeserver.create_room(self._body(action, place))
        except HomeserverError as error:
            return await self._after_refusal(place, error)
        if room is None:
            raise Unreachable("createRoom answered without a room")
        return room

    async def renew(self, action: Renew) -> RoomId:
        """The room that takes the place of `action.old`: made, or found made.

        Its lock is an alias of its own, which it keeps: so there is never a second one after the same room.
        """
        place, lock = PlaceId(action.room), _lock_of(action)
        if found := await self._look_up(place, lock):
            return found
        body = self._body(action, place)
        body["creation_content"]["predecessor"] = {"room_id": action.old}
        body["initial_state"] += await self._come_along(action)
        try:
            room = await self._homeserver.create_room({**body, "room_alias_name": lock})
        except HomeserverError as error:
            if (error.errcode == "M_ROOM_IN_USE" or error.is_final) and (
                found := await self._look_up(place, lock)
            ):
                return found
            raise
        if room is None:
            raise Unreachable("createRoom answered without a room")
        return room

    async def _come_along(self, action: Renew) -> list[dict[str, Any]]:
        """What people have set in the old room and is not ours to say; in a Space, rooms of others too."""
        given = {event.type for event in action.state}
        coming: list[dict[str, Any]] = []
        for event in await self._homeserver.state(action.old):
            kind, key, content = event.get("type"), event.get("state_key"), event.get("content")
            if not isinstance(kind, str) or not isinstance(key, str) or not isinstance(content, dict):
                continue
            is_setting = kind in _COMING_ALONG and kind not in given and key == ""
            is_foreign_child = kind == "m.space.child" and not self._places.knows(RoomId(key))
            if content and (is_setting or is_foreign_child):
                coming.append({"type": kind, "state_key": key, "content": content})
        return coming

    async def _after_refusal(self, place: PlaceId, error: HomeserverError) -> RoomId:
        taken = error.errcode == "M_ROOM_IN_USE" or error.status == 409
        if taken or error.is_final:
            found = await self._look_up(place)
            if found is not None:
                return found
        raise error

    def _body(self, action: CreateRoom | Renew, place: PlaceId) -> dict[str, Any]:
        creation = {MARKER: place, **({"type": "m.space"} if action.space else {})}
        # not as an override, which homeservers merge with their own: these are the whole levels
        levels = StateEvent("m.room.power_levels", action.power_levels)
        body: dict[str, Any] = {
            "visibility": "private",
            "preset": "private_chat",
            "room_alias_name": place.alias_localpart,
            "creation_content": creation,
            "initial_state": [
                {
                    "type": event.type,
                    "state_key": self._places.resolve(event.state_key),
                    "content": self._places.resolve(event.content),
                }
                for event in (levels, *action.state)
            ],
        }
        if action.version:
            body["room_version"] = action.version
        if place.is_direct:
            body["is_direct"] = True
        return body

    # -- what is there already -------------------------------------------------------------------

    async def _look_up(self, place: PlaceId, lock: str = "") -> RoomId | None:
        """The room behind the place's alias if it is ours. None: nothing is behind it, or not any more."""
        alias = f"#{lock or place.alias_localpart}:{self._homeserver.server}"
        room = await self._homeserver.resolve_alias(alias)
        if room is None:
            self._ghosts.pop(place, None)
            return None
        created = await self._create_event(room)
        if created is None:
            await self._wait_for_ghost(place, alias)
            return None
        self._ghosts.pop(place, None)
        if not self._is_ours(created, place):
            raise AliasConflict(alias)
        return room

    async def _create_event(self, room: RoomId) -> dict[str, Any] | None:
        try:
            state = await self._homeserver.state(room)
        except HomeserverError as error:
            if error.status not in (403, 404):
                raise
            return None
        return next((event for event in state if event.get("type") == "m.room.create"), None)

    def _is_ours(self, created: dict[str, Any], place: PlaceId) -> bool:
        content = created.get("content")
        marked = isinstance(content, dict) and content.get(MARKER) == place
        return marked and created.get("sender") == self._homeserver.user

    async def _wait_for_ghost(self, place: PlaceId, alias: str) -> None:
        """A creation may still be going on: only a ghost seen often enough, and long enough, is freed."""
        seen = self._ghosts.setdefault(place, _Sighting(self._now()))
        seen.looks += 1
        if seen.looks < _LOOKS_AT_A_GHOST or self._now() - seen.since < _SECONDS_AT_A_GHOST:
            raise Ghost(_SECONDS_AT_A_GHOST / _LOOKS_AT_A_GHOST)
        await self._homeserver.delete_alias(alias)
        del self._ghosts[place]

    async def _search(self, place: PlaceId) -> RoomId | None:
        """A room of ours that lost its alias: the lowest id among those with the marker."""
        unknown = sorted(r for r in await self._homeserver.joined_rooms() if not self._places.knows(r))
        for room in unknown:
            created = await self._create_event(room)
            if created is not None and self._is_ours(created, place):
                alias = f"#{place.alias_localpart}:{self._homeserver.server}"
                await self._homeserver.put_alias(alias, room)
                return room
        return None
