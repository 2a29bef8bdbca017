"""Which event and which network is meant, and whether the speaker may know of it and change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.arguments import Missing
from bot.audience import audience_of
from bot.command import Call, Parameter
from spaces.access import coordinates
from spaces.errors import Conflict, Forbidden, Unknown
from spaces.identifiers import GroupId, NetworkId
from spaces.network import Status
from spaces.occasions import Occasion, sees_occasions
from spaces.sentences import sentence

_LISTED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class _Coordinating:
    """Help shows it to coordinators alone; what is not there is refused to all in the same words."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None: ...

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


COORDINATING = _Coordinating()


async def occasion_of(call: Call, number: int) -> Occasion:
    """The one of that number, if the speaker may see it, and all who are listening.

    What is hidden from them, forgotten or was never there is answered in the same words.
    """
    found = await call.work.calendar.numbered(number)
    if found is None or not sees_occasions(call.landscape, call.standing, found.network):
        raise Unknown("I know no event {number}. `events` shows what is ahead.", number=number)
    await require_listeners(call, found.network)
    return found


async def require_listeners(call: Call, network: NetworkId) -> None:
    """Raise `Conflict` if others who are listening may not see what takes place there."""
    if not sees_occasions(call.landscape, await audience_of(call), network):
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")


async def own_occasion(call: Call, number: int) -> Occasion:
    """The same, for a coordinator of its network, and only while it is ahead."""
    found = await occasion_of(call, number)
    require_coordinator(call, found.network)
    require_ahead(call, found)
    return found


def require_ahead(call: Call, found: Occasion) -> None:
    if not found.stands:
        raise Conflict("“{event}” is cancelled.", event=found.name)
    if not found.is_ahead(call.now.timestamp()):
        raise Conflict("“{event}” has begun, or is over.", event=found.name)


def require_coordinator(call: Call, network: NetworkId) -> None:
    found = call.landscape.networks[network]
    if not coordinates(call.landscape, call.standing, network):
        raise Forbidden(
            "Only coordinators of “{network}” put events into its calendar. Ask one of them: `show {slug}` "
            "says who they are.",
            network=found.name,
            slug=found.slug,
        )
    if found.status is not Status.ACTIVE:
        raise Conflict("“{network}” is not active at present.", network=found.name)


async def network_meant(call: Call) -> NetworkId:
    """That of the room, or the only one that they look after; else they are asked."""
    if (here := await network_here(call)) is not None:
        return here
    asked = Parameter("in_", NetworkId, "", is_option=True)
    landscape = call.landscape
    known = [n for n in landscape.coordinated_by(call.sender) if landscape.status_of(n) is Status.ACTIVE]
    if not call.heard.is_direct:
        raise Missing(sentence("In which network?"), asked)
    if not known:
        raise Forbidden(
            "Only coordinators put events into the calendar of a network, and you look after none. Ask a "
            "coordinator: `show NETWORK` says who they are."
        )
    if len(known) > 1:
        slugs = sorted(landscape.networks[network].slug for network in known)
        shown = ", ".join(slugs[:_LISTED_AT_MOST])
        raise Missing(sentence("In which of your networks? {networks}", networks=shown), asked)
    return known[0]


async def network_here(call: Call) -> NetworkId | None:
    """The network of the room in which it is said; None in a direct message."""
    if call.heard.is_direct:
        return None
    here = await call.work.place_of_room(call.heard.room)
    if here in call.landscape.networks:
        return NetworkId(here)
    return call.landscape.groups[GroupId(here)].home if here in call.landscape.groups else None
