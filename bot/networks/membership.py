"""Get in and out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, command
from bot.networks import previews
from bot.networks.rules import Named, WaysIn, all_named, first_step, left_with, named, ways_in
from spaces import changes
from spaces.bans import is_banned
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.network import Group, Status
from spaces.sentences import sentence


@dataclass(frozen=True, slots=True)
class InvitedTo:
    """An invitation waits in the person's client; `then` is where they wanted to go by way of `place`."""

    place: Named
    then: Named | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class AlreadyIn:
    place: Named


@dataclass(frozen=True, slots=True)
class NotOpen:
    """They may know of it but not enter; `coordinators` decide."""

    place: Named
    ways: WaysIn
    coordinators: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """They leave `place` and so many groups of it; `kept` are those that another network reaches."""

    place: Named
    groups: int
    kept: tuple[Named, ...]
    gave_up_role: bool


class Membership:
    """Get in and out."""

    @command(
        "join",
        topic="joining",
        examples=["join arts-uk", "join arts-uk/painting"],
        meanwhile="Inviting you …",
    )
    async def join(
        self, call: Call, place: Annotated[PlaceId, "the network or group"]
    ) -> InvitedTo | AlreadyIn | NotOpen:
        """Be invited to a network or group."""
        wanted = named(call.landscape, place)
        if place in call.standing.joined:
            return AlreadyIn(wanted)
        _require_open(call, place)
        audience = await audience_of(call)
        first = first_step(call.landscape, call.standing, place)
        if first is None:
            ways = ways_in(call.landscape, place, audience)
            return NotOpen(wanted, ways, call.landscape.coordinators_of(_network_of(call, place)))
        if first != place:
            require_fit(call.landscape, audience, first)
        again = first in call.standing.invited
        if not again:
            await call.work.invite(first, call.sender, reason=str(sentence("You asked to join.")))
        return InvitedTo(named(call.landscape, first), wanted if first != place else None, again)

    @command("leave", topic="joining", examples=["leave arts-uk"], meanwhile="Leaving …")
    async def leave(self, call: Call, place: Annotated[PlaceId, "the network or group"]) -> Left:
        """Leave a network with its groups, or a group."""
        present = call.standing.joined | call.standing.invited
        rooms: tuple[PlaceId, ...] = (place,) if place in present else ()
        kept: tuple[GroupId, ...] = ()
        gives_up = False
        if place.is_network:
            network = NetworkId(place)
            rooms, kept = left_with(call.landscape, network, present)
            gives_up = call.sender in call.landscape.coordinators_of(network)
        called = named(call.landscape, place)
        if not rooms and not gives_up:
            raise Conflict("You are not in “{place}”, so there is nothing to leave.", place=called.name)
        if gives_up:
            _require_another(call, NetworkId(place))
        returns = _may_return(call, place, rooms)
        if gives_up or not returns:
            call.confirm(previews.leaving(called, len(rooms), returns=returns, gives_up=gives_up))
        if gives_up:
            await _give_up_role(call, NetworkId(place))
        for room in rooms:
            await call.work.remove(room, call.sender, reason=str(sentence("They asked to leave.")))
        return Left(
            called,
            sum(room.is_group for room in rooms),
            all_named(call.landscape, kept, await audience_of(call)),
            gives_up,
        )


def _require_open(call: Call, place: PlaceId) -> None:
    status, called = call.landscape.status_of(place), call.landscape.place(place).name
    if is_banned(call.landscape, place, call.sender):
        raise Forbidden(
            "I cannot let you into “{place}”. Its coordinators decide who comes in.", place=called
        )
    if status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet: it waits for a yes. `show` tells whose.", place=called)
    if status is Status.ARCHIVED:
        raise Conflict(
            "“{place}” is archived, so nobody can join it. Ask a coordinator to restore it.", place=called
        )


def _network_of(call: Call, place: PlaceId) -> NetworkId:
    found = call.landscape.place(place)
    return found.home if isinstance(found, Group) else found.id


def _may_return(call: Call, place: PlaceId, rooms: Collection[PlaceId]) -> bool:
    """Whether they can get into `place` again by themselves, once they have left these rooms."""
    away = call.standing.joined.difference(rooms), call.standing.invited.difference(rooms)
    outside = replace(call.standing, joined=away[0], invited=away[1])
    landscape = call.landscape
    if place.is_network and call.sender in landscape.coordinators_of(NetworkId(place)):
        landscape = changes.remove_coordinator(landscape, NetworkId(place), call.sender)
    return first_step(landscape, outside, place) is not None


def _require_another(call: Call, network: NetworkId) -> None:
    found = call.landscape.networks[network]
    if call.landscape.coordinators_of(network) == (call.sender,):
        raise Conflict(
            "You are the last coordinator of “{network}”, and without one nobody could look after it. "
            "Name another first: `coordinator add @USER --in {slug}`. Then leave.",
            network=found.name,
            slug=found.slug,
        )


async def _give_up_role(call: Call, network: NetworkId) -> None:
    landscape = changes.remove_coordinator(call.landscape, network, call.sender)
    await call.work.change(landscape, what=f"coordinator remove {call.sender}", about=network)
