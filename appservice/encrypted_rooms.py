"""Which rooms are encrypted, and what is said there: never in the clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appservice.device import Device
from appservice.encryption import Deciphered, Encryption, NotPrivate
from appservice.homeserver import Unreachable
from appservice.key_calls import KeyCalls
from appservice.speech import notice
from appservice.store import encryption as store
from appservice.store import journal
from appservice.store.database import Connection, Database
from appservice.store.encryption import Rotation
from bot.greetings import cannot_read_encrypted
from bot.reply import from_json
from spaces.errors import Unavailable
from spaces.identifiers import RoomId, UserId

ENCRYPTED = "m.room.encrypted"
_LOOKED_MARK = "conversations looked at"
_CANNOT_READ = from_json(notice(cannot_read_encrypted())["document"])


async def note_encryption(connection: Connection, room: RoomId, state: Iterable[Mapping[str, Any]]) -> None:
    """Remember that the room is encrypted, if its `state`, or one changed event of it, says so."""
    for event in state:
        content = event.get("content")
        if event.get("type") != "m.room.encryption" or event.get("state_key") != "":
            continue
        if isinstance(content, dict) and content:
            await store.note_room(connection, room, Rotation.of(content))


class CannotEncrypt(Exception):
    """The room is encrypted, and encryption is off: there is nothing that may be sent there."""


class Rooms:
    """Turns what is to be said into what is sent, where encryption is off: in the clear, or not at all.

    What is remembered of a conversation is of before the start: before the first message to it the
    homeserver is asked once.
    """

    def __init__(self, database: Database, calls: KeyCalls) -> None:
        self._database = database
        self._calls = calls
        self._looked_at: set[RoomId] = set()

    async def wrap(
        self, room: RoomId, kind: str, content: Mapping[str, Any], said: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        """The event's type and content; `said` is what the action carries, with the `person` it is for.

        Raises `HomeserverError`, `NotPrivate` where that person is not alone, and `CannotEncrypt`.
        """
        person = said.get("person")
        rotation = await self._rotation_of(room, person)
        if rotation is None:
            return kind, content
        return await self._sealed(room, kind, content, rotation, said)

    async def is_encrypted(self, room: RoomId, person: str | None) -> bool:
        """Whether what is said there is sealed; `person`, as in `wrap`, has to be alone."""
        return await self._rotation_of(room, person) is not None

    async def unsealed(self, room: RoomId, sender: UserId, content: Mapping[str, Any]) -> Deciphered | None:
        """What an encrypted event says; None where that cannot be read. Raises `HomeserverError`."""
        return None

    async def _sealed(
        self,
        room: RoomId,
        kind: str,
        content: Mapping[str, Any],
        rotation: Rotation,
        said: Mapping[str, Any],
    ) -> tuple[str, Mapping[str, Any]]:
        if from_json(said["document"]) == _CANNOT_READ:
            return kind, content
        raise CannotEncrypt(room)

    async def _rotation_of(self, room: RoomId, person: str | None) -> Rotation | None:
        async with self._database.reading(apart=True, brief=True) as connection:
            rotation = await store.rotation_of(connection, room)
            if room in self._looked_at:
                return rotation
            is_unseen = await store.is_unseen(connection, room)
        if is_unseen:
            await self._look(room, person)
            if rotation is None:
                rotation = await self._found_encryption(room)
        self._looked_at.add(room)
        return rotation

    async def _look(self, room: RoomId, person: str | None) -> None:
        if person is not None and set(await self._calls.members_of(room)) != {person}:
            raise NotPrivate(room)

    async def _found_encryption(self, room: RoomId) -> Rotation | None:
        content = await self._calls.encryption_of(room)
        if content is None:
            return None
        async with self._database.writing() as connection:
            await store.note_room(connection, room, Rotation.of(content))
        return Rotation.of(content)


class EncryptedRooms(Rooms):
    """The same where encryption is on."""

    def __init__(self, database: Database, calls: KeyCalls, device: Device, encryption: Encryption) -> None:
        super().__init__(database, calls)
        self._device = device
        self._encryption = encryption

    async def unsealed(self, room: RoomId, sender: UserId, content: Mapping[str, Any]) -> Deciphered | None:
        return await self._encryption.decipher(room, sender, content)

    async def look_at_known(self) -> None:
        """Once only: look at conversations from before Hedgerow took note of encryption."""
        async with self._database.reading() as connection:
            if await journal.mark(connection, _LOOKED_MARK) is not None:
                return
            rooms = await store.not_known_as_encrypted(connection)
        found = {room: await self._calls.encryption_of(room) for room in rooms}
        async with self._database.writing() as connection:
            for room, content in found.items():
                if content is not None:
                    await store.note_room(connection, room, Rotation.of(content))
            await journal.set_mark(connection, _LOOKED_MARK, "yes")

    async def _sealed(
        self,
        room: RoomId,
        kind: str,
        content: Mapping[str, Any],
        rotation: Rotation,
        said: Mapping[str, Any],
    ) -> tuple[str, Mapping[str, Any]]:
        try:
            await self._device.ready()
        except Unavailable as reason:  # it waits until the reason is mended
            raise Unreachable(reason.sentence) from reason
        person = said.get("person")
        return ENCRYPTED, await self._encryption.encipher(room, kind, content, rotation, person)
