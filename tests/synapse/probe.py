"""Asks one homeserver, as the application service and as people, and writes down what it answers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.registration import Registration

Json = dict[str, Any]
LogIn = Callable[[str], Awaitable[tuple[str, str]]]  # localpart → user id, access token
DEVICE = "PROBE"


def q(part: str) -> str:
    return quote(part, safe="")


class Probe:
    """`seen` is what two homeservers are compared by: statuses, error codes, and what was noted."""

    def __init__(self, base_url: str, registration: Registration, scenario: str, log_in: LogIn) -> None:
        self.registration = registration
        self.scenario = scenario
        self.seen: list[Any] = []
        self._base_url = base_url
        self._log_in = log_in
        self._session = aiohttp.ClientSession()
        self._people: dict[str, tuple[str, str]] = {}
        self._txn_ids = itertools.count(1)

    async def start(self) -> None:
        """Make sure that the bot and its device are there."""
        wanted = {"type": "m.login.application_service", "username": self.registration.bot_localpart}
        await self._ask("POST", "/register", {**wanted, "inhibit_login": True}, self.registration.as_token)
        await self._ask("PUT", f"/devices/{DEVICE}?{self._as_bot}", {}, self.registration.as_token)

    async def close(self) -> None:
        await self._session.close()

    @property
    def _as_bot(self) -> str:
        return f"user_id={q(self.registration.bot)}"

    @property
    def bot_id(self) -> str:
        return self.registration.bot

    def alias(self, name: str = "room") -> str:
        """The localpart of an alias that only this scenario uses."""
        return f"{self.registration.alias_prefix}{self.scenario}_{name}"

    def full_alias(self, name: str = "room") -> str:
        return f"#{self.alias(name)}:{self.registration.server_name}"

    # -- asking -------------------------------------------------------------------------------------

    async def bot(self, method: str, path: str, body: Any = None, device: str | None = None) -> Any:
        """Ask as the bot; status and error code are written down, the body is returned."""
        named = f"{self._as_bot}&device_id={device}" if device else self._as_bot
        path += ("&" if "?" in path else "?") + named
        return await self._see(method, path, body, self.registration.as_token)

    async def raw(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Ask with any token or none."""
        return await self._see(method, path, body, token)

    async def person(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """Ask as a person of this scenario."""
        _, token = await self._account(name)
        return await self._see(method, path, body, token)

    async def user_id(self, name: str) -> str:
        return (await self._account(name))[0]

    async def _account(self, name: str) -> tuple[str, str]:
        if name not in self._people:
            self._people[name] = await self._log_in(f"{name}-{self.scenario}".replace("_", "-"))
        return self._people[name]

    async def _see(self, method: str, path: str, body: Any, token: str | None) -> Any:
        status, got = await self._ask(method, path, body, token)
        errcode = got.get("errcode", "") if isinstance(got, dict) and status >= 400 else ""
        self.seen.append(f"{len(self.seen) + 1}. {method}: {status} {errcode}".strip())
        return got

    async def _ask(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        of_v1 = "/hierarchy" in path or path.startswith("/appservice/")
        base = "/_matrix/client/v1" if of_v1 else "/_matrix/client/v3"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self._base_url}{base}{path}"
        while True:
            async with self._session.request(method, url, json=body, headers=headers) as answer:
                got = await answer.json()
                if not _is_of_its_own(answer.status, got):
                    return answer.status, got

    def note(self, what: Any) -> None:
        """Write down something that both must agree on: no ids, no times."""
        self.seen.append(what)

    # -- what scenarios often do --------------------------------------------------------------------

    async def room(self, **wanted: Any) -> str:
        """A room of the bot's."""
        return str((await self.bot("POST", "/createRoom", wanted)).get("room_id"))

    async def say(self, room_id: str, text: str, who: str | None = None) -> Any:
        path = f"/rooms/{q(room_id)}/send/m.room.message/{self.scenario}{next(self._txn_ids)}"
        body = {"msgtype": "m.text", "body": text}
        return await (self.person(who, "PUT", path, body) if who else self.bot("PUT", path, body))

    async def bring_in(self, room_id: str, name: str) -> None:
        """Invite a person and let them join."""
        await self.bot("POST", f"/rooms/{q(room_id)}/invite", {"user_id": await self.user_id(name)})
        await self.person(name, "POST", f"/join/{q(room_id)}", {})

    async def contents(self, room_id: str) -> dict[str, Any]:
        """The room's state without memberships, as `type|key` → content."""
        events = await self.bot("GET", f"/rooms/{q(room_id)}/state")
        return {
            f"{event['type']}|{event['state_key']}": event["content"]
            for event in sorted(events, key=lambda e: (e["type"], e["state_key"]))
            if event["type"] != "m.room.member"
        }

    async def membership(self, room_id: str, user_id: str) -> Any:
        """What is in a membership event, without times and names."""
        return await self.bot("GET", f"/rooms/{q(room_id)}/state/m.room.member/{q(user_id)}")

    async def named_in(self, room_id: str, name: str) -> bool:
        """Whether the bot's new name comes to stand in the room (Synapse writes it a little later)."""
        path = f"/rooms/{q(room_id)}/state/m.room.member/{q(self.bot_id)}?{self._as_bot}"
        for _ in range(200):
            _, content = await self._ask("GET", path, None, self.registration.as_token)
            if content.get("displayname") == name:
                return True
            await asyncio.sleep(0.05)
        return False

    async def note_hierarchy(self, room_id: str, name: str, query: str = "") -> None:
        """What `/hierarchy` tells a person: names, rules and how many children are named."""
        got = await self.person(name, "GET", f"/rooms/{q(room_id)}/hierarchy{query}")
        left_out = ("room_id", "children_state", "allowed_room_ids", "room_version", "encryption")
        for room in got.get("rooms", []):
            told = {key: value for key, value in room.items() if key.split(".")[-1] not in left_out}
            self.note({**told, "children": [sorted(child["content"]) for child in room["children_state"]]})

    async def note_sync(self, name: str, since: str | None = None) -> str:
        """What `/sync` tells a person, room by room: the section and the kinds of its events."""
        after = f"&since={since}" if since else ""
        got = await self.person(name, "GET", f"/sync?timeout=0{after}")
        for section, rooms in sorted(got.get("rooms", {}).items()):
            for shown in rooms.values():
                self.note([section, shown_kinds(shown)])
        return str(got["next_batch"])


def _is_of_its_own(status: int, got: Any) -> bool:
    """Whether Synapse, under load, tells of an error of its own that says nothing about what was asked.

    A ping's timer that has rung is cancelled all the same: Twisted's `AlreadyCalled`.
    """
    return status == 502 and str(got.get("error", "")).startswith("AlreadyCalled")


def shown_kinds(shown: Json) -> Json:
    """The types of events in each part of one room's section."""
    timeline = shown.get("timeline", {})
    return {
        "timeline": [event["type"] for event in timeline.get("events", [])],
        "limited": timeline.get("limited"),
        "state": sorted(event["type"] for event in shown.get("state", {}).get("events", [])),
        "invite": sorted(event["type"] for event in shown.get("invite_state", {}).get("events", [])),
    }
