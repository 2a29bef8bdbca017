"""Keep people out of networks and groups, and take them out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from bot.audit.commands import Answerable, note_admins_look, require_alone
from bot.bans import previews
from bot.bans.reach import Reach, check_can_be_taken_out, checked_reason, reach_of, where_to
from bot.command import Call, Name, command
from bot.networks.rules import Named, named
from bot.networks.sides import coordinates_any
from spaces import access
from spaces.bans import ban, following, is_rule, unban
from spaces.deeds import Deed
from spaces.differences import Changed, Presence
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.network import EVERYWHERE, Banned


@dataclass(frozen=True, slots=True)
class Kept:
    """`who` is banned from `reach` now, or was before if `was_there`."""

    who: str
    reach: Reach
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class LetIn:
    who: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class TakenOut:
    person: UserId
    reach: Reach
    rooms: int


@dataclass(frozen=True, slots=True)
class Bans:
    """Who is kept out of what; the place is None for a rule that holds everywhere."""

    bans: tuple[tuple[Banned, Named | None], ...]


@dataclass(frozen=True, slots=True)
class There:
    """Require the right to ban from the place of `--in`; without one, of everywhere, that of an admin."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        place = arguments["in_"]
        if place is not None:
            access.require(call.landscape, call.standing, Deed.BAN, place)

    def possible(self, call: Call) -> bool:
        return call.standing.is_admin or coordinates_any(call)


class Banning:
    """Keep people out of networks and groups, and take them out."""

    @command(
        "ban",
        topic="safety",
        requires=There(),
        examples=[
            "ban @eve:example.org --in arts-uk",
            "ban @eve:example.org --in arts-uk --tree --reason Selling things",
        ],
        meanwhile="Banning {person} …",
    )
    async def ban(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[PlaceId | None, "the network or group"] = None,
        tree: Annotated[bool, "also the networks below it that you look after"] = False,
        reason: Annotated[Name | None, "why; they see it, too"] = None,
    ) -> Kept:
        """Keep somebody out of a network with its groups, or of a group.

        Whether or not they are there, and out of what is made later as well. `undo` ends it.
        """
        place = where_to(call, person, in_)
        reach = await reach_of(call, place, tree=tree)
        said, at = checked_reason(reason), call.now.timestamp()
        wanted = [Banned(one, str(person), str(call.sender), said, at) for one in reach.places]
        protected = call.work.bans.protected
        landscape = ban(call.landscape, wanted, protected=protected)
        if landscape is call.landscape:
            return Kept(person, reach, was_there=True)
        there = await call.work.bans.fitting(person)
        if place == EVERYWHERE:
            entailed = following(landscape, there, at=at, exempt=protected)
            landscape = ban(landscape, entailed, protected=protected)
        call.confirm(previews.banning(person, reach, _met(there, reach), said))
        await call.work.change(landscape, what=f"ban {person}", about=place)
        return Kept(person, reach)

    @command(
        "unban",
        topic="safety",
        requires=There(),
        examples=["unban @eve:example.org --in arts-uk"],
        meanwhile="Ending the ban …",
    )
    async def unban(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[PlaceId | None, "the network or group"] = None,
        tree: Annotated[bool, "also the networks below it that you look after"] = False,
    ) -> LetIn:
        """Keep somebody out no longer.

        It brings nobody back: they come in again as others do.
        """
        place = where_to(call, person, in_)
        reach = await reach_of(call, place, tree=tree)
        landscape = unban(call.landscape, reach.places, person)
        await call.work.change(landscape, what=f"unban {person}", about=place)
        return LetIn(person, reach)

    @command(
        "kick",
        topic="safety",
        requires=There(),
        examples=["kick @eve:example.org --in arts-uk"],
        meanwhile="Taking {person} out …",
    )
    async def kick(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[PlaceId, "the network or group"],
        tree: Annotated[bool, "also the networks below it that you look after"] = False,
        reason: Annotated[Name | None, "why; they see it, too"] = None,
    ) -> TakenOut:
        """Take somebody out of a network with its groups, or of a group.

        They can come back as others can; `ban` keeps them out.
        """
        if is_rule(person):
            raise Conflict("One person at a time, please: `kick @USER --in NETWORK`.")
        reach, said = await reach_of(call, in_, tree=tree), checked_reason(reason)
        check_can_be_taken_out(call, person, reach)
        rooms = _met(await call.work.bans.fitting(person), reach)
        if not rooms:
            raise Conflict(
                "{person} is not in “{place}”, nor invited to it.",
                person=person,
                place=named(call.landscape, in_).name,
            )
        call.confirm(previews.kicking(person, reach, len(rooms), said))
        gone = tuple(Changed(Presence(room, person), None) for room in sorted(rooms))
        await call.work.note(f"kick {person}", in_, gone)
        for room in sorted(rooms):
            await call.work.remove(room, person, reason=said)
        return TakenOut(person, reach, len(rooms))

    @command("bans", topic="safety", requires=Answerable(), examples=["bans", "bans arts-uk"])
    async def bans(
        self, call: Call, network: Annotated[NetworkId | None, "only those from this one"] = None
    ) -> Bans:
        """Show who is banned.

        From the networks that you look after, or from one.
        """
        require_alone(call)
        landscape = call.landscape
        if network is None:
            networks: Collection[NetworkId] = landscape.coordinated_by(call.sender)
            if not networks and not call.standing.is_admin:
                raise Forbidden("You look after no network, so there is no ban of yours to show.")
            rules = landscape.bans_of(EVERYWHERE) if call.standing.is_admin else ()
            return Bans((*((rule, None) for rule in rules), *_from(call, networks)))
        if not call.standing.is_admin:
            access.require(landscape, call.standing, Deed.BAN, network)
        await note_admins_look(call, "bans", network)
        return Bans(_from(call, [network]))


def _met(there: Iterable[tuple[PlaceId, UserId]], reach: Reach) -> frozenset[PlaceId]:
    """The rooms within reach in which one of these people is."""
    everywhere = EVERYWHERE in reach.places
    return frozenset(place for place, _ in there if everywhere or place in reach.rooms)


def _from(call: Call, networks: Collection[NetworkId]) -> tuple[tuple[Banned, Named | None], ...]:
    landscape = call.landscape
    ordered = sorted(networks, key=lambda n: (landscape.networks[n].name.casefold(), n))
    places = (place for network in ordered for place in sorted(landscape.places_of(network), reverse=True))
    return tuple((one, named(landscape, place)) for place in places for one in landscape.bans_of(place))
