"""Whose devices are known, and which of them gave a key to begin to talk with."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from nio.responses import KeysClaimResponse, KeysQueryResponse
from peewee import OperationalError

from appservice.key_calls import KeyCalls
from appservice.olm import MOST_DEVICES, Machine, signed_part

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 600.0  # before a server or a device that gave no keys is asked again
_SLICE = 20  # devices that are looked at before others have their turn


class Acquaintance:
    """What is known of other people's devices. What calls the homeserver raises `HomeserverError`."""

    def __init__(self, calls: KeyCalls, now: Callable[[], float]) -> None:
        self._calls = calls
        self._now = now
        self._met: dict[str, float] = {}  # user → until when their devices are as we know them
        self._changed: set[str] = set()
        self._keyless: dict[tuple[str, str], float] = {}  # device → until when not to ask again

    def doubt(self, changed: Iterable[str] | None = None) -> None:
        """The devices of `changed`, or of anyone, may be others by now."""
        if changed is None:
            self._met.clear()
            return
        for user in changed:
            self._changed.add(user)
            self._met.pop(user, None)

    async def meet(self, machine: Machine, people: Iterable[str]) -> None:
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
                await self._learn(machine, user, devices)
            if user not in self._changed:
                self._met[user] = math.inf if isinstance(devices, dict) else now + _AGAIN_SECONDS

    async def _learn(self, machine: Machine, user: str, devices: Mapping[str, Any]) -> None:
        known = machine.device_store[user]
        sound: dict[str, Any] = {}
        for n, id_ in enumerate(sorted(devices, key=lambda id_: (id_ not in known, id_))[:MOST_DEVICES]):
            if machine.is_sound(user, id_, devices[id_]):
                sound[id_] = signed_part(devices[id_])
            if n % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        if len(sound) < len(devices):
            log.info("devices_left_out", count=len(devices) - len(sound))
        try:
            machine.handle_response(KeysQueryResponse({user: sound}, {}))
        except OperationalError:
            raise
        except Exception as error:
            log.warning("devices_not_taken_in", reason=type(error).__name__)
        for id_ in sound:
            self._keyless.pop((user, id_), None)
            if id_ in machine.device_store[user]:
                machine.device_store[user][id_].deleted = False

    async def claim(self, machine: Machine, devices: Mapping[str, Iterable[str]]) -> None:
        """Begin to talk with devices; those that have no key for it are left alone for a while."""
        now = self._now()
        wanted = {
            user: [id_ for id_ in ids if self._keyless.get((user, id_), -math.inf) <= now]
            for user, ids in devices.items()
        }
        wanted = {user: ids for user, ids in wanted.items() if ids}
        claimed = await self._calls.claim(wanted) if wanted else {}
        without = 0
        for user, id_ in ((user, id_) for user, ids in wanted.items() for id_ in ids):
            try:
                keys = {user: {id_: claimed[user][id_]}}
                machine.handle_response(KeysClaimResponse(keys, {}))
            except OperationalError:
                raise
            except Exception:
                without += 1
            await asyncio.sleep(0)
            if not machine.session_store.get(machine.device_store[user][id_].curve25519):
                self._keyless[user, id_] = now + _AGAIN_SECONDS
        if without:
            log.info("devices_have_no_key_to_begin_with", count=without)
