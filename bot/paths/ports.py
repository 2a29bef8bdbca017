"""What ways in and out need kept, beside the landscape and who is where (`Work.paths`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody in `place` has no path to it any more. Times are in seconds since 1970.

    `told_at` is None for who does not talk with the bot. At `due_at` they are taken out.
    """

    place: PlaceId
    user: UserId
    told_at: float | None
    due_at: float


@dataclass(frozen=True, slots=True)
class Offer:
    """The groups of `network` that were offered to somebody who has joined it, in the order shown."""

    network: NetworkId
    groups: tuple[GroupId, ...]
    offered_at: float


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody is to be invited to `place`, and `with_groups` to all its groups, once they have joined `via`.

    To that they were invited; who says no to it wishes no more.
    """

    place: PlaceId
    via: PlaceId
    with_groups: bool = False


class Paths(Protocol):
    """Kept with the work that it belongs to: committed together, or not at all."""

    # -- invited by name -------------------------------------------------------------------------

    async def invited_by_name(self, place: PlaceId, user: UserId) -> None:
        """Note that somebody wanted `user` there: they stay without a path, until they leave."""

    async def named_in(self, place: PlaceId) -> frozenset[UserId]: ...

    async def named_to(self, user: UserId) -> frozenset[PlaceId]: ...

    async def forget_name(self, place: PlaceId, user: UserId) -> None: ...

    async def has_left(self, place: PlaceId, user: UserId) -> bool:
        """Whether they have left, or declined; not where an invitation is on its way to them."""

    # -- who has no path left --------------------------------------------------------------------

    async def departures_from(self, place: PlaceId) -> Mapping[UserId, Departure]: ...

    async def departures_of(self, user: UserId) -> Mapping[PlaceId, Departure]: ...

    async def departs(self, departure: Departure) -> None:
        """Keep it, instead of the one of that person and place."""

    async def stays(self, place: PlaceId, user: UserId) -> None: ...

    def read_at(self, place: PlaceId) -> float | None:
        """When all memberships of its room were last read since the start; None if never."""

    def read_again(self, place: PlaceId) -> None:
        """Have its room read soon."""

    async def talks_with(self, user: UserId) -> bool:
        """Whether they have a direct room with the bot."""

    # -- what somebody wants to join -------------------------------------------------------------

    async def wishes_of(self, user: UserId) -> Sequence[Wish]: ...

    async def wish(self, user: UserId, wish: Wish) -> None:
        """Keep it, instead of the one for that place."""

    async def unwish(self, user: UserId, place: PlaceId) -> None: ...

    # -- what is offered -------------------------------------------------------------------------

    async def offer_to(self, user: UserId) -> Offer | None:
        """What was last offered to them and is not settled."""

    async def offered(self, user: UserId, offer: Offer) -> None: ...

    async def offer_settled(self, user: UserId) -> None: ...

    async def wants_offers(self, user: UserId) -> bool: ...

    async def stop_offers(self, user: UserId) -> None:
        """They have said stop: nothing is offered to them any more."""
