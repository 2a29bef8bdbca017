"""Name who looks after a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, command
from bot.invitations.accounts import must_be_there
from bot.networks import previews
from bot.networks.rules import Named, named
from bot.permissions import may
from spaces import changes
from spaces.access import Deed
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, UserId


@dataclass(frozen=True, slots=True)
class CoordinatorAdded:
    person: UserId
    network: Named
    was_already: bool


@dataclass(frozen=True, slots=True)
class CoordinatorRemoved:
    person: UserId
    network: Named
    left: tuple[UserId, ...]


class Roles:
    """Name who looks after a network."""

    @command(
        "coordinator add",
        topic="coordinators",
        requires=may(Deed.COORDINATE, "in_"),
        examples=["coordinator add @bob:example.org --in arts-uk"],
        meanwhile="Inviting {person} …",
    )
    async def add(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[NetworkId, "the network that they are to look after"],
    ) -> CoordinatorAdded:
        """Make somebody a coordinator."""
        network = named(call.landscape, in_)
        if person == call.bot:
            raise Conflict(
                "{bot} is me, and I look after every network's rooms already: as a coordinator I would "
                "lose that power. Name a person: `coordinator add @USER --in {slug}`.",
                bot=person,
                slug=network.slug,
            )
        if person in call.landscape.coordinators_of(in_):
            return CoordinatorAdded(person, network, was_already=True)
        await must_be_there(call, person)
        landscape = changes.add_coordinator(call.landscape, in_, person)
        await call.work.change(landscape, what=f"coordinator add {person}", about=in_)
        return CoordinatorAdded(person, network, was_already=False)

    @command(
        "coordinator remove",
        topic="coordinators",
        requires=may(Deed.COORDINATE, "in_"),
        examples=["coordinator remove @bob:example.org --in arts-uk"],
        meanwhile="Taking the power back …",
    )
    async def remove(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[NetworkId, "the network that they look after"],
    ) -> CoordinatorRemoved:
        """Take the role back from somebody.

        They stay a member.
        """
        network = named(call.landscape, in_)
        if person not in call.landscape.coordinators_of(in_):
            raise Conflict(
                "{person} does not coordinate “{network}”. `show {slug}` tells who does.",
                person=person,
                network=network.name,
                slug=network.slug,
            )
        landscape = changes.remove_coordinator(call.landscape, in_, person)
        if person == call.sender:
            call.confirm(previews.stepping_down(network, len(call.landscape.places_of(in_))))
        await call.work.change(landscape, what=f"coordinator remove {person}", about=in_)
        return CoordinatorRemoved(person, network, landscape.coordinators_of(in_))
