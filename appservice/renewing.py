"""A room made anew on somebody's word, within a unit of work (`bot.upgrades.ports.Upgrades`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from appservice.store import rooms
from appservice.store import upgrades as store
from appservice.store.upgrades import Upgrade
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.reconcile import POWER_LEVELS
from spaces.upgrades import may_renew, renewal
from spaces.wanted import wanted_room

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_UNDER_WAY = (store.ANNOUNCED, store.FOLLOWING, store.RENEWING, store.MOVED)


class StoredUpgrades:
    """Implements `bot.upgrades.ports.Upgrades`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    @property
    def usual_version(self) -> str:
        return self._work.surroundings.maker.version

    async def version_of(self, place: PlaceId) -> str | None:
        found = await self._work.expected_of(place)
        is_made = await rooms.is_ready(self._work.connection, place)
        return found.version if found is not None and is_made else None

    async def is_under_way(self, place: PlaceId) -> bool:
        pending = await store.pending(self._work.connection, *_UNDER_WAY)
        return any(upgrade.place == place for upgrade in pending)

    async def may_renew(self, place: PlaceId) -> bool:
        found = await self._work.expected_of(place)
        return found is not None and may_renew(found, self._work.surroundings.maker.bot)

    async def renew(self, place: PlaceId, version: str, by: UserId) -> None:
        work = self._work
        old, found = await rooms.room_of(work.connection, place), await work.expected_of(place)
        wanted = wanted_room(work.landscape, place, work.surroundings.server)
        if old is None or found is None or wanted is None:
            raise ValueError("there is no room to be made anew")
        levels = json.dumps(found.state.get(POWER_LEVELS, {}))
        upgrade = Upgrade(old, place, RoomId(""), by, "", store.RENEWING, work.now, levels)
        await store.save(work.connection, upgrade)
        work.put(renewal(wanted, found, work.surroundings.maker, old=old, version=version, by=by))
