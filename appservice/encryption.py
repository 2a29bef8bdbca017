"""The bot's end of encrypted conversations: nio's Olm machine, with its keys brought and taken by us.

    key messages ──take──▶ room keys ──▶ decipher        one-time keys ──tend──▶ homeserver
    room's members ──▶ their devices ──▶ the room's key shared with each ──▶ encipher

Events are Megolm's, keys travel by Olm (Client-Server API, “End-to-End Encryption”). A key comes from
the device that made it or not at all: what is forwarded, or passed on under another's name, is refused.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
import vodozemac
from nio.crypto import InboundGroupSession, Olm, OutboundGroupSession
from nio.events import OlmEvent, RoomKeyEvent, ToDeviceEvent
from nio.exceptions import EncryptionError
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse
from nio.store import SqliteStore
from peewee import PeeweeException

from appservice.key_calls import KeyCalls
from appservice.key_news import KeyNews
from appservice.store.encryption import Rotation
from spaces.errors import Unavailable
from spaces.identifiers import RoomId

log = structlog.get_logger(__name__)

MEGOLM = "m.megolm.v1.aes-sha2"
_AGAIN_SECONDS = 600.0  # before a server or a device that gave no keys is asked again
_UNREADABLE = (EncryptionError, ValueError, KeyError, TypeError, AttributeError, StopIteration)


class Damaged(Exception):
    """The crypto store cannot be read."""


@dataclass(frozen=True, slots=True)
class Deciphered:
    """What an encrypted event says, and which place of which session's ratchet it took."""

    kind: str
    content: Mapping[str, Any]
    session: str
    index: int


class _Machine(Olm):
    """nio's machine, and stricter about where a room's key may come from."""

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """The first that brings a session keeps it: its key is known to whoever it was shared with."""
        if not any(True for _ in self.held(room_id, session_id)):
            super().create_group_session(sender_key, sender_fp_key, room_id, session_id, session_key)

    def _handle_forwarded_room_key_event(self, *_: object) -> None:
        return None

    def held(self, room_id: str, session_id: str) -> Iterator[InboundGroupSession]:
        by_sender = self.inbound_group_store[room_id].values()
        return (sessions[session_id] for sessions in by_sender if session_id in sessions)


class Encryption:
    """One device's keys. What calls the homeserver raises `HomeserverError`, and may be done again."""

    def __init__(self, calls: KeyCalls, folder: Path, passphrase: str, now: Callable[[], float]) -> None:
        self._calls = calls
        self._user = calls.user
        self._folder = folder
        self._passphrase = passphrase
        self._now = now
        self._olm: _Machine | None = None
        self._met: dict[str, float] = {}  # user → until when their devices are as we know them
        self._changed: set[str] = set()
        self._keyless: dict[tuple[str, str], float] = {}  # device → until when not to ask again
        self._in_room: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._wants_fallback_key = False

    # -- the store -------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self._olm is not None

    def open(self, device_id: str) -> None:
        """Read the device's keys, or make them. Raises `Damaged`, or `Unavailable` for the folder."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            store = SqliteStore(self._user, device_id, str(self._folder), pickle_key=self._passphrase)
        except OSError as error:
            raise Unavailable(
                f"The folder for encryption keys, {self._folder}, cannot be used ({error.strerror}). "
                "Name a writable one in `encryption.store`."
            ) from error
        except PeeweeException as error:
            raise Damaged(type(error).__name__) from error
        try:
            self._olm = _Machine(self._user, device_id, store)
        except (PeeweeException, ValueError) as error:
            store.database.close()
            raise Damaged(type(error).__name__) from error
        self._wants_fallback_key = not self._olm.account.shared

    def close(self) -> None:
        if self._olm is not None:
            self._olm.store.database.close()
        self._olm = None
        self._met.clear()

    @property
    def _machine(self) -> _Machine:
        if self._olm is None:
            raise RuntimeError("the crypto store is not open")
        return self._olm

    @property
    def identity(self) -> str:
        """The device's public signing key."""
        return str(self._machine.account.identity_keys["ed25519"])

    def sign(self, plain: Mapping[str, Any]) -> str:
        """The device's signature under `plain`."""
        return str(self._machine.sign_json(dict(plain)))

    def publish_again(self) -> None:
        """The homeserver has lost the device's keys: `tend` brings them anew."""
        self._machine.account.shared = False
        self._wants_fallback_key = True

    # -- keys come in ----------------------------------------------------------------------------

    def take(self, news: KeyNews) -> bool:
        """Take in what came for the device; whether there were keys of rooms in it."""
        self._changed |= news.changed
        for user in news.changed:
            self._met.pop(user, None)
        if news.one_time_keys is not None:
            self._machine.uploaded_key_count = news.one_time_keys
        self._wants_fallback_key = self._wants_fallback_key or news.wants_fallback_key
        keys = [self._take_message(message) for message in news.messages]
        if keys:
            self._machine.save_account()  # without the one-time keys that were used
        return any(keys)

    def _take_message(self, message: Mapping[str, Any]) -> bool:
        try:
            event = ToDeviceEvent.parse_event(dict(message))
            found = self._machine.decrypt_event(event) if isinstance(event, OlmEvent) else None
        except _UNREADABLE as error:
            log.warning("key_message_unreadable", reason=type(error).__name__)
            return False
        return isinstance(found, RoomKeyEvent)

    def doubt(self) -> None:
        """News may have been missed: whoever is written to next is asked about again."""
        self._met.clear()

    async def tend(self) -> None:
        """Publish new keys where they run out, and mend conversations between devices that broke."""
        machine = self._machine
        if machine.should_upload_keys or self._wants_fallback_key:
            keys = machine.share_keys() if machine.should_upload_keys else {}
            if self._wants_fallback_key:
                keys["fallback_keys"] = self._fallback_key()
            machine.save_account()  # first, so that no published key is ever one that we have lost
            machine.handle_response(KeysUploadResponse(0, await self._calls.upload(keys)))
            self._wants_fallback_key = False
        if machine.wedged_devices:
            await self._unwedge()

    def _fallback_key(self) -> dict[str, Any]:
        """A key that serves when the one-time keys have run out."""
        account = self._machine.account._account  # nio does not pass it on
        account.generate_fallback_key()
        keys = {id_: {"key": key.to_base64(), "fallback": True} for id_, key in account.fallback_key.items()}
        name = f"ed25519:{self._machine.device_id}"
        return {
            f"signed_curve25519:{id_}": {**key, "signatures": {self._user: {name: self.sign(key)}}}
            for id_, key in keys.items()
        }

    async def _unwedge(self) -> None:
        machine = self._machine
        await self._claim(machine.get_users_for_key_claiming())
        machine.wedged_devices.clear()
        while machine.outgoing_to_device_messages:
            message = machine.outgoing_to_device_messages[0]
            await self._calls.send_to_devices(message.as_dict()["messages"])
            machine.outgoing_to_device_messages.remove(message)

    # -- reading ---------------------------------------------------------------------------------

    async def decipher(self, room: str, sender: str, content: Mapping[str, Any]) -> Deciphered | None:
        """What `sender` said in `room`; None where the key is not here, or is not that sender's."""
        session_id, ciphertext = content.get("session_id"), content.get("ciphertext")
        if content.get("algorithm") != MEGOLM or not isinstance(session_id, str):
            return None
        for session in list(self._machine.held(room, session_id)):
            if isinstance(ciphertext, str) and await self._is_of(session, sender):
                return _read(session, ciphertext, room)
        return None

    async def _is_of(self, session: InboundGroupSession, sender: str) -> bool:
        """Whether the session was made on a device of `sender`."""
        if not self._has(session, sender):
            await self._meet([sender])
        return self._has(session, sender)

    def _has(self, session: InboundGroupSession, sender: str) -> bool:
        devices = self._machine.device_store[sender].values()
        keys = (session.sender_key, session.ed25519)
        return any((device.curve25519, device.ed25519) == keys for device in devices)

    # -- writing ---------------------------------------------------------------------------------

    async def encipher(
        self, room: RoomId, kind: str, content: Mapping[str, Any], rotation: Rotation
    ) -> dict[str, Any]:
        """The content of an m.room.encrypted event that everyone in the room can read.

        What it relates to stays legible beside it, as the specification wants ("Relationships").
        """
        relates = {name: value for name, value in content.items() if name == "m.relates_to"}
        plain = {name: value for name, value in content.items() if name not in relates}
        async with self._in_room[room]:
            await self._share(room, rotation)
            sealed = self._machine.group_encrypt(room, {"type": kind, "content": plain})
        return {**sealed, **relates}

    async def _share(self, room: RoomId, rotation: Rotation) -> None:
        """Let everyone who may read have the room's key, and change it where one who has it may not."""
        machine = self._machine
        people = await self._calls.readers_of(room)
        await self._meet(people)
        devices = (device for user in people for device in machine.device_store.active_user_devices(user))
        entitled = {(device.user_id, device.id) for device in devices}
        session = machine.outbound_group_sessions.get(room)
        if session is None or session.expired or session.users_shared_with - entitled:
            machine.create_outbound_group_session(room)
            session = _limited(machine.outbound_group_sessions[room], rotation)
        if entitled - session.users_shared_with:
            await self._claim(machine.get_missing_sessions(people))
            await self._hand_out(room, session, people)
        session.mark_as_shared()

    async def _hand_out(self, room: str, session: OutboundGroupSession, people: Sequence[str]) -> None:
        """Share the key, from the next message on, with each device that lacks it and can be reached."""
        session.shared = False
        while True:
            session.users_ignored.clear()  # nio notes there whom it could not reach, for ever
            reached, messages = self._machine.share_group_session(
                room, people, ignore_missing_sessions=True, ignore_unverified_devices=True
            )
            if not reached:
                return
            await self._calls.send_to_devices(messages["messages"])
            session.users_shared_with |= reached

    # -- whose devices ---------------------------------------------------------------------------

    async def _meet(self, people: Iterable[str]) -> None:
        """Know the devices of `people`."""
        now = self._now()
        strangers = [user for user in people if self._met.get(user, -math.inf) <= now]
        if not strangers:
            return
        self._changed -= set(strangers)
        shown = (await self._calls.query(strangers)).get("device_keys")
        for user in strangers:
            devices = shown.get(user) if isinstance(shown, dict) else None
            if isinstance(devices, dict):
                self._learn(user, devices)
            if user not in self._changed:
                self._met[user] = math.inf if isinstance(devices, dict) else now + _AGAIN_SECONDS

    def _learn(self, user: str, devices: Mapping[str, Any]) -> None:
        sound = {id_: keys for id_, keys in devices.items() if self._is_sound(user, id_, keys)}
        self._machine.handle_response(KeysQueryResponse({user: sound}, {}))
        for id_ in sound:
            self._keyless.pop((user, id_), None)
            if id_ in self._machine.device_store[user]:
                self._machine.device_store[user][id_].deleted = False

    def _is_sound(self, user: str, device_id: str, keys: Any) -> bool:
        """Whether nio can take the device in: one that it cannot would keep all others out."""
        try:
            named = (keys["user_id"], keys["device_id"]) == (user, device_id)
            vodozemac.Curve25519PublicKey.from_base64(keys["keys"][f"curve25519:{device_id}"])
            unsigned = keys.get("unsigned", {}).get("device_display_name", "")
            signed = self._machine.verify_json(
                dict(keys), keys["keys"][f"ed25519:{device_id}"], user, device_id
            )
        except _UNREADABLE:
            return False
        return bool(named and signed and isinstance(unsigned, str))

    async def _claim(self, devices: Mapping[str, Iterable[str]]) -> None:
        """Begin to talk with devices; those that have no key for it are left alone for a while."""
        now = self._now()
        wanted = {
            user: [id_ for id_ in ids if self._keyless.get((user, id_), -math.inf) <= now]
            for user, ids in devices.items()
        }
        wanted = {user: ids for user, ids in wanted.items() if ids}
        claimed = await self._calls.claim(wanted) if wanted else {}
        for user, id_ in ((user, id_) for user, ids in wanted.items() for id_ in ids):
            try:
                keys = {user: {id_: claimed[user][id_]}}
                self._machine.handle_response(KeysClaimResponse(keys, {}))
            except _UNREADABLE:
                log.info("device_has_no_key_to_begin_with")
            if not self._machine.session_store.get(self._machine.device_store[user][id_].curve25519):
                self._keyless[user, id_] = now + _AGAIN_SECONDS


def _limited(session: OutboundGroupSession, rotation: Rotation) -> OutboundGroupSession:
    """nio changes the key after 100 messages or seven days; the room may want it sooner."""
    session.max_messages = min(session.max_messages, rotation.messages or session.max_messages)
    if rotation.seconds is not None:
        session.max_age = min(session.max_age, timedelta(seconds=rotation.seconds))
    return session


def _read(session: InboundGroupSession, ciphertext: str, room: str) -> Deciphered | None:
    try:
        plaintext, index = session.decrypt(ciphertext)
        found = json.loads(plaintext)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("room_id") != room:
        return None
    kind, content = found.get("type"), found.get("content")
    if not isinstance(kind, str) or not isinstance(content, dict):
        return None
    return Deciphered(kind, content, session.id, index)
