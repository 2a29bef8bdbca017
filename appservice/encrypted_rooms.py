"""Which rooms are encrypted, and what is said there: never in the clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appservice.device import Device
from appservice.encryption import Encryption
from appservice.homeserver import Unreachable
from appservice.store import encryption as store
from appservice.store.database import Connection, Database
from appservice.store.encryption import Rotation
from spaces.errors import Unavailable
from spaces.identifiers import RoomId

ENCRYPTED = "m.room.encrypted"


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

    def __init__(self, database: Database, device: Device, encryption: Encryption) -> None:
        self._database = database
        self._device = device
        self._encryption = encryption

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
