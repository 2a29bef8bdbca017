"""Which listings somebody may see, and what they may do with them.

What they may not see is, in every answer, what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.audience import audience_of
from bot.command import Call
from spaces import access
from spaces.access import Deed, Sight
from spaces.bans import is_banned
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.listings import Listing, unknown
from spaces.network import Status
from spaces.sentences import listed

_NAMED_AT_MOST = 3


def is_steward(landscape: Landscape, user: UserId, listing: Listing) -> bool:
    """Whether they are one of its stewards; who is banned from its network is none meanwhile."""
    network = landscape.networks.get(listing.network)
    is_there = network is not None and network.status is Status.ACTIVE
    return is_there and user in listing.stewards and not is_banned(landscape, listing.network, user)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who hears the answer, with what they may find. `user` is None where several hear it."""

    landscape: Landscape
    sight: Sight
    user: UserId | None

    def sees(self, listing: Listing) -> bool:
        return listing.network in self.sight.finds or self.stewards(listing)

    def stewards(self, listing: Listing) -> bool:
        return self.user is not None and is_steward(self.landscape, self.user, listing)

    def may_change(self, listing: Listing) -> bool:
        """A coordinator of its network, or one of its stewards."""
        return self.user is not None and (self.coordinates(listing) or self.stewards(listing))

    def coordinates(self, listing: Listing) -> bool:
        is_open = listing.network in self.sight.finds
        return is_open and self.user in self.landscape.coordinators_of(listing.network)

    def seen(self, listings: Iterable[Listing]) -> tuple[Listing, ...]:
        return tuple(listing for listing in listings if self.sees(listing))


def speaker(call: Call) -> Reader:
    """Who speaks, by themselves."""
    return Reader(call.landscape, call.work.directory.sight_of(call.standing), call.sender)


async def readers(call: Call) -> Reader:
    """Who hears the answer: the speaker or, in a room, anybody who is in it."""
    if call.heard.is_direct:
        return speaker(call)
    return Reader(call.landscape, call.work.directory.sight_of(await audience_of(call)), None)


async def numbered(call: Call, number: int) -> Listing:
    """The listing of that number. Raises `Unknown` where the speaker may not see it, and `Conflict`
    where they may, and others who are listening may not."""
    found = await call.work.listings.numbered(number)
    if found is None or not speaker(call).sees(found):
        raise unknown(number)
    await require_fit(call, [found])
    return found


async def require_fit(call: Call, listings: Iterable[Listing]) -> None:
    heard_by = await readers(call)
    if any(not heard_by.sees(listing) for listing in listings):
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")


async def require_heard(call: Call, network: NetworkId) -> None:
    """Raise `Conflict` unless all who listen may see what is listed in this network."""
    if network not in (await readers(call)).sight.finds:
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")


async def theirs(call: Call, number: int) -> Listing:
    """The same, if the speaker may change it. Raises `Forbidden`, naming who may, where they may not."""
    found = await numbered(call, number)
    if not speaker(call).may_change(found):
        raise _not_theirs(call, found)
    return found


def _not_theirs(call: Call, listing: Listing) -> Forbidden:
    network = call.landscape.networks[listing.network]
    coordinators = call.landscape.coordinators_of(network.id)[:_NAMED_AT_MOST]
    if not coordinators:
        return Forbidden(
            "Only a steward of it or a coordinator of “{network}” can change listing {number}.",
            network=network.name,
            number=listing.number,
        )
    return Forbidden(
        "Only a steward of it or a coordinator of “{network}” can change listing {number}. Ask {people}.",
        network=network.name,
        number=listing.number,
        people=listed(coordinators, "or"),
    )


def require_lister(call: Call, network: NetworkId) -> None:
    """Raise `Forbidden`, or `Conflict` where nothing can be listed there at present."""
    access.require(call.landscape, call.standing, Deed.LIST, network)
    found = call.landscape.networks[network]
    if found.status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet: it waits for a yes. `show` tells whose.", place=found.name)
    if found.status is Status.ARCHIVED:
        raise Conflict("“{place}” is archived, so nothing can be listed in it.", place=found.name)
