"""A tree of another server put into a landscape (PRODUCT O3).

What was imported before is known by where it came from (`known`) and stays as it is by now; what has gone
since stays gone. All else is made, with ids of this server and, where they are free, the same short names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from spaces.bans import check_not_banned
from spaces.changes import Ids
from spaces.consent import settled
from spaces.errors import Conflict
from spaces.export_checks import ExportRefused
from spaces.hierarchy import parents_first, path_down
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, UserId
from spaces.landscape import Landscape
from spaces.naming import group_slug, network_slug, networks_called
from spaces.network import Access, Banned, Coordinator, Group, Link, Network, Share, Status

Resolve = Callable[[UserId], UserId | None]
"""Who somebody of the old server is here; None: nobody who can be reached."""

_TOLD_OF_A_NETWORK = ("name", "access", "ask", "listed", "topic", "language", "timezone", "questions")
_TOLD_OF_A_GROUP = ("name", "access", "ask", "listed", "topic")


@dataclass(frozen=True)
class Imported:
    """The landscape with the tree in it; the very one given where all of it was there.

    `places` leads from the ids of the tree to ours, of `made` and of what was there already. The sentences
    are English: how what is there `differs`, and what was `left_out` and why.
    """

    landscape: Landscape
    places: Mapping[PlaceId, PlaceId]
    made: tuple[PlaceId, ...] = ()
    differs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def imported(
    landscape: Landscape,
    tree: Landscape,
    ids: Ids,
    *,
    known: Mapping[PlaceId, PlaceId],
    under: NetworkId | None = None,
    by: UserId | None = None,
    stand_ins: Iterable[UserId] = (),
    resolve: Resolve = lambda user: user,
    invite: bool = True,
    spared: Collection[UserId] = (),
) -> Imported:
    """`tree`, which has been checked, in `landscape`; its tops `under` that network, or at the top.

    Coordinators are those whom `resolve` knows, where people are to be invited (`invite`); a new network
    without any takes `stand_ins`. A parent that was here before is asked, unless `by` looks after it.
    Whom the tree bans is banned, but for the `spared`. Raises `ExportRefused` where a short name is taken and
    there is no `under`, and where a network of the same name stands in the same place.
    """
    grafting = _Grafting(landscape, tree, ids, known, under, by, tuple(stand_ins), resolve, invite, spared)
    for place in parents_first(tree, [*tree.networks, *tree.groups]):
        if place.is_network:
            grafting.network(tree.networks[NetworkId(place)])
        else:
            grafting.group(tree.groups[GroupId(place)])
    grafting.shares()
    grafting.bans()
    if grafting.problems:
        raise ExportRefused(grafting.problems)
    return Imported(
        grafting.landscape,
        grafting.places,
        tuple(grafting.made),
        tuple(grafting.differs),
        tuple(grafting.left_out),
    )


@dataclass
class _Grafting:
    landscape: Landscape
    tree: Landscape
    ids: Ids
    known: Mapping[PlaceId, PlaceId]
    under: NetworkId | None
    by: UserId | None
    stand_ins: tuple[UserId, ...]
    resolve: Resolve
    invite: bool
    spared: Collection[UserId]
    places: dict[PlaceId, PlaceId] = field(default_factory=dict)
    made: dict[PlaceId, None] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    # -- networks --------------------------------------------------------------------------------

    def network(self, wanted: Network) -> None:
        if (was := self.known.get(wanted.id)) is None:
            self._make(wanted)
        elif was in self.landscape.networks:
            self._there(wanted, self.landscape.networks[NetworkId(was)], _TOLD_OF_A_NETWORK)
        else:
            self.left_out.append(f"“{wanted.name}” was imported before and has gone since: it stays gone.")
            return
        if (here := self.places.get(wanted.id)) is not None:
            self._links(wanted, NetworkId(here))
            self._coordinators(wanted, NetworkId(here))

    def _make(self, wanted: Network) -> None:
        network = replace(wanted, id=self.ids.network())
        parents = self._parents(wanted)
        if not parents or not set(parents) <= self.made.keys():
            self._check_name(wanted, parents)
        if not parents and self.tree.all_parents(wanted.id):
            self.left_out.append(f"Nothing that “{wanted.name}” was under is here: it will be at the top.")
        slug = self._slug(network, parents)
        if slug is not None:
            self.landscape = self.landscape.having(replace(network, slug=slug))
            self._note(wanted.id, network.id)

    def _check_name(self, wanted: Network, parents: tuple[NetworkId, ...]) -> None:
        for same in networks_called(self.landscape, wanted.name, parents):
            if same.status is not Status.ARCHIVED and same.id not in self.made:
                self.problems.append(_same(same, self._where(parents)))

    def _slug(self, network: Network, parents: tuple[NetworkId, ...]) -> Slug | None:
        """Its short name as it was, or another where that is taken."""
        holder = self.landscape.slugs.get(network.slug)
        if holder is None:
            return network.slug
        if self.under is None:
            self.problems.append(self._taken(network, holder))
            return None
        hidden_by = None if network.access is Access.PUBLIC else self.ids.suffix()
        parent = parents[0] if parents else None
        return network_slug(self.landscape, network.id, network.name, parent=parent, hidden_by=hidden_by)

    def _taken(self, network: Network, holder: PlaceId) -> str:
        other = self.landscape.networks.get(NetworkId(holder))
        whose = f"by “{other.name}”" if other else "by a network that is gone"
        return (
            f"The short name “{network.slug}” of “{network.name}” is taken here, {whose}. "
            "Say --under NETWORK to hang the tree in below a network of this server: "
            "then what is taken gets another."
        )

    def _where(self, parents: tuple[NetworkId, ...]) -> str:
        return f"under “{self.landscape.networks[parents[0]].name}”" if parents else "at the top"

    def _parents(self, wanted: Network) -> tuple[NetworkId, ...]:
        """Those here, the canonical one first."""
        above = (self.places.get(parent) for parent in self.tree.all_parents(wanted.id))
        found = tuple(NetworkId(parent) for parent in above if parent is not None)
        is_top = not self.tree.all_parents(wanted.id)
        return (self.under,) if is_top and self.under is not None else found

    def _links(self, wanted: Network, here: NetworkId) -> None:
        """Whatever both ends of were there before is as people have made it since."""
        is_new, links = here in self.made, list[Link]()
        for parent in self._parents(wanted):
            if (parent, here) in self.landscape.links or not (is_new or parent in self.made):
                continue
            if not is_new and path_down(self.landscape, here, parent) is not None:
                above = self.landscape.networks[parent].name
                self.left_out.append(f"“{wanted.name}” under “{above}” would close a loop by now.")
                continue
            agrees = parent in self.made or not self._has_others(parent)
            links.append(Link(parent, here, is_new and not links, parent_agreed=agrees, asked_by=self.by))
        if links:
            self.landscape = self.landscape.having(*links)
            if not is_new or not all(link.holds for link in links):
                self.landscape = settled(self.landscape, here)

    def _has_others(self, parent: NetworkId) -> bool:
        """Whether somebody else has to be asked for that network's yes."""
        coordinators = self.landscape.coordinators_of(parent)
        return bool(coordinators) and self.by not in coordinators

    def _coordinators(self, wanted: Network, here: NetworkId) -> None:
        named = [self.resolve(user) for user in self.tree.coordinators_of(wanted.id) if self.invite]
        people: list[UserId] = [user for user in named if user is not None]
        if here in self.made:
            people = people or list(self.stand_ins)
        for user in dict.fromkeys(people):
            if (here, user) in self.landscape.coordinators:
                continue  # who is one no longer was taken out here
            try:
                if self.landscape.bans:
                    check_not_banned(self.landscape, here, user)
                self.landscape = self.landscape.having(Coordinator(here, user))
            except Conflict as conflict:
                self.left_out.append(conflict.sentence)

    # -- groups ----------------------------------------------------------------------------------

    def group(self, wanted: Group) -> None:
        home = self.places.get(wanted.home)
        if (was := self.known.get(wanted.id)) is not None:
            if was in self.landscape.groups:
                self._there(wanted, self.landscape.groups[GroupId(was)], _TOLD_OF_A_GROUP)
            elif home is not None:
                self.left_out.append(
                    f"“{wanted.name}” was imported before and has gone since: it stays gone."
                )
        elif home is not None:
            self._make_group(wanted, NetworkId(home))

    def _make_group(self, wanted: Group, home: NetworkId) -> None:
        found = self.landscape.networks[home]
        lost = found.status is not Status.ACTIVE or (
            wanted.access is Access.PUBLIC and found.access is not Access.PUBLIC
        )
        if lost or (home not in self.made and self._has_kit(home, wanted)):
            self.left_out.append(f"“{wanted.name}” does not fit into “{found.name}” as that is here by now.")
            return
        group = replace(wanted, id=self.ids.group(), home=home)
        if wanted.is_kit:
            group = replace(group, access=found.access)
        taken = f"{home}/{group.slug}" in self.landscape.slugs
        slug = group_slug(self.landscape, group.id, home, group.name) if taken else group.slug
        self.landscape = self.landscape.having(replace(group, slug=slug))
        self._note(wanted.id, group.id)

    def _has_kit(self, home: NetworkId, wanted: Group) -> bool:
        return wanted.is_kit and any(g.purpose is wanted.purpose for g in self.landscape.groups_of(home))

    def shares(self) -> None:
        for group, network in self.tree.shares:
            shared, lister = self.places.get(group), self.places.get(network)
            if shared is None or lister is None or not {shared, lister} & self.made.keys():
                continue
            self.landscape = self.landscape.having(Share(GroupId(shared), NetworkId(lister)))

    def bans(self) -> None:
        """Who was kept out is kept out, by their old name and by the one that they have here."""
        for ban in self.tree.bans.values():
            place = self.places.get(ban.place)
            if place is None or place not in self.made:
                continue
            for who in dict.fromkeys([ban.who, self.resolve(UserId(ban.who)) or ban.who]):
                if who in self.spared or who in self.landscape.looking_after(place):
                    name = self.landscape.place(place).name
                    self.left_out.append(f"{who} is banned from “{name}” there, and cannot be here.")
                else:
                    self.landscape = self.landscape.having(Banned(place, who, at=ban.at))

    # -- both ------------------------------------------------------------------------------------

    def _note(self, theirs: PlaceId, ours: PlaceId) -> None:
        self.places[theirs] = ours
        self.made[ours] = None

    def _there(self, wanted: Network | Group, found: Network | Group, told: Iterable[str]) -> None:
        self.places[wanted.id] = found.id
        other = [name for name in told if getattr(found, name) != getattr(wanted, name)]
        if other:
            words = ", ".join(other).replace("_", " ")
            self.differs.append(
                f"“{found.name}” is here already, with another {words}: it stays as it is here."
            )


def _same(network: Network, where: str) -> str:
    return (
        f"There is a network “{network.name}” {where} already (`{network.slug}`), which is not from there. "
        "Rename one of the two, or say --under NETWORK to hang the tree in somewhere else."
    )
