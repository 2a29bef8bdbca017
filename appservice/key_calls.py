"""The calls about keys and devices (Client-Server API, “End-to-End Encryption”), made as the bot."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from appservice.homeserver import Homeserver, HomeserverError, quoted
from spaces.identifiers import RoomId, UserId

_V3 = "/_matrix/client/v3"
_OTHER_SERVERS_MS = 5_000
_POLL_SECONDS = 30
_FILTER: dict[str, dict[str, list[str]]] = {
    "room": {"rooms": []},
    "presence": {"types": []},
    "account_data": {"types": []},
}
_COUNTED: dict[str, type] = {"one_time_key_counts": dict}
_PRESENT = ("join", "invite")
_SHOWN_TO_INVITED = ("invited", "shared", "world_readable")


class KeyCalls:
    """Every method is one call and raises `HomeserverError`."""

    def __init__(self, homeserver: Homeserver) -> None:
        self.user = homeserver.user
        self._homeserver = homeserver

    @property
    def device_id(self) -> str:
        """The bot's device at present."""
        return self._homeserver.device_id

    async def upload(self, keys: Mapping[str, Any]) -> int:
        """Publish device, one-time and fallback keys; how many one-time keys the homeserver now has."""
        answer = await self._homeserver.call("POST", f"{_V3}/keys/upload", keys, answers=_COUNTED)
        count = answer["one_time_key_counts"].get("signed_curve25519", 0)
        return count if isinstance(count, int) else 0

    async def query(self, users: Iterable[str]) -> Mapping[str, Any]:
        """The device keys and cross-signing keys of `users`, as the homeserver gives them."""
        body = {"device_keys": {user: [] for user in users}, "timeout": _OTHER_SERVERS_MS}
        path, found = f"{_V3}/keys/query", {"device_keys": dict}
        answer: Mapping[str, Any] = await self._homeserver.call("POST", path, body, answers=found)
        return answer

    async def claim(self, devices: Mapping[str, Iterable[str]]) -> Mapping[str, Any]:
        """One one-time key of each device: user → device → key. Who has none left is not in it."""
        wanted = {user: dict.fromkeys(ids, "signed_curve25519") for user, ids in devices.items()}
        body = {"one_time_keys": wanted, "timeout": _OTHER_SERVERS_MS}
        path, found = f"{_V3}/keys/claim", {"one_time_keys": dict}
        return _mapping(await self._homeserver.call("POST", path, body, answers=found), "one_time_keys")

    async def send_to_devices(self, messages: Mapping[str, Any]) -> None:
        """Send encrypted messages: user → device → content."""
        path = f"{_V3}/sendToDevice/m.room.encrypted/{secrets.token_hex(16)}"
        await self._homeserver.call("PUT", path, {"messages": messages})

    async def upload_signing_keys(self, keys: Mapping[str, Any]) -> None:
        """Publish the three cross-signing keys. With the as_token nobody has to confirm it."""
        await self._homeserver.call("POST", f"{_V3}/keys/device_signing/upload", keys)

    async def upload_signatures(self, signed: Mapping[str, Any]) -> None:
        """Publish signatures of ours: device or key id → the signed object."""
        await self._homeserver.call("POST", f"{_V3}/keys/signatures/upload", {self.user: signed})

    async def delete_device(self, device_id: str) -> None:
        """Remove a device of ours. One that is not there counts as removed."""
        try:
            await self._homeserver.call("DELETE", f"{_V3}/devices/{quoted(device_id)}", {})
        except HomeserverError as error:
            if error.status != 404:
                raise

    async def members_of(self, room: RoomId) -> dict[UserId, str]:
        """Who is in the room or invited to it (`join` or `invite`), but for the bot."""
        path, query = f"{_V3}/rooms/{quoted(room)}/members", {"not_membership": "leave"}
        answer = await self._homeserver.call("GET", path, query=query, answers={"chunk": list})
        events = [event for event in answer["chunk"] if isinstance(event, dict)]
        found = {
            UserId(str(event.get("state_key"))): _mapping(event, "content").get("membership")
            for event in events
        }
        return {user: m for user, m in found.items() if m in _PRESENT and user != self.user}

    async def shows_to_invited(self, room: RoomId) -> bool:
        """Whether who is invited may read what is said before they join (“Room History Visibility”)."""
        path = f"{_V3}/rooms/{quoted(room)}/state/m.room.history_visibility/"
        try:
            answer = await self._homeserver.call("GET", path)
        except HomeserverError as error:
            if error.status in (403, 404):
                return False
            raise
        return answer.get("history_visibility") in _SHOWN_TO_INVITED

    async def encryption_of(self, room: RoomId) -> Mapping[str, Any] | None:
        """The room's m.room.encryption; None where it is not encrypted, or not ours to see."""
        try:
            path = f"{_V3}/rooms/{quoted(room)}/state/m.room.encryption/"
            answer: Mapping[str, Any] = await self._homeserver.call("GET", path)
        except HomeserverError as error:
            if error.status in (403, 404):
                return None
            raise
        return answer

    async def sync(self, since: str | None) -> Mapping[str, Any]:
        """What is new for the bot's device, and nothing of rooms; waits for news up to half a minute."""
        query = {"filter": json.dumps(_FILTER), "set_presence": "offline"}
        query |= {"since": since, "timeout": str(_POLL_SECONDS * 1000)} if since else {"timeout": "0"}
        path, news = f"{_V3}/sync", {"next_batch": str}
        answer: Mapping[str, Any] = await self._homeserver.call(
            "GET", path, query=query, seconds=_POLL_SECONDS * 2, answers=news
        )
        return answer


def _mapping(of: object, key: str) -> Mapping[str, Any]:
    value = of.get(key) if isinstance(of, dict) else None
    return value if isinstance(value, dict) else {}
