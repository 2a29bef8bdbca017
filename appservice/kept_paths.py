"""Ways in and out, kept in the store, within one unit of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from appservice.store import paths as store
from appservice.store.database import Connection
from appservice.surroundings import Health
from bot.paths.ports import Departure, Offer, Wish
from spaces.actions import ReadBack
from spaces.identifiers import PlaceId, UserId

_READ_AGAIN_SECONDS = 60.0
_NEVER = float("-inf")


class KeptPaths:
    """Implements `bot.paths.ports.Paths`."""

    def __init__(
        self, connection: Connection, health: Health, now: float, put: Callable[[ReadBack], None]
    ) -> None:
        self._connection = connection
        self._health = health
        self._now = now
        self._put = put

    async def invited_by_name(self, place: PlaceId, user: UserId) -> None:
        await store.admit(self._connection, place, user)
        await store.mark(self._connection, [user])

    async def named_in(self, place: PlaceId) -> frozenset[UserId]:
        return await store.admitted_to(self._connection, place)

    async def named_to(self, user: UserId) -> frozenset[PlaceId]:
        return await store.admissions_of(self._connection, user)

    async def forget_name(self, place: PlaceId, user: UserId) -> None:
        await store.drop_admission(self._connection, place, user)

    async def has_left(self, place: PlaceId, user: UserId) -> bool:
        gone = await store.has_gone(self._connection, place, user)
        return gone and not await store.is_being_invited(self._connection, place, user)

    async def departures_from(self, place: PlaceId) -> Mapping[UserId, Departure]:
        return {one.user: one for one in await store.departures(self._connection, place=place)}

    async def departures_of(self, user: UserId) -> Mapping[PlaceId, Departure]:
        return {one.place: one for one in await store.departures(self._connection, user=user)}

    async def departs(self, departure: Departure) -> None:
        await store.save_departure(self._connection, departure)

    async def stays(self, place: PlaceId, user: UserId) -> None:
        await store.drop_departure(self._connection, place, user)

    def read_at(self, place: PlaceId) -> float | None:
        return self._health.read.get(place)

    def read_again(self, place: PlaceId) -> None:
        """At most once a minute until it is read: it may be that it cannot be."""
        asked, read = self._health.reading.get(place, _NEVER), self._health.read.get(place, _NEVER)
        if read >= asked or self._now - asked >= _READ_AGAIN_SECONDS:
            self._health.reading[place] = self._now
            self._put(ReadBack(place))

    async def talks_with(self, user: UserId) -> bool:
        return await store.is_direct_with(self._connection, user)

    async def wishes_of(self, user: UserId) -> Sequence[Wish]:
        return await store.wishes(self._connection, user)

    async def wish(self, user: UserId, wish: Wish) -> None:
        await store.save_wish(self._connection, user, wish)

    async def unwish(self, user: UserId, place: PlaceId) -> None:
        await store.drop_wish(self._connection, user, place)

    async def offer_to(self, user: UserId) -> Offer | None:
        return (await store.offer(self._connection, user))[0]

    async def offered(self, user: UserId, offer: Offer) -> None:
        await store.save_offer(self._connection, user, offer, stopped=False)

    async def offer_settled(self, user: UserId) -> None:
        _, stopped = await store.offer(self._connection, user)
        await store.save_offer(self._connection, user, None, stopped=stopped)

    async def wants_offers(self, user: UserId) -> bool:
        return not (await store.offer(self._connection, user))[1]

    async def stop_offers(self, user: UserId) -> None:
        await store.save_offer(self._connection, user, None, stopped=True)
