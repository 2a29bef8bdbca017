"""The single calls of the Client-Server API, by what they ask for. Those about keys are in `key_calls.py`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from appservice.homeserver.answers import HomeserverError, Unreachable, fits, id_in, is_id
from appservice.homeserver.session import Identity, Session, quoted
from appservice.watching import UNWATCHED, Watch
from spaces.identifiers import EventId, RoomId, UserId

_ACTING = "/_matrix/client/v3"


class Homeserver(Session):
    """One homeserver, spoken to as the bot. Every method is one call and raises `HomeserverError`."""

    def __init__(
        self, identity: Identity, watch: Watch = UNWATCHED, may_call: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(identity, watch, may_call)
        self._marking = asyncio.Lock()

    # -- the bot ---------------------------------------------------------------------------------

    async def register(self) -> None:
        """Make the bot's account. Being there already is success."""
        body = {"type": "m.login.application_service", "username": self.user.localpart, "inhibit_login": True}
        try:
            await self.call("POST", f"{_ACTING}/register", body)
        except HomeserverError as error:
            if error.errcode != "M_USER_IN_USE":
                raise
        self.assert_user()

    async def make_device(self, display_name: str, device_id: str | None = None) -> None:
        """Make the bot's device, or another, with the as_token (MSC4190), and assert it from now on."""
        device = device_id or self.device_id
        path = f"{_ACTING}/devices/{quoted(device)}"
        await self.call("PUT", path, {"display_name": display_name}, as_device=False)
        self.assert_device(device)

    async def set_display_name(self, name: str) -> None:
        await self.call("PUT", f"{_ACTING}/profile/{quoted(self.user)}/displayname", {"displayname": name})

    async def ping(self, appservice_id: str, txn_id: str) -> None:
        """Ask the homeserver to call us back (MSC2659)."""
        path = f"/_matrix/client/v1/appservice/{quoted(appservice_id)}/ping"
        await self.call("POST", path, {"transaction_id": txn_id}, seconds=15)

    async def who_am_i(self) -> None:
        """Ask whether it answers, and takes us for the bot."""
        await self.call("GET", f"{_ACTING}/account/whoami", seconds=15)

    async def room_versions(self) -> tuple[list[str], str]:
        """The room versions offered, and the default."""
        answer = await self.call("GET", f"{_ACTING}/capabilities", answers={"capabilities": dict})
        found = answer["capabilities"].get("m.room_versions", {})
        if not (found == {} or fits(found, {"available": dict, "default": str})):
            raise Unreachable("room versions that are not the specification's")
        return list(found.get("available", {})), found.get("default", "")

    async def mark_direct(self, user: UserId, room: RoomId) -> None:
        """Note `room` as a direct one with `user` in the bot's account data (m.direct)."""
        path = f"{_ACTING}/user/{quoted(self.user)}/account_data/m.direct"
        async with self._marking:  # it is read, changed and written whole
            try:
                direct = await self.call("GET", path)
            except HomeserverError as error:
                if error.status != 404:
                    raise
                direct = {}
            if not all(isinstance(rooms, list) for rooms in direct.values()):
                raise Unreachable("account data that is not the specification's")  # not to be written over
            rooms = direct.get(user, [])
            if room not in rooms:
                await self.call("PUT", path, {**direct, user: [*rooms, room]})

    async def unmark_direct(self, user: UserId, room: RoomId) -> None:
        """Note `room` no longer as a direct one with `user`, nor `user` where there is no other."""
        path = f"{_ACTING}/user/{quoted(self.user)}/account_data/m.direct"
        async with self._marking:
            try:
                direct = await self.call("GET", path)
            except HomeserverError as error:
                if error.status != 404:
                    raise
                return
            kept = direct.get(user) if isinstance(direct.get(user), list) else []
            left = [one for one in kept if one != room]
            others = {name: rooms for name, rooms in direct.items() if name != user}
            await self.call("PUT", path, {**others, **({user: left} if left else {})})

    # -- rooms -----------------------------------------------------------------------------------

    async def create_room(self, body: Mapping[str, Any]) -> RoomId | None:
        """POST createRoom once. None where the answer names no room."""
        room = (await self.call("POST", f"{_ACTING}/createRoom", body)).get("room_id")
        return RoomId(room) if is_id(room, "!") else None

    async def resolve_alias(self, alias: str) -> RoomId | None:
        """The room that `#localpart:server` points to, or None."""
        try:
            answer = await self.call("GET", f"{_ACTING}/directory/room/{quoted(alias)}")
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise
        return RoomId(id_in(answer, "room_id", "!"))

    async def put_alias(self, alias: str, room: RoomId) -> None:
        await self.call("PUT", f"{_ACTING}/directory/room/{quoted(alias)}", {"room_id": room})

    async def delete_alias(self, alias: str) -> None:
        await self.call("DELETE", f"{_ACTING}/directory/room/{quoted(alias)}")

    async def list_room(self, network: str, room: RoomId, *, listed: bool) -> None:
        """Put a room into, or take it out of, the room directory of one third-party network."""
        path = f"{_ACTING}/directory/list/appservice/{quoted(network)}/{quoted(room)}"
        await self.call("PUT", path, {"visibility": "public" if listed else "private"})

    async def state(self, room: RoomId) -> list[dict[str, Any]]:
        """The room's whole state, as events. None is without the one that made the room."""
        answer = await self.call("GET", f"{_ACTING}/rooms/{quoted(room)}/state", answers=list)
        events = [event for event in answer if isinstance(event, dict)]
        if not any(event.get("type") == "m.room.create" for event in events):
            raise Unreachable("a room's state that is none")  # else the room would count as not there
        return events

    async def event(self, room: RoomId, event: EventId) -> Any:
        """One event as the homeserver has it for that room: anything at all."""
        return await self.call("GET", f"{_ACTING}/rooms/{quoted(room)}/event/{quoted(event)}")

    async def put_state(self, room: RoomId, kind: str, key: str, content: Mapping[str, Any]) -> None:
        await self.call("PUT", f"{_ACTING}/rooms/{quoted(room)}/state/{quoted(kind)}/{quoted(key)}", content)

    async def send(self, room: RoomId, kind: str, txn_id: str, content: Mapping[str, Any]) -> EventId:
        path = f"{_ACTING}/rooms/{quoted(room)}/send/{quoted(kind)}/{quoted(txn_id)}"
        return EventId(id_in(await self.call("PUT", path, content), "event_id", "$"))

    async def redact(self, room: RoomId, event: EventId, txn_id: str) -> None:
        await self.call("PUT", f"{_ACTING}/rooms/{quoted(room)}/redact/{quoted(event)}/{quoted(txn_id)}", {})

    # -- who is in them -------------------------------------------------------------------------

    async def invite(self, room: RoomId, user: UserId, reason: str) -> None:
        """Invite; whoever is there already counts as invited."""
        await self._member(room, "invite", user, reason)

    async def has_account(self, user: UserId) -> bool:
        """Whether the homeserver knows this user of its own: by their profile, or as a name that is taken.

        Who has neither a name nor a picture has no profile as a whole: Synapse answers 404, as for nobody.
        For the name alone it tells the two apart. It may keep profiles from us (403, its
        `limit_profile_requests_to_users_who_share_rooms`): a name that nobody can register counts as known
        then.
        """
        try:
            await self.call("GET", f"{_ACTING}/profile/{quoted(user)}/displayname")
        except HomeserverError as error:
            if error.status not in (403, 404):
                raise
            return await self._is_taken(user.localpart, otherwise=error.status == 403)
        return True

    async def _is_taken(self, localpart: str, *, otherwise: bool) -> bool:
        """`otherwise` where it does not tell, because nobody can register there."""
        try:
            await self.call("GET", f"{_ACTING}/register/available", query={"username": localpart})
        except HomeserverError as error:
            if error.status not in (400, 403, 404):
                raise
            return error.errcode == "M_USER_IN_USE" or (otherwise and error.status != 400)
        return False

    async def kick(self, room: RoomId, user: UserId, reason: str) -> None:
        """Take out; whoever is not there counts as taken out."""
        await self._member(room, "kick", user, reason)

    async def _member(self, room: RoomId, deed: str, user: UserId, reason: str) -> None:
        body = {"user_id": user, **({"reason": reason} if reason else {})}
        try:
            await self.call("POST", f"{_ACTING}/rooms/{quoted(room)}/{deed}", body)
        except HomeserverError as error:
            if error.status != 403 or await self._membership(room, user) != (deed == "invite"):
                raise

    async def _membership(self, room: RoomId, user: UserId) -> bool:
        """Whether `user` is in the room or invited."""
        path = f"{_ACTING}/rooms/{quoted(room)}/state/m.room.member/{quoted(user)}"
        try:
            content = await self.call("GET", path)
        except HomeserverError as error:
            if error.status == 404:
                return False
            raise
        return content.get("membership") in ("join", "invite")

    async def join(self, room: RoomId, via: str = "") -> None:
        query = {"server_name": via} if via else None
        await self.call("POST", f"{_ACTING}/join/{quoted(room)}", {}, query=query)

    async def leave(self, room: RoomId, reason: str = "") -> None:
        body = {"reason": reason} if reason else {}
        await self.call("POST", f"{_ACTING}/rooms/{quoted(room)}/leave", body)

    async def forget(self, room: RoomId) -> None:
        """The room, which the bot has left, is shown to it no more."""
        await self.call("POST", f"{_ACTING}/rooms/{quoted(room)}/forget", {})

    async def joined_rooms(self) -> list[RoomId]:
        answer = await self.call("GET", f"{_ACTING}/joined_rooms", answers={"joined_rooms": list})
        return [RoomId(room) for room in answer["joined_rooms"] if is_id(room, "!")]

    # -- what there is to read ------------------------------------------------------------------

    async def hierarchy(self, room: RoomId, start: str | None) -> dict[str, Any]:
        """One page of the rooms below a Space, as far as the bot is told of them."""
        path = f"/_matrix/client/v1/rooms/{quoted(room)}/hierarchy"
        query = {"limit": "50", **({"from": start} if start else {})}
        answer: dict[str, Any] = await self.call("GET", path, query=query, answers={"rooms": list})
        return answer

    async def messages(
        self, room: RoomId, start: str | None, *, until: str | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """One page of the room's timeline, backwards from `start` or from its end."""
        query = {"dir": "b", "limit": str(limit), **({"from": start} if start else {})}
        query |= {"to": until} if until else {}
        path = f"{_ACTING}/rooms/{quoted(room)}/messages"
        answer: dict[str, Any] = await self.call("GET", path, query=query, answers={"chunk": list})
        return answer

    async def sync(self, since: str | None, filter_: Mapping[str, Any]) -> dict[str, Any]:
        """What is new since `since`, without waiting. Not as the device: that would take its keys away."""
        query = {"timeout": "0", "filter": json.dumps(filter_), **({"since": since} if since else {})}
        path, news = f"{_ACTING}/sync", {"next_batch": str}
        answer: dict[str, Any] = await self.call("GET", path, query=query, as_device=False, answers=news)
        return answer
