"""Get in and out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Protocol

from bot.audience import audience_of, require_fit
from bot.command import Call, command
from bot.letting_in import lets_in, require_power_to_invite
from bot.networks import previews
from bot.networks.rules import Named, WaysIn, all_named, first_step, named, ways_in
from bot.paths.ports import Wish
from bot.reply import Document
from spaces import changes
from spaces.access import Standing, may_enter, may_see
from spaces.bans import is_banned
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.network import Status
from spaces.reach import left_by
from spaces.sentences import sentence


@dataclass(frozen=True, slots=True)
class InvitedTo:
    """An invitation waits in the person's client.

    `then` is where they wanted to go by way of `place`, and are invited to once they are in it; `along`
    is the network to whose Space they are invited with it.
    """

    place: Named
    then: Named | None = None
    again: bool = False
    along: Named | None = None


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


class Door(Protocol):
    """Where people ask to be let in."""

    async def ask(self, call: Call, place: PlaceId) -> Document | None:
        """Ask for the speaker to be let into `place`; None where nobody is let in so."""

    async def take_back(self, call: Call, place: PlaceId) -> Document | None:
        """Take back what the speaker has asked; None where they have not."""


class Membership:
    """Get in and out."""

    def __init__(self, door: Door | None = None) -> None:
        self._door = door

    @command(
        "join",
        topic="joining",
        examples=["join arts-uk", "join arts-uk/painting"],
        meanwhile="Inviting you …",
    )
    async def join(
        self, call: Call, place: Annotated[PlaceId, "the network or group"]
    ) -> InvitedTo | AlreadyIn | NotOpen | Document:
        """Be invited to a network or group."""
        wanted = named(call.landscape, place)
        if place in call.standing.joined:
            return AlreadyIn(wanted)
        require_open(call, place)
        audience = await audience_of(call)
        first = first_step(call.landscape, call.standing, place)
        if first is None and self._door and (asked := await self._door.ask(call, place)):
            return asked
        if first is None:
            ways = ways_in(call.landscape, place, audience)
            return NotOpen(wanted, ways, call.landscape.coordinators_of(call.landscape.network_of(place)))
        if first != place:
            require_fit(call.landscape, audience, first)
        again = first in call.standing.invited
        along = None if again else _space_to_see_it_in(call, first, audience)
        if not again:
            await require_power_to_invite(call.work, first)
        for room in () if again else (along, first):
            if room is not None and await lets_in(call.work, room):
                await call.work.invite(room, call.sender, reason=str(sentence("You asked to join.")))
        if first != place:
            await call.work.paths.wish(call.sender, Wish(place, via=first))
        return InvitedTo(
            named(call.landscape, first),
            wanted if first != place else None,
            again,
            named(call.landscape, along) if along else None,
        )

    @command("leave", topic="joining", examples=["leave arts-uk"], meanwhile="Leaving …")
    async def leave(self, call: Call, place: Annotated[PlaceId, "the network or group"]) -> Left | Document:
        """Leave a network with its groups, or a group."""
        present = call.standing.joined | call.standing.invited
        rooms: tuple[PlaceId, ...] = (place,) if place in present else ()
        kept: tuple[GroupId, ...] = ()
        gives_up = is_last = False
        if place.is_network:
            network = NetworkId(place)
            standing, coordinators = call.standing, call.landscape.coordinators_of(network)
            rooms, kept = left_by(call.landscape, network, standing.joined, standing.invited)
            gives_up, is_last = call.sender in coordinators, coordinators == (call.sender,)
        called = named(call.landscape, place)
        if not rooms and not gives_up:
            if self._door and (taken_back := await self._door.take_back(call, place)):
                return taken_back
            raise Conflict("You are not in “{place}”, so there is nothing to leave.", place=called.name)
        returns = _may_return(call, place, rooms)
        if gives_up or not returns:
            role = previews.Role.LAST if is_last else previews.Role.ONE if gives_up else None
            call.confirm(previews.leaving(called, len(rooms), returns=returns, gives_up=role))
        if gives_up:
            await _give_up_role(call, NetworkId(place))
        if self._door is not None:
            await self._door.take_back(call, place)
        for room in rooms:
            await call.work.remove(room, call.sender, reason=str(sentence("They asked to leave.")))
        return Left(
            called,
            sum(room.is_group for room in rooms),
            all_named(call.landscape, kept, await audience_of(call)),
            gives_up,
        )


def require_open(call: Call, place: PlaceId) -> None:
    """Raise `Conflict` where nobody can get in at present."""
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


def _space_to_see_it_in(call: Call, place: PlaceId, audience: Standing) -> NetworkId | None:
    """The network under which a group shows in their client, if they are in none that has it."""
    group = call.landscape.groups.get(GroupId(place))
    if group is None:
        return None
    having: tuple[PlaceId, ...] = (group.home, *call.landscape.shares_of(group.id))
    if any(network in call.standing.joined | call.standing.invited for network in having):
        return None
    seen = may_see(call.landscape, audience, group.home)
    return group.home if seen and may_enter(call.landscape, call.standing, group.home) else None


def _may_return(call: Call, place: PlaceId, rooms: Collection[PlaceId]) -> bool:
    """Whether they can get into `place` again by themselves, once they have left these rooms."""
    away = call.standing.joined.difference(rooms), call.standing.invited.difference(rooms)
    outside = replace(call.standing, joined=away[0], invited=away[1])
    landscape = call.landscape
    if place.is_network and call.sender in landscape.coordinators_of(NetworkId(place)):
        landscape = changes.step_down(landscape, NetworkId(place), call.sender)
    return first_step(landscape, outside, place) is not None


async def _give_up_role(call: Call, network: NetworkId) -> None:
    landscape = changes.step_down(call.landscape, network, call.sender)
    await call.work.change(landscape, what=f"coordinator remove {call.sender}", about=network)
