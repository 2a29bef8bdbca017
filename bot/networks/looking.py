"""Look: the tree, one network or group, oneself, and how the service is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, command
from bot.networks.asking import Waiting, waiting_for
from bot.networks.rules import (
    Named,
    Question,
    WaysIn,
    all_named,
    named,
    only_as_admin,
    questions_for,
    ways_in,
)
from bot.networks.tree import Leaf, leaves
from bot.ports import ServiceStatus
from spaces.access import Standing, coordinates, is_member, may_enter
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Group, Kind, Network, Pause, Status


@dataclass(frozen=True, slots=True)
class Tree:
    """`top` is the network asked about, with its `groups`; `left_out` had no room at the first level."""

    leaves: tuple[Leaf, ...]
    left_out: int
    top: Leaf | None = None
    groups: tuple[Named, ...] = ()
    in_company: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as far as the person may see it; `members` is None for who may not get in.

    `language` is the code of the one that it has chosen, empty for none. For its coordinators:
    `questions`, which applicants are asked, and `grace_days`, how long somebody stays who has lost the
    last path.
    """

    place: Named
    kind: Kind | None
    status: Status
    topic: str
    language: str
    ways: WaysIn
    above: tuple[Named, ...]
    children: tuple[Named, ...]
    groups: tuple[Named, ...]
    coordinators: tuple[UserId, ...]
    waiting: tuple[Waiting, ...]
    members: int | None
    questions: tuple[str, ...] = ()
    grace_days: int | None = None
    offers_groups: bool = False
    paused: Pause = Pause.NONE
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Oneself:
    user: UserId
    is_admin: bool
    coordinates: tuple[Named, ...]
    member_of: tuple[Named, ...]
    questions: tuple[Question, ...]
    in_company: bool
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """That the service runs; its `status` for admins only."""

    status: ServiceStatus | None
    homeserver_answers: bool
    questions: tuple[Question, ...]
    requests: int = 0
    paused: tuple[tuple[Named, Pause], ...] = ()


class Looking:
    """Look at what there is. In a room, only at what everyone there may see."""

    @command("tree", topic="looking", examples=["tree", "tree arts-uk"])
    async def tree(
        self, call: Call, network: Annotated[NetworkId | None, "only what is below this one"] = None
    ) -> Tree:
        """Show the networks that you can see."""
        onlooker = await audience_of(call)
        if network is None:
            found, left_out = leaves(call.landscape, onlooker, None)
            await _note_looks(call, "tree", tuple(leaf.network.id for leaf in found))
            return Tree(found, left_out, in_company=not call.heard.is_direct)
        require_fit(call.landscape, onlooker, network)
        found, left_out = leaves(call.landscape, onlooker, network)
        groups = (g.id for g in call.landscape.groups_of(network) if g.status is not Status.ARCHIVED)
        here = call.landscape.networks[network]
        top = Leaf(0, named(call.landscape, network), here.kind, here.access)
        await _note_looks(call, "tree", (network, *(leaf.network.id for leaf in found)))
        return Tree(
            found,
            left_out,
            top,
            all_named(call.landscape, (*groups, *call.landscape.shared_with(network)), onlooker),
            in_company=not call.heard.is_direct,
        )

    @command("show", topic="looking", examples=["show arts-uk", "show arts-uk/painting"])
    async def show(self, call: Call, place: Annotated[PlaceId, "the network or group"]) -> Shown:
        """Show one network or group.

        What it is about, who gets in, who looks after it.
        """
        onlooker = await audience_of(call)
        require_fit(call.landscape, onlooker, place)
        await _note_looks(call, "show", (place,))
        found = call.landscape.place(place)
        members = None
        if _knows_more(call.landscape, onlooker, found):
            members = sum(m == "join" for m in (await call.work.members_of(place)).values())
        return _shown(call, onlooker, found, members)

    @command("whoami", topic="looking", examples=["whoami"])
    async def whoami(self, call: Call) -> Oneself:
        """Show your networks and what waits for your yes."""
        landscape, standing = call.landscape, call.standing
        alone = call.heard.is_direct
        mine = sorted(
            landscape.coordinated_by(call.sender), key=lambda n: landscape.networks[n].name.casefold()
        )
        awake = [n for n in mine if alone and landscape.networks[n].status is not Status.ARCHIVED]
        return Oneself(
            call.sender,
            standing.is_admin,
            tuple(named(landscape, network) for network in awake),
            tuple(named(landscape, n) for n in _member_of(landscape, standing)) if alone else (),
            questions_for(landscape, call.sender) if alone else (),
            in_company=not alone,
            requests=await _requests_for(call) if alone else 0,
        )

    @command("status", topic="looking", examples=["status"])
    async def status(self, call: Call) -> Running:
        """Show whether all is well."""
        status = await call.work.status()
        alone = call.heard.is_direct
        return Running(
            status if call.standing.is_admin and alone else None,
            status.homeserver_answers,
            questions_for(call.landscape, call.sender) if alone else (),
            await _requests_for(call) if alone else 0,
            _paused(call.landscape, call.sender) if alone else (),
        )


async def _requests_for(call: Call) -> int:
    """How many who ask to join wait for the speaker."""
    networks = call.landscape.coordinated_by(call.sender)
    places = [place for network in networks for place in call.landscape.places_of(network)]
    return len(await call.work.applications.open_at(places)) if places else 0


def _paused(landscape: Landscape, user: UserId) -> tuple[tuple[Named, Pause], ...]:
    """What is paused of the networks that they coordinate, by its nearest name."""
    mine = [p for n in sorted(landscape.coordinated_by(user)) for p in sorted(landscape.places_of(n))]
    pauses = ((place, landscape.place(place).paused) for place in mine)
    return tuple((named(landscape, place), pause) for place, pause in pauses if pause)


async def _note_looks(call: Call, how: str, places: tuple[PlaceId, ...]) -> None:
    """An admin's look at what they see only as an admin goes into the audit log."""
    for place in dict.fromkeys(places):
        if call.heard.is_direct and only_as_admin(call.landscape, call.standing, place):
            await call.work.note(f"{how}: looked at by {call.sender}, as an admin", place)


def _knows_more(landscape: Landscape, onlooker: Standing, found: Network | Group) -> bool:
    """Whether they may know more than the name and topic: who may get in, is in, or is an admin."""
    home = found.home if isinstance(found, Group) else found.id
    inside = onlooker.is_admin or is_member(landscape, onlooker, home)
    return inside or may_enter(landscape, onlooker, found.id)


def _shown(call: Call, onlooker: Standing, found: Network | Group, members: int | None) -> Shown:
    landscape = call.landscape
    home = found.home if isinstance(found, Group) else found.id
    is_group = isinstance(found, Group)
    above = (
        (found.home, *landscape.shares_of(found.id)) if isinstance(found, Group) else landscape.parents(home)
    )
    groups = [g.id for g in landscape.groups_of(home) if g.status is not Status.ARCHIVED]
    is_theirs = coordinates(landscape, onlooker, home)
    return Shown(
        place=named(landscape, found.id),
        kind=None if isinstance(found, Group) else found.kind,
        status=landscape.status_of(found.id),
        topic=found.topic,
        language="" if isinstance(found, Group) else found.language,
        ways=ways_in(landscape, found.id, onlooker),
        above=all_named(landscape, above, onlooker),
        children=() if is_group else all_named(landscape, landscape.children(home), onlooker),
        groups=() if is_group else all_named(landscape, (*groups, *landscape.shared_with(home)), onlooker),
        coordinators=landscape.coordinators_of(home),
        waiting=() if is_group else _waiting(call, home, onlooker),
        members=members,
        questions=() if is_group else _questions(landscape, onlooker, home),
        grace_days=found.grace_days if isinstance(found, Network) and is_theirs else None,
        offers_groups=isinstance(found, Network) and is_theirs and found.offers_groups,
        paused=landscape.pause_of(found.id) if is_theirs else Pause.NONE,
        timezone="" if isinstance(found, Group) else found.timezone,
    )


def _waiting(call: Call, network: NetworkId, onlooker: Standing) -> tuple[Waiting, ...]:
    """Whose yes it waits for. That there are others, not to be named, only they learn who wait with them.

    A bridge that is not made yet is seen by nobody else; of another network it would tell whoever sees it.
    """
    found = waiting_for(call, network, onlooker)
    waits_together = call.landscape.networks[network].status is Status.PROPOSED
    return tuple(one for one in found if waits_together or one.side is not None)


def _questions(landscape: Landscape, onlooker: Standing, network: NetworkId) -> tuple[str, ...]:
    is_theirs = coordinates(landscape, onlooker, network)
    return tuple(landscape.networks[network].questions.splitlines()) if is_theirs else ()


def _member_of(landscape: Landscape, standing: Standing) -> list[NetworkId]:
    """Networks whose Space or one of whose groups they have joined, by name."""
    known = [place for place in standing.joined if place in landscape.networks or place in landscape.groups]
    found = (landscape.place(place) for place in known)
    networks = {f.home if isinstance(f, Group) else f.id for f in found}
    awake = (n for n in networks if landscape.networks[n].status is Status.ACTIVE)
    return sorted(awake, key=lambda n: (landscape.networks[n].name.casefold(), n))
