"""Which rooms are encrypted, and what is said there: never in the clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appservice.device import Device
from appservice.encryption import Encryption
from appservice.homeserver import Unreachable
from appservice.key_calls import KeyCalls
from appservice.store import encryption as store
from appservice.store import journal
from appservice.store.database import Connection, Database
from appservice.store.encryption import Rotation
from spaces.errors import Unavailable
from spaces.identifiers import RoomId

ENCRYPTED = "m.room.encrypted"
_LOOKED_MARK = "conversations looked at"


async def note_encryption(connection: Connection, room: RoomId, state: Iterable[Mapping[str, Any]]) -> None:
    """Remember that the room is encrypted, if its `state`, or one changed event of it, says so."""
    for event in state:
        content = event.get("content")
        if event.get("type") != "m.room.encryption" or event.get("state_key") != "":
            continue
        if isinstance(content, dict) and content:
            await store.note_room(connection, room, Rotation.of(content))


class EncryptedRooms:
    """Turns what is to be said into what is sent."""

    def __init__(self, database: Database, calls: KeyCalls, device: Device, encryption: Encryption) -> None:
        self._database = database
        self._calls = calls
        self._device = device
        self._encryption = encryption

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

    async def wrap(
        self, room: RoomId, kind: str, content: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        """The event's type and content: encrypted in an encrypted room. Raises `HomeserverError`."""
        async with self._database.reading() as connection:
            rotation = await store.rotation_of(connection, room)
        if rotation is None:
            return kind, content
        try:
            await self._device.ready()
        except Unavailable as reason:  # it waits until the reason is mended
            raise Unreachable(reason.sentence) from reason
        return ENCRYPTED, await self._encryption.encipher(room, kind, content, rotation)
