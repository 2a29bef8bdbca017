"""A person's client that encrypts, written apart from Hedgerow's own code: nio's, with a store of its own."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import nio
from nio.responses import ToDeviceResponse

Json = dict[str, Any]
_ENCRYPTED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class EncryptedClient:
    """One device of a person: `async with encrypted_device(url, "@alice:hs.test", "a password") as phone`.

    It reads and writes as Element does: keys go to everyone in the room, verified or not.
    `key_messages` counts what others have sent to this device alone.
    """

    def __init__(self, client: nio.AsyncClient) -> None:
        self.nio = client
        self.user_id = str(client.user_id)
        self.key_messages = 0

    @property
    def device_id(self) -> str:
        return str(self.nio.device_id)

    # -- rooms -------------------------------------------------------------------------------------

    async def create_room(self, *invited: str, is_direct: bool = False, **encryption: Any) -> str:
        """An encrypted room, as Element makes one. `encryption` goes into its m.room.encryption."""
        state = {**_ENCRYPTED, "content": {**_ENCRYPTED["content"], **encryption}}
        answer = await self.nio.room_create(
            invite=list(invited),
            is_direct=is_direct,
            preset=nio.RoomPreset.trusted_private_chat if is_direct else nio.RoomPreset.private_chat,
            initial_state=[state],
        )
        await self.sync()
        return str(_good(answer).room_id)

    async def create_dm(self, other: str, **encryption: Any) -> str:
        """An encrypted direct message, once the other has come."""
        room = await self.create_room(other, is_direct=True, **encryption)
        await self.until_in(room, other)
        return room

    async def join(self, room: str) -> None:
        _good(await self.nio.join(room))
        await self.sync()

    async def until_in(self, room: str, user: str, within: float = 30) -> None:
        """Wait until `user` has joined, as this device sees it."""
        async with asyncio.timeout(within):
            while True:
                await self.sync()
                here = self.nio.rooms.get(room)
                if here is not None and user in here.users and user not in here.invited_users:
                    return
                await asyncio.sleep(0.05)

    async def until_not_in(self, room: str, user: str, within: float = 30) -> None:
        async with asyncio.timeout(within):
            while user in self.nio.rooms[room].users:
                await self.sync()
                await asyncio.sleep(0.05)

    # -- talking -----------------------------------------------------------------------------------

    async def sync(self, wait_seconds: float = 0) -> None:
        """Take in what is new: keys too, and publish what is asked for."""
        news = _good(await self.nio.sync(timeout=int(wait_seconds * 1000), full_state=False))
        self.key_messages += len(news.to_device_events)
        await self._settle_keys()

    async def _settle_keys(self) -> None:
        if self.nio.should_upload_keys:
            _good(await self.nio.keys_upload())
        if self.nio.should_query_keys:
            _good(await self.nio.keys_query())
        if self.nio.should_claim_keys:
            _good(await self.nio.keys_claim(self.nio.get_users_for_key_claiming()))
        await self.nio.send_to_device_messages()

    async def say(self, room: str, text: str, **more: Any) -> str:
        """Send a text, encrypted; `more` goes into its content. Returns its event id."""
        content = {"msgtype": "m.text", "body": text, **more}
        answer = await self.nio.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return str(_good(answer).event_id)

    async def say_without_key(self, room: str, text: str, **more: Any) -> tuple[str, Callable[[], Any]]:
        """Send a text whose key nobody gets, and what shares the key after all."""
        machine = self.nio.olm
        machine.create_outbound_group_session(room)
        session = machine.outbound_group_sessions[room]
        first_key = session.session_key
        session.mark_as_shared()
        event = await self.say(room, text, **more)

        async def share() -> None:
            here = self.nio.rooms[room]
            missing = machine.get_missing_sessions(list(here.users))
            if missing:
                _good(await self.nio.keys_claim(missing))
            for user in here.users:
                for device in machine.device_store.active_user_devices(user):
                    olm = machine.session_store.get(device.curve25519)
                    if olm is None:
                        continue
                    key = {
                        "algorithm": "m.megolm.v1.aes-sha2",
                        "room_id": room,
                        "session_id": session.id,
                        "session_key": first_key,
                    }
                    content = machine._olm_encrypt(olm, device, "m.room_key", key)
                    message = nio.ToDeviceMessage("m.room.encrypted", user, device.id, content)
                    assert isinstance(await self.nio.to_device(message), ToDeviceResponse)

        return event, share

    async def forget_key(self, room: str) -> None:
        """The next message has a key of its own, shared with everyone."""
        self.nio.olm.outbound_group_sessions.pop(room, None)

    # -- reading -----------------------------------------------------------------------------------

    async def timeline(self, room: str, limit: int = 100) -> list[Json]:
        """The newest events as the homeserver has them, oldest first."""
        found: list[Json] = []
        start: str | None = None
        while len(found) < limit:
            query = {"dir": "b", "limit": min(100, limit - len(found)), **({"from": start} if start else {})}
            page = await self.call("GET", f"/rooms/{quote(room, safe='')}/messages?{urlencode(query)}")
            found += page["chunk"]
            start = page.get("end")
            if start is None:
                break
        return found[::-1]

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One call of the client-server API, its answer as it is: nio would decrypt it."""
        headers = {"Authorization": f"Bearer {self.nio.access_token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        answer = await self.nio.send(method, f"/_matrix/client/v3{path}", data, headers)
        async with answer:
            return dict(await answer.json())

    def read(self, room: str, event: Json) -> Json | None:
        """What an encrypted event says, with what it relates to; None where this device cannot read it."""
        parsed = nio.Event.parse_encrypted_event({**event, "room_id": room})
        opened = self.nio.olm._decrypt_megolm_no_error(parsed, room)
        return None if opened is None else dict(opened.source["content"])

    async def answers(self, room: str, event_id: str, count: int = 1, within: float = 30) -> list[Json]:
        """What others sent in reply to that message, as events with their readable content as `said`.

        `said` is None where this device cannot read it.
        """
        async with asyncio.timeout(within):
            while True:
                found = [e for e in await self.timeline(room) if _replies_to(e) == event_id]
                # A key is sent before what it opens: whatever stands in the timeline has its key here now.
                await self.sync()
                opened = [{**event, "said": self._said(room, event)} for event in found]
                if len(opened) >= count and not any(_is_progress(one["said"]) for one in opened):
                    return opened
                await asyncio.sleep(0.1)

    def _said(self, room: str, event: Json) -> Json | None:
        return self.read(room, event) if event["type"] == "m.room.encrypted" else event["content"]

    async def ask(self, room: str, text: str, within: float = 30) -> str:
        """Say it, and the words of the answer; fails where the answer is not encrypted or unreadable."""
        [answer, *_] = await self.answers(room, await self.say(room, text), within=within)
        assert answer["type"] == "m.room.encrypted", answer
        assert answer["said"] is not None, "the answer cannot be read"
        return str(answer["said"]["body"])


def _replies_to(event: Json) -> str | None:
    relates = event["content"].get("m.relates_to", {})
    found = relates.get("m.in_reply_to", {}).get("event_id")
    return found if isinstance(found, str) else None


def _is_progress(said: Json | None) -> bool:
    return said is not None and str(said["body"]).endswith("…")


def _good(answer: Any) -> Any:
    assert not isinstance(answer, nio.ErrorResponse), answer
    return answer


@asynccontextmanager
async def encrypted_device(
    base_url: str, user: str, password: str, store: Path | None = None
) -> AsyncIterator[EncryptedClient]:
    """A new device of `user`, logged in, with its keys published and a first look taken."""
    with tempfile.TemporaryDirectory() as folder:
        config = nio.AsyncClientConfig(
            encryption_enabled=True, store_sync_tokens=False, store=nio.store.SqliteStore
        )
        client = nio.AsyncClient(base_url, user, store_path=str(store or folder), config=config)
        try:
            _good(await client.login(password, "a phone"))
            device = EncryptedClient(client)
            await device.sync()
            await device.sync()
            yield device
        finally:
            await client.close()
            if client.store is not None:
                client.store.database.close()


def words_of(answers: Sequence[Json]) -> list[str]:
    return [str(answer["said"]["body"]) for answer in answers if answer["said"] is not None]
