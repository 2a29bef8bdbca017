"""How many messages came where in a period, counted once for all readers of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping

from appservice.store import activity
from appservice.store.activity import Tally
from appservice.store.database import Connection
from bot.digests.items import Period
from spaces.identifiers import PlaceId

_PERIODS_KEPT = 16
_KEPT_SECONDS = 60.0
_NOTHING = Tally()


class Tallies:
    """What was counted in the last minute. Each reader adds those places that nobody has asked for yet."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Period, tuple[float, dict[PlaceId, Tally]]] = OrderedDict()

    async def of(
        self, connection: Connection, places: Collection[PlaceId], period: Period, now: float
    ) -> Mapping[PlaceId, Tally]:
        """For these places at least; `now` in seconds since 1970."""
        kept = self._of(period, now)
        if fresh := [place for place in places if place not in kept]:
            found = await activity.tallies(connection, fresh, period)
            kept |= {place: found.get(place, _NOTHING) for place in fresh}
        return kept

    def _of(self, period: Period, now: float) -> dict[PlaceId, Tally]:
        counted_at, kept = self._kept.get(period, (now, {}))
        if not 0 <= now - counted_at < _KEPT_SECONDS:
            counted_at, kept = now, {}
        self._kept[period] = (counted_at, kept)
        self._kept.move_to_end(period)
        while len(self._kept) > _PERIODS_KEPT:
            self._kept.popitem(last=False)
        return kept

    def forget(self) -> None:
        """What was counted may not hold any more."""
        self._kept.clear()
