"""See what is ahead, one event, and the address of a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.arguments import Missing
from bot.audience import audience_of, require_fit
from bot.calendar.which import network_here, occasion_of, require_listeners
from bot.command import Call, Parameter, command
from bot.networks.rules import Named, named
from spaces.access import coordinates, member_of
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import NetworkId, UserId
from spaces.occasions import Occasion, sees_occasions
from spaces.sentences import sentence

_MOST_LISTED = 80


@dataclass(frozen=True, slots=True)
class Listed:
    """An event in a list, and how many come."""

    occasion: Occasion
    network: Named
    coming: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is ahead in one network, or in all that the speaker is in. `address`: of its calendar."""

    listed: tuple[Listed, ...]
    network: Named | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One event; `people` are those who come, for who looks after its network; `comes`: the speaker does."""

    occasion: Occasion
    network: Named
    coming: int
    people: tuple[UserId, ...] | None
    comes: bool


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The address of the speaker's own calendar, sealed; `new`: one that they had has ended."""

    address: str | None
    new: bool


class Calendars:
    """See what is ahead."""

    @command("events", topic="events", examples=["events", "events arts-uk"])
    async def events(
        self,
        call: Call,
        network: Annotated[NetworkId | None, "a network; if you name none, all that you are in"] = None,
    ) -> Ahead:
        """Show the events that are ahead.

        `event N` shows one, and `event yes N` says that you come. `calendar` shows them in a calendar
        program. Coordinators say `event` to put one in.
        """
        one = network or await network_here(call)
        if one is None and not call.heard.is_direct:
            raise Missing(sentence("Of which network?"), Parameter("network", NetworkId, ""))
        if one is None:
            return Ahead(await _listed(call, _own_networks(call)), None, None)
        require_fit(call.landscape, await audience_of(call), one)
        _require_sight(call, one)
        await require_listeners(call, one)
        address = call.work.calendar.address_of(one)
        return Ahead(await _listed(call, [one]), named(call.landscape, one), address)

    @command("show event", topic="events", examples=["show event 48213"])
    async def show(self, call: Call, number: Annotated[int, "the number of the event"]) -> Shown:
        """Show an event and how many come; who looks after its network sees who."""
        return await shown(call, await occasion_of(call, number))

    @command("calendar", topic="events", examples=["calendar"])
    async def calendar(self, call: Call) -> Subscribed:
        """Get an address by which a calendar program shows the events of your networks.

        It is yours alone: who has it sees what you may see. It shows a network's events as long as you are
        in it.
        """
        return await _subscribed(call, new=False)

    @command("calendar new", topic="events", examples=["calendar new"])
    async def new(self, call: Call) -> Subscribed:
        """Get a new address of your calendar; the old one ends."""
        return await _subscribed(call, new=True)


async def shown(call: Call, occasion: Occasion) -> Shown:
    """What the speaker, and all who are listening, may know of it."""
    people = tuple(await call.work.calendar.coming(occasion))
    knows = call.heard.is_direct and coordinates(call.landscape, call.standing, occasion.network)
    comes = call.heard.is_direct and call.sender in people
    network = named(call.landscape, occasion.network)
    return Shown(occasion, network, len(people), people if knows else None, comes)


def _own_networks(call: Call) -> list[NetworkId]:
    landscape, standing = call.landscape, call.standing
    mine = member_of(landscape, standing)
    return [network for network in mine if sees_occasions(landscape, standing, network)]


def _require_sight(call: Call, network: NetworkId) -> None:
    """They may know of the network; its events are for its members, unless it is public."""
    if not sees_occasions(call.landscape, call.standing, network):
        found = call.landscape.networks[network]
        raise Forbidden(
            "Only members of “{network}” see its events, while it is active. `join {slug}` brings you in.",
            network=found.name,
            slug=found.slug,
        )


async def _listed(call: Call, networks: Sequence[NetworkId]) -> tuple[Listed, ...]:
    calendar, found = call.work.calendar, list[Listed]()
    ahead = await calendar.ahead(networks, call.now.timestamp())
    for one in ahead[:_MOST_LISTED]:
        coming = len(await calendar.coming(one))
        found.append(Listed(one, named(call.landscape, one.network), coming))
    return tuple(found)


async def _subscribed(call: Call, *, new: bool) -> Subscribed:
    if not call.heard.is_direct:
        raise Conflict("That is between the two of us. Ask me in a direct message.")
    return Subscribed(await call.work.calendar.address(call.sender, new=new), new)
