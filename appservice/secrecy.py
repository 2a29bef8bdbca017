"""All about encryption, built of the settings. Whoever delivers needs half of it, the service the whole."""

from __future__ import annotations

import time
from pathlib import Path

from appservice.cross_signing import derived
from appservice.device import Device
from appservice.encrypted_rooms import EncryptedRooms
from appservice.encryption import Encryption
from appservice.homeserver import Homeserver
from appservice.inbox import Inbox
from appservice.key_calls import KeyCalls
from appservice.keyloop import KeyLoop
from appservice.listeners import Listeners
from appservice.sealed import Sealed
from appservice.store import encryption as store
from appservice.store.database import Database, StoreError
from appservice.surroundings import Health
from appservice.works import Works
from config.settings import Settings
from spaces.errors import Unavailable
from spaces.identifiers import RoomId

CRYPTO_FOLDER = "hedgerow-crypto"


def crypto_folder(settings: Settings, database: Database) -> Path:
    """Where the keys of conversations are kept."""
    if settings.encryption.store is not None:
        return Path(settings.encryption.store)
    return (database.path.parent if database.path is not None else Path()) / CRYPTO_FOLDER


class Secrecy:
    """The device, its keys, and what they are used for."""

    def __init__(
        self, settings: Settings, database: Database, homeserver: Homeserver, health: Health
    ) -> None:
        if settings.encryption.key is None:
            raise Unavailable(
                "`encryption.key` is missing. `hedgerow config check` says how to make one; "
                "`encryption.enabled: false` starts without encryption."
            )
        key = settings.encryption.key.get_secret_value()
        self._settings = settings
        self._database = database
        self._calls = KeyCalls(homeserver)
        folder, passphrase = crypto_folder(settings, database), derived(key, "crypto store").hex()
        self.encryption = Encryption(self._calls, folder, passphrase, time.time, self._knows)
        self.device = Device(database, homeserver, self._calls, self.encryption, key, health)
        self.rooms = EncryptedRooms(database, self._calls, self.device, self.encryption)
        self.sealed: Sealed
        self.loop: KeyLoop

    def attend(self, works: Works, listeners: Listeners, inbox: Inbox) -> None:
        """Let `inbox` open what comes encrypted: `sealed` and `loop` are there from now on."""
        prefix, now = self._settings.bot.prefix, works.surroundings.now
        self.sealed = Sealed(works, listeners, self._calls, self.encryption, prefix, inbox.wake)
        self.loop = KeyLoop(
            self._database,
            self._calls,
            self.device,
            self.encryption,
            self.sealed,
            now,
            by_transaction=self._settings.encryption.transport == "transactions",
        )
        inbox.deciphers(self.sealed, self.loop)

    async def _knows(self, room: RoomId) -> bool:
        try:
            async with self._database.reading() as connection:
                return await store.is_ours(connection, room)
        except (StoreError, OSError):
            return False

    def close(self) -> None:
        self.encryption.close()
