"""The bot's device: the same from start to start, renewed when its keys are lost, and cross-signed.

A device whose keys are lost cannot be had again: others would go on with the old keys, and nothing
could be read. So a new one is made, and the old one is removed, which tells everyone.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any

import structlog

from appservice.cross_signing import Seeds, SigningKeys, device_shown, devices_shown, is_cross_signed
from appservice.encryption import Damaged, Encryption
from appservice.homeserver import Homeserver, HomeserverError
from appservice.key_calls import KeyCalls
from appservice.store import journal
from appservice.store.database import Database
from appservice.surroundings import Health

log = structlog.get_logger(__name__)

DEVICE_MARK = "device"
DEVICE_NAME = "Hedgerow"
_DEVICE_PREFIX = "HEDGEROW"
SINCE_MARK = "key sync"
_PUBLISHED_MARK = "device keys"
_FORMER_MARK = "former devices"
SEEDS_MARK = "cross-signing"


def new_device_id() -> str:
    return f"{_DEVICE_PREFIX}{secrets.token_hex(4).upper()}"


class Device:
    """Looks after the device. Raises `HomeserverError` where the homeserver is needed and is not there."""

    def __init__(
        self,
        database: Database,
        homeserver: Homeserver,
        calls: KeyCalls,
        encryption: Encryption,
        key: str,
        health: Health,
    ) -> None:
        self._database = database
        self._homeserver = homeserver
        self._calls = calls
        self._user = calls.user
        self._encryption = encryption
        self._key = key
        self._health = health
        self._signing: SigningKeys
        self._turn = asyncio.Lock()
        self._has_begun = False
        health.cross_signed = False

    async def ready(self) -> None:
        """Begin, unless it has begun."""
        if not self._has_begun:
            await self.begin()

    async def begin(self) -> None:
        """Have a device whose keys the homeserver shows. Raises `Unavailable` for a wrong key or folder."""
        async with self._turn:
            self._signing = SigningKeys(await self._seeds(), self._user)
            if not await self._opened() or await self._is_lost():
                await self._renew()
            await self._publish()
            self._has_begun = True
        await self.look_after()

    async def renew(self) -> None:
        """Take a new device: the homeserver does not accept this one's keys any more."""
        async with self._turn:
            await self._renew()
            await self._publish()
        await self.look_after()

    async def look_after(self) -> None:
        """Look whether the device is cross-signed, mend it if not, and remove the devices before it."""
        async with self._turn:
            try:
                self._health.cross_signed = await self._cross_sign()
                await self._remove_former()
            except HomeserverError as error:
                log.warning("device_not_looked_after", status=error.status, errcode=error.errcode)
        if not self._health.cross_signed:
            log.warning("device_not_cross_signed")

    # -- the same device, or another -------------------------------------------------------------

    async def _seeds(self) -> Seeds:
        """The cross-signing keys, made at the first start."""
        async with self._database.writing() as connection:
            sealed = await journal.mark(connection, SEEDS_MARK)
            if sealed is not None:
                return Seeds.opened(sealed, self._key, self._user)
            seeds = Seeds.fresh()
            await journal.set_mark(connection, SEEDS_MARK, seeds.sealed(self._key, self._user))
            return seeds

    async def _opened(self) -> bool:
        """Open the crypto store; whether it can be read."""
        if not self._encryption.is_open:
            try:
                self._encryption.open(self._homeserver.device_id)
            except Damaged as damage:
                log.error("crypto_store_damaged", reason=str(damage))
                return False
        return True

    async def _is_lost(self) -> bool:
        """Whether others know the device by keys that are not here any more."""
        shown = device_shown(await self._calls.query([self._user]), self._user, self._homeserver.device_id)
        if shown is None:
            self._encryption.publish_again()
        else:
            known = shown["keys"].get(f"ed25519:{self._homeserver.device_id}")
            if known != self._encryption.identity:
                return True
        async with self._database.reading() as connection:
            published = await journal.mark(connection, _PUBLISHED_MARK)
        device, _, identity = (published or "").partition(" ")
        return device == self._homeserver.device_id and identity != self._encryption.identity

    async def _renew(self) -> None:
        """Note it first: a crash on the way leaves a device that is made, or removed, at the next start."""
        former, device = self._homeserver.device_id, new_device_id()
        log.warning("crypto_store_lost", former=former, device=device)
        async with self._database.writing() as connection:
            await journal.set_mark(connection, DEVICE_MARK, device)
            await journal.clear_mark(connection, SINCE_MARK)
            left = json.loads(await journal.mark(connection, _FORMER_MARK) or "[]")
            await journal.set_mark(connection, _FORMER_MARK, json.dumps([*left, former]))
        self._encryption.close()
        await self._homeserver.make_device(DEVICE_NAME, device)
        self._encryption.open(device)

    async def _publish(self) -> None:
        """Publish the device's keys, and remember which they were."""
        try:
            await self._encryption.tend()
        except HomeserverError as error:
            if error.status != 400:
                raise
            log.error("device_keys_refused", errcode=error.errcode)  # the store is an old copy
            await self._renew()
            await self._encryption.tend()
        async with self._database.writing() as connection:
            published = f"{self._homeserver.device_id} {self._encryption.identity}"
            await journal.set_mark(connection, _PUBLISHED_MARK, published)

    async def _remove_former(self) -> None:
        """Remove the devices before it, those of a lost database too: everyone would encrypt for them."""
        async with self._database.reading() as connection:
            former = set(json.loads(await journal.mark(connection, _FORMER_MARK) or "[]"))
        shown = devices_shown(await self._calls.query([self._user]), self._user)
        strays = {device for device in shown if device.startswith(_DEVICE_PREFIX)}
        for device in sorted((former | strays) - {self._homeserver.device_id}):
            await self._calls.delete_device(device)
        if former:
            async with self._database.writing() as connection:
                await journal.clear_mark(connection, _FORMER_MARK)

    # -- cross-signing ---------------------------------------------------------------------------

    async def _cross_sign(self) -> bool:
        """Publish what is missing; whether others see the device as signed by our keys."""
        shown = await self._calls.query([self._user])
        if self._is_signed(shown):
            return True
        if not self._signing.are_published(shown):
            await self._calls.upload_signing_keys(self._signing.published())
        device = self._homeserver.device_id
        keys = device_shown(shown, self._user, device)
        if keys is None:
            return False
        master = self._signing.master_signed_by(device, self._encryption.sign)
        signed = {device: self._signing.device_signed(keys), self._signing.ids["master"]: master}
        await self._calls.upload_signatures(signed)
        return self._is_signed(await self._calls.query([self._user]))

    def _is_signed(self, shown: Mapping[str, Any]) -> bool:
        device = self._homeserver.device_id
        return self._signing.are_published(shown) and is_cross_signed(shown, self._user, device)
