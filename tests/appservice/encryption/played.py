"""Devices that encrypt for each other, and the homeserver's part of it played in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from appservice.encryption import Encryption
from appservice.homeserver import Unreachable
from appservice.key_news import KeyNews
from appservice.store.encryption import Rotation
from spaces.identifiers import RoomId, UserId
from tests.appservice.stage import BOT

ROOM = RoomId("!encrypted:hs.test")
ALICE, EVE = "@alice:hs.test", "@eve:hs.test"
HELLO = {"msgtype": "m.text", "body": "Hello"}
PHONES = {BOT: "BOT-PHONE", ALICE: "ALICE-PHONE", EVE: "EVE-PHONE"}
NO_ROTATION = Rotation()
Phones = Callable[..., Any]
Json = dict[str, Any]


class KeyServer:
    """What a homeserver keeps of devices: their keys, and messages for them."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Json]] = {}
        self.one_time: dict[tuple[str, str], dict[str, Json]] = {}
        self.fallback: dict[tuple[str, str], dict[str, Json]] = {}
        self.waiting: dict[tuple[str, str], list[Json]] = {}
        self.readers: list[UserId] = []
        self.invited: list[UserId] = []
        self.shows_to_invited = True
        self.known: set[str] | None = None  # rooms; None: every one
        self.calls: Counter[str] = Counter()
        self.is_away = False

    def for_device(self, user: str, device_id: str) -> PlayedCalls:
        return PlayedCalls(self, UserId(user), device_id)


class PlayedCalls:
    """`KeyCalls` of one device."""

    def __init__(self, server: KeyServer, user: UserId, device_id: str) -> None:
        self.server = server
        self.user = user
        self.device_id = device_id

    def _count(self, name: str) -> None:
        if self.server.is_away:
            raise Unreachable("away")
        self.server.calls[name] += 1

    async def upload(self, keys: Mapping[str, Any]) -> int:
        self._count("upload")
        me = (self.user, self.device_id)
        if "device_keys" in keys:
            self.server.devices.setdefault(self.user, {})[self.device_id] = keys["device_keys"]
        ours = self.server.one_time.setdefault(me, {})
        for id_, key in keys.get("one_time_keys", {}).items():
            assert ours.setdefault(id_, key) == key, "a one-time key of that name was there, and another"
        self.server.fallback.setdefault(me, {}).update(keys.get("fallback_keys", {}))
        return len(ours)

    async def query(self, users: Iterable[str]) -> Json:
        self._count("query")
        return {"device_keys": {user: dict(self.server.devices.get(user, {})) for user in users}}

    async def claim(self, devices: Mapping[str, Iterable[str]]) -> Json:
        self._count("claim")
        claimed: Json = {}
        for user, ids in devices.items():
            for id_ in ids:
                keys, last = self.server.one_time.get((user, id_)), self.server.fallback.get((user, id_))
                if keys:
                    name = next(iter(keys))
                    claimed.setdefault(user, {})[id_] = {name: keys.pop(name)}
                elif last:
                    claimed.setdefault(user, {})[id_] = dict(last)
        return claimed

    async def send_to_devices(self, messages: Mapping[str, Any]) -> None:
        self._count("send")
        for user, by_device in messages.items():
            for id_, content in by_device.items():
                message = {"type": "m.room.encrypted", "sender": self.user, "content": content}
                self.server.waiting.setdefault((user, id_), []).append(message)

    async def members_of(self, room: RoomId) -> dict[UserId, str]:
        self._count("members")
        here = dict.fromkeys(self.server.readers, "join") | dict.fromkeys(self.server.invited, "invite")
        return {user: membership for user, membership in here.items() if user != self.user}

    async def shows_to_invited(self, room: RoomId) -> bool:
        self._count("visibility")
        return self.server.shows_to_invited


class Phone:
    """One device of somebody: an `Encryption` with its store and its calls."""

    def __init__(
        self, server: KeyServer, folder: Path, user: str, device_id: str, now: Callable[[], float]
    ) -> None:
        self.calls = server.for_device(user, device_id)
        self.user, self.device_id = user, device_id
        calls: Any = self.calls
        self.encryption = Encryption(calls, folder / user.strip("@"), "passphrase", now, self._knows)
        self.encryption.open(device_id)

    @property
    def machine(self) -> Any:
        return self.encryption._machine

    async def begin(self) -> None:
        await self.encryption.tend()

    async def _knows(self, room: RoomId) -> bool:
        return self.calls.server.known is None or room in self.calls.server.known

    async def take(self, *, changed: Iterable[str] = ()) -> bool:
        """Take in what waits for it."""
        messages = self.calls.server.waiting.pop((self.user, self.device_id), [])
        return await self.encryption.take(KeyNews(messages, frozenset(changed)))

    def restart(self) -> None:
        self.encryption.close()
        self.encryption.open(self.device_id)


async def says(who: Phone, body: str = "Hello", rotation: Rotation = NO_ROTATION) -> dict[str, Any]:
    return await who.encryption.encipher(ROOM, "m.room.message", {**HELLO, "body": body}, rotation)


async def heard(by: Phone, sender: str, content: dict[str, Any]) -> str | None:
    found = await by.encryption.decipher(ROOM, sender, content)
    return None if found is None else str(found.content["body"])
