"""The bot's end of encrypted conversations: nio's Olm machine, with its keys brought and taken by us.

    key messages ──take──▶ room keys ──▶ decipher        one-time keys ──tend──▶ homeserver
    room's members ──▶ their devices ──▶ the room's key shared with each ──▶ encipher

Events are Megolm's, keys travel by Olm (Client-Server API, “End-to-End Encryption”). A key comes from
the device that made it or not at all: what is forwarded, or passed on under another's name, is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from nio.crypto import InboundGroupSession, OutboundGroupSession
from nio.crypto.attachments import decrypt_attachment
from nio.events import OlmEvent, RoomKeyEvent, ToDeviceEvent
from nio.exceptions import EncryptionError, GroupEncryptionError
from nio.responses import KeysUploadResponse
from peewee import OperationalError, PeeweeException

from appservice.acquaintance import Acquaintance
from appservice.key_calls import KeyCalls
from appservice.key_news import KeyNews
from appservice.olm import Machine, Store, WaitingKeys
from appservice.store.encryption import Rotation
from spaces.errors import Unavailable
from spaces.identifiers import RoomId

log = structlog.get_logger(__name__)

MEGOLM = "m.megolm.v1.aes-sha2"


def opened_file(data: bytes, file: Mapping[str, Any]) -> bytes:
    """What an encrypted attachment (`file` of its message: EncryptedFile) holds.

    Raises `ValueError` where it is not what was sent, or the message does not tell how to open it.
    """
    try:
        key, digest, start = file["key"]["k"], file["hashes"]["sha256"], file["iv"]
        return bytes(decrypt_attachment(data, key, digest, start))
    except (KeyError, TypeError, ValueError, EncryptionError) as error:
        raise ValueError("the attachment cannot be decrypted") from error


class Damaged(Exception):
    """The crypto store cannot be read."""


class NotPrivate(Exception):
    """What is for one person only was to be said where they are not alone."""


@dataclass(frozen=True, slots=True)
class Deciphered:
    """What an encrypted event says, and which place of which device's session's ratchet it took."""

    kind: str
    content: Mapping[str, Any]
    session: str
    sender_key: str
    index: int


class Encryption:
    """One device's keys. What calls the homeserver raises `HomeserverError`, and may be done again.

    `knows`: whether a room is ours; keys of any other wait in memory until something is said there.
    """

    def __init__(
        self,
        calls: KeyCalls,
        folder: Path,
        passphrase: str,
        now: Callable[[], float],
        knows: Callable[[RoomId], Awaitable[bool]],
    ) -> None:
        self._calls = calls
        self._user = calls.user
        self._folder = folder
        self._passphrase = passphrase
        self._knows = knows
        self._waiting = WaitingKeys()
        self._olm: Machine | None = None
        self._others = Acquaintance(calls, now)
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
            store = Store(self._user, device_id, str(self._folder), pickle_key=self._passphrase)
        except OSError as error:
            raise Unavailable(
                f"The folder for encryption keys, {self._folder}, cannot be used ({error.strerror}). "
                "Name a writable one in `encryption.store`."
            ) from error
        except PeeweeException as error:
            raise Damaged(type(error).__name__) from error
        try:
            self._olm = Machine(self._user, device_id, store)
        except (PeeweeException, ValueError) as error:
            store.database.close()
            raise Damaged(type(error).__name__) from error
        self._wants_fallback_key = not self._olm.account.shared

    def close(self) -> None:
        if self._olm is not None:
            self._olm.store.database.close()
        self._olm = None
        self._others.doubt()

    @property
    def _machine(self) -> Machine:
        if self._olm is None:
            raise RuntimeError("the crypto store is not open")
        return self._olm

    def devices_of(self, user: str) -> list[str]:
        return [] if self._olm is None else sorted(self._olm.device_store[user])

    def forget_person(self, user: str) -> list[str]:
        """Forget their devices, with all that came from them; those devices' keys."""
        self._others.doubt([user])
        return [] if self._olm is None else self._olm.forget_person(user)

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

    async def take(self, news: KeyNews) -> bool:
        """Take in what came for the device; whether there were keys of rooms in it."""
        machine = self._machine
        self._others.doubt(news.changed)
        if news.one_time_keys is not None:
            machine.uploaded_key_count = news.one_time_keys
        self._wants_fallback_key = self._wants_fallback_key or news.wants_fallback_key
        found = False
        try:
            for message in news.messages:
                found = await self._take_message(machine, message) or found
                await asyncio.sleep(0)
        finally:
            if news.messages:
                machine.save_account()  # without the one-time keys that were used
        return found

    async def _take_message(self, machine: Machine, message: Mapping[str, Any]) -> bool:
        """Nothing that somebody sends may keep from us what others send: only our own disk may."""
        found = None
        try:
            event = ToDeviceEvent.parse_event(dict(message))
            if isinstance(event, OlmEvent):
                try:
                    found = machine.decrypt_event(event)
                finally:
                    machine.prune_talks(event.sender_key)
            await self._take_keys(machine)
        except OperationalError:
            raise
        except Exception as error:
            log.warning("key_message_unreadable", reason=type(error).__name__)
        return isinstance(found, RoomKeyEvent)

    async def _take_keys(self, machine: Machine) -> None:
        arrived, machine.arrived = machine.arrived, []
        for key in arrived:
            known = await self._knows(RoomId(key[2]))
            (machine.keep if known else self._waiting.put)(key)

    def doubt(self) -> None:
        """News may have been missed: whoever is written to next is asked about again."""
        self._others.doubt()

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
        await self._others.claim(machine, machine.get_users_for_key_claiming())
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
        for key in self._waiting.pop(room, session_id):
            self._machine.keep(key)
        for session in list(self._machine.held(room, session_id)):
            if isinstance(ciphertext, str) and await self._is_of(session, sender):
                return _read(session, ciphertext, room)
        return None

    async def _is_of(self, session: InboundGroupSession, sender: str) -> bool:
        """Whether the session was made on a device of `sender`."""
        if not self._has(session, sender):
            await self._others.meet(self._machine, [sender])
        return self._has(session, sender)

    def _has(self, session: InboundGroupSession, sender: str) -> bool:
        devices = self._machine.device_store[sender].values()
        keys = (session.sender_key, session.ed25519)
        return any((device.curve25519, device.ed25519) == keys for device in devices)

    # -- writing ---------------------------------------------------------------------------------

    async def encipher(
        self,
        room: RoomId,
        kind: str,
        content: Mapping[str, Any],
        rotation: Rotation,
        person: str | None = None,
    ) -> dict[str, Any]:
        """The content of an m.room.encrypted event that everyone in the room can read.

        With `person` they alone may be there: raises `NotPrivate`. What it relates to stays legible
        beside it, as the specification wants ("Relationships").
        """
        relates = {name: value for name, value in content.items() if name == "m.relates_to"}
        plain = {name: value for name, value in content.items() if name not in relates}
        async with self._in_room[room]:
            await self._share(room, rotation, person)
            try:
                sealed = self._machine.group_encrypt(room, {"type": kind, "content": plain})
            except (EncryptionError, GroupEncryptionError):  # its time has run out meanwhile
                self._machine.outbound_group_sessions.pop(room, None)
                await self._share(room, rotation, person)
                sealed = self._machine.group_encrypt(room, {"type": kind, "content": plain})
        return {**sealed, **relates}

    async def _readers_of(self, room: RoomId, person: str | None) -> list[str]:
        """Who may have the room's key: whoever is invited only where they may read what is said by now."""
        here = await self._calls.members_of(room)
        if person is not None and set(here) != {person}:
            raise NotPrivate(room)
        invited = {user for user, membership in here.items() if membership == "invite"}
        if invited and not await self._calls.shows_to_invited(room):
            return [user for user in here if user not in invited]
        return list(here)

    async def _share(self, room: RoomId, rotation: Rotation, person: str | None) -> None:
        """Let everyone who may read have the room's key, and change it where one who has it may not."""
        machine = self._machine
        people = await self._readers_of(room, person)
        await self._others.meet(machine, people)
        devices = (device for user in people for device in machine.device_store.active_user_devices(user))
        entitled = {(device.user_id, device.id) for device in devices}
        session = machine.outbound_group_sessions.get(room)
        if session is None or session.expired or session.users_shared_with - entitled:
            machine.create_outbound_group_session(room)
            session = _limited(machine.outbound_group_sessions[room], rotation)
        if entitled - session.users_shared_with:
            await self._others.claim(machine, machine.get_missing_sessions(people))
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
    return Deciphered(kind, content, session.id, session.sender_key, index)
