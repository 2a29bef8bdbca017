"""What ways in and out need kept, in memory (`bot.paths.ports.Paths`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.paths.ports import Departure, Offer, Wish
from spaces.identifiers import PlaceId, UserId


@dataclass
class PathsKept:
    """`memberships` are those of the work. A place is as read as `read` says; all are, where it is None."""

    memberships: Mapping[tuple[PlaceId, UserId], str]
    by_name: set[tuple[PlaceId, UserId]] = field(default_factory=set)
    departures: dict[tuple[PlaceId, UserId], Departure] = field(default_factory=dict)
    read: dict[PlaceId, float] | None = None
    asked_for: list[PlaceId] = field(default_factory=list)
    talking: set[UserId] = field(default_factory=set)
    wishes: dict[tuple[UserId, PlaceId], Wish] = field(default_factory=dict)
    offers: dict[UserId, Offer] = field(default_factory=dict)
    stopped: set[UserId] = field(default_factory=set)

    async def invited_by_name(self, place: PlaceId, user: UserId) -> None:
        self.by_name.add((place, user))

    async def named_in(self, place: PlaceId) -> frozenset[UserId]:
        return frozenset(user for where, user in self.by_name if where == place)

    async def named_to(self, user: UserId) -> frozenset[PlaceId]:
        return frozenset(where for where, who in self.by_name if who == user)

    async def forget_name(self, place: PlaceId, user: UserId) -> None:
        self.by_name.discard((place, user))

    async def has_left(self, place: PlaceId, user: UserId) -> bool:
        return self.memberships.get((place, user)) in ("leave", "ban")

    async def departures_from(self, place: PlaceId) -> Mapping[UserId, Departure]:
        return {user: one for (where, user), one in self.departures.items() if where == place}

    async def departures_of(self, user: UserId) -> Mapping[PlaceId, Departure]:
        return {where: one for (where, who), one in self.departures.items() if who == user}

    async def departs(self, departure: Departure) -> None:
        self.departures[departure.place, departure.user] = departure

    async def stays(self, place: PlaceId, user: UserId) -> None:
        self.departures.pop((place, user), None)

    def read_at(self, place: PlaceId) -> float | None:
        return float("inf") if self.read is None else self.read.get(place)

    def read_again(self, place: PlaceId) -> None:
        self.asked_for.append(place)

    async def talks_with(self, user: UserId) -> bool:
        return user in self.talking

    async def wishes_of(self, user: UserId) -> Sequence[Wish]:
        return [wish for (who, _), wish in sorted(self.wishes.items()) if who == user]

    async def wish(self, user: UserId, wish: Wish) -> None:
        self.wishes[user, wish.place] = wish

    async def unwish(self, user: UserId, place: PlaceId) -> None:
        self.wishes.pop((user, place), None)

    async def offer_to(self, user: UserId) -> Offer | None:
        return self.offers.get(user)

    async def offered(self, user: UserId, offer: Offer) -> None:
        self.offers[user] = offer

    async def offer_settled(self, user: UserId) -> None:
        self.offers.pop(user, None)

    async def wants_offers(self, user: UserId) -> bool:
        return user not in self.stopped

    async def stop_offers(self, user: UserId) -> None:
        self.offers.pop(user, None)
        self.stopped.add(user)
