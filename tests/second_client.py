"""A person's client, written apart from Hedgerow's own code: what others see is asked through it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]
_V3 = "/_matrix/client/v3"
_V1 = "/_matrix/client/v1"


class Refused(Exception):
    """The homeserver answered with an error."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.errcode = str(body.get("errcode", ""))
        self.body = body


class SecondClient:
    """One person at a homeserver: `async with await SecondClient.log_in(url, "alice", "…") as alice`.

    Every call raises `Refused` where the homeserver refuses. Events are plain dicts, oldest first.
    """

    def __init__(self, base_url: str, user_id: str, access_token: str) -> None:
        self.user_id = user_id
        self._token = access_token
        self._base_url = base_url
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {access_token}"})
        self._txn_ids = itertools.count(1)
        self._since: str | None = None

    @classmethod
    async def log_in(cls, base_url: str, user: str, password: str) -> Self:
        """Log in as `user`, a localpart or a user ID."""
        who = {"type": "m.id.user", "user": user}
        body = {"type": "m.login.password", "identifier": who, "password": password}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{base_url}{_V3}/login", json=body) as answer,
        ):
            got = await answer.json()
            if answer.status != 200:
                raise Refused(answer.status, got)
        return cls(base_url, got["user_id"], got["access_token"])

    def remembered(self) -> tuple[str, str, int]:
        """For `going_on`: who, the token, and the number of the next transaction."""
        number = next(self._txn_ids)
        self._txn_ids = itertools.count(number)
        return self.user_id, self._token, number

    @classmethod
    def going_on(cls, was: tuple[str, str, int], base_url: str) -> Self:
        """The same client at a homeserver that goes on where another was."""
        client = cls(base_url, *was[:2])
        client._txn_ids = itertools.count(was[2])
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One call; `path` begins with `/_matrix`, its parts already quoted. Returns the body."""
        params = {key: str(value) for key, value in query.items() if value is not None}
        url = f"{self._base_url}{path}"
        async with self._session.request(method, url, json=body, params=params) as answer:
            text = await answer.text()
            try:
                got = json.loads(text)
            except ValueError:
                got = {"error": text}
            if answer.status >= 400:
                raise Refused(answer.status, got)
            return got

    # -- rooms from the inside ----------------------------------------------------------------------

    async def state(self, room_id: str) -> dict[tuple[str, str], Json]:
        """The whole state: (type, state key) → event."""
        events = await self.call("GET", f"{_V3}/rooms/{_q(room_id)}/state")
        return {(event["type"], event["state_key"]): event for event in events}

    async def content(self, room_id: str, event_type: str, state_key: str = "") -> Json:
        """The content of one state event. Raises `Refused` M_NOT_FOUND where there is none."""
        path = f"{_V3}/rooms/{_q(room_id)}/state/{_q(event_type)}/{_q(state_key)}"
        return dict(await self.call("GET", path))

    async def set_state(self, room_id: str, event_type: str, content: Json, state_key: str = "") -> str:
        """Put a state event. Returns its event id."""
        path = f"{_V3}/rooms/{_q(room_id)}/state/{_q(event_type)}/{_q(state_key)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def members(self, room_id: str) -> dict[str, str]:
        """User id → membership."""
        got = await self.call("GET", f"{_V3}/rooms/{_q(room_id)}/members")
        return {event["state_key"]: event["content"]["membership"] for event in got["chunk"]}

    async def messages(self, room_id: str, limit: int = 100) -> list[Json]:
        """The newest events of the timeline that this person may read, oldest first."""
        got = await self.call("GET", f"{_V3}/rooms/{_q(room_id)}/messages", dir="b", limit=limit)
        return list(reversed(got["chunk"]))

    async def bodies(self, room_id: str, sender: str | None = None) -> list[str]:
        """What was said, by `sender` or by anyone; edits count as what they are."""
        return [
            event["content"].get("body", "")
            for event in await self.messages(room_id)
            if event["type"] == "m.room.message" and sender in (None, event["sender"])
        ]

    # -- coming and going ---------------------------------------------------------------------------

    async def join(self, room_id_or_alias: str, via: Sequence[str] = ()) -> str:
        """Join; returns the room id. Raises `Refused` (M_FORBIDDEN) where one may not."""
        servers = "".join(f"{'&' if n else '?'}via={_q(server)}" for n, server in enumerate(via))
        got = await self.call("POST", f"{_V3}/join/{_q(room_id_or_alias)}{servers}", {})
        return str(got["room_id"])

    async def leave(self, room_id: str) -> None:
        await self.call("POST", f"{_V3}/rooms/{_q(room_id)}/leave", {})

    async def invite(self, room_id: str, user_id: str) -> None:
        await self.call("POST", f"{_V3}/rooms/{_q(room_id)}/invite", {"user_id": user_id})

    async def kick(self, room_id: str, user_id: str) -> None:
        await self.call("POST", f"{_V3}/rooms/{_q(room_id)}/kick", {"user_id": user_id})

    async def create_room(self, **wanted: Any) -> str:
        """POST createRoom with `wanted` as the body. Returns the room id."""
        return str((await self.call("POST", f"{_V3}/createRoom", wanted))["room_id"])

    async def create_dm(self, other: str) -> str:
        """A direct message with `other`, unencrypted, made as Element makes one. Returns its room id."""
        guests = {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "can_join"}}
        room_id = await self.create_room(
            preset="trusted_private_chat",
            visibility="private",
            is_direct=True,
            invite=[other],
            initial_state=[guests],
        )
        path = f"{_V3}/user/{_q(self.user_id)}/account_data/m.direct"
        try:
            direct = await self.call("GET", path)
        except Refused:
            direct = {}
        await self.call("PUT", path, {**direct, other: [*direct.get(other, []), room_id]})
        return room_id

    async def joined_rooms(self) -> list[str]:
        return list((await self.call("GET", f"{_V3}/joined_rooms"))["joined_rooms"])

    async def invites(self) -> dict[str, list[Json]]:
        """The rooms that this person is invited to → the stripped state their client is told."""
        got = await self.call("GET", f"{_V3}/sync", timeout=0)
        invited = got.get("rooms", {}).get("invite", {})
        return {room_id: shown["invite_state"]["events"] for room_id, shown in invited.items()}

    # -- talking ------------------------------------------------------------------------------------

    async def say(self, room_id: str, text: str, **more: Any) -> str:
        """Send a text message; `more` goes into its content. Returns its event id."""
        return await self.send(room_id, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room_id, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room_id: str, event_id: str) -> None:
        path = f"{_V3}/rooms/{_q(room_id)}/redact/{_q(event_id)}/{self._next_txn_id()}"
        await self.call("PUT", path, {})

    async def send(self, room_id: str, event_type: str, content: Json) -> str:
        path = f"{_V3}/rooms/{_q(room_id)}/send/{_q(event_type)}/{self._next_txn_id()}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def upload(self, data: bytes, content_type: str) -> str:
        """Put a file into the media repository; its mxc:// URI."""
        url, headers = f"{self._base_url}/_matrix/media/v3/upload", {"Content-Type": content_type}
        async with self._session.post(url, data=data, headers=headers) as answer:
            return str((await answer.json())["content_uri"])

    async def wait_for_reply(
        self, room_id: str, after_event: str, within: float = 20.0, count: int = 1
    ) -> list[Json]:
        """The messages of others behind `after_event`, once there are `count` of them.

        An edit is given in place of what it edits. `answers` of each is the event that it replies to, or
        None. Raises TimeoutError after `within` seconds.
        """
        async with asyncio.timeout(within):
            while True:
                replies = self._replies(await self.messages(room_id), after_event)
                if len(replies) >= count:
                    return replies
                await asyncio.sleep(0.05)

    def _replies(self, events: list[Json], after_event: str) -> list[Json]:
        ids = [event["event_id"] for event in events]
        behind = events[ids.index(after_event) + 1 :] if after_event in ids else []
        replies: dict[str, Json] = {}
        for event in behind:
            if event["type"] != "m.room.message" or event["sender"] == self.user_id:
                continue
            relation = event["content"].get("m.relates_to", {})
            edited = relation["event_id"] if relation.get("rel_type") == "m.replace" else event["event_id"]
            first = replies.get(edited, {"answers": relation.get("m.in_reply_to", {}).get("event_id")})
            replies[edited] = {**event, "answers": first["answers"]}
        return list(replies.values())

    def _next_txn_id(self) -> str:
        return f"second-{id(self)}-{next(self._txn_ids)}"

    # -- what one is told from outside --------------------------------------------------------------

    async def sync(self, wait_seconds: float = 0) -> Json:
        """The news since the last `sync()`; everything at first."""
        got = await self.call("GET", f"{_V3}/sync", since=self._since, timeout=int(wait_seconds * 1000))
        self._since = got["next_batch"]
        return dict(got)

    async def resolve(self, alias: str) -> str:
        """The room id behind an alias. Raises `Refused` M_NOT_FOUND."""
        return str((await self.call("GET", f"{_V3}/directory/room/{_q(alias)}"))["room_id"])

    async def hierarchy(self, room_id: str, **query: Any) -> list[Json]:
        """All rooms of the Space that this person is told of, the Space itself first."""
        rooms: list[Json] = []
        start: str | None = None
        while True:
            path = f"{_V1}/rooms/{_q(room_id)}/hierarchy"
            got = await self.call("GET", path, **query, **({"from": start} if start else {}))
            rooms += got["rooms"]
            start = got.get("next_batch")
            if start is None:
                return rooms

    async def public_rooms(self, third_party_instance_id: str | None = None, term: str = "") -> list[Json]:
        """The room directory: the server's own, or an application service's `id|network`."""
        body: Json = {"filter": {"generic_search_term": term}} if term else {}
        if third_party_instance_id is not None:
            body["third_party_instance_id"] = third_party_instance_id
        return list((await self.call("POST", f"{_V3}/publicRooms", body))["chunk"])


def _q(part: str) -> str:
    return quote(part, safe="")
