"""A blueprint put into a landscape: what it wants and the landscape lacks is added, what differs is changed.

What a blueprint leaves out stays as it is, unless it is pruned, and then it is archived only. Whoever
applies it consents for what it creates; a parent that has coordinators already is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from spaces import changes
from spaces.blueprint import (
    Blueprint,
    BlueprintRefused,
    WantedBridge,
    WantedGroup,
    WantedNetwork,
    problem,
)
from spaces.blueprint_checks import naming
from spaces.changes import Ids
from spaces.errors import Conflict
from spaces.hierarchy import descendants
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.landscape import Landscape
from spaces.lookalikes import folded
from spaces.naming import networks_called
from spaces.network import Access, Group, Kind, Status
from spaces.sentences import sentence


def apply_blueprint(
    landscape: Landscape,
    ids: Ids,
    blueprint: Blueprint,
    *,
    by: UserId | None,
    admins: Collection[UserId],
    prune: bool = False,
    fresh: bool = False,
    bot: UserId | None = None,
) -> Landscape:
    """The landscape with `blueprint` in it; the very one given where nothing differs.

    A network for which the blueprint names no coordinators takes those named at the top it stands
    under, else `admins`. `by` is who asks, None at the command line. With `prune`, networks and
    groups below the blueprint's tops that it does not name are archived. With `fresh` the tops are made
    anew, whatever bears their names already. Raises
    `BlueprintRefused` where a bridge names a network that is not there, or several of one name, and
    where `bot`, who looks after every room anyway, is to be a coordinator.
    """
    if bot is not None and (problems := list(naming(bot, blueprint))):
        raise BlueprintRefused(problems)
    building = _Building(landscape, ids, by, tuple(admins), fresh)
    for wanted in blueprint.networks:
        building.network(wanted, None, wanted.coordinators or building.admins)
    for bridge in blueprint.bridges:
        building.bridge(bridge)
    if prune:
        building.prune()
    return building.landscape


@dataclass
class _Building:
    landscape: Landscape
    ids: Ids
    by: UserId | None
    admins: tuple[UserId, ...]
    fresh: bool
    ours: set[NetworkId] = field(default_factory=set)  # made just now: nobody else need be asked
    networks: dict[NetworkId, str] = field(default_factory=dict)  # named by the blueprint
    groups: set[GroupId] = field(default_factory=set)
    tops: list[NetworkId] = field(default_factory=list)

    # -- networks --------------------------------------------------------------------------------

    def network(
        self, wanted: WantedNetwork, parent: NetworkId | None, coordinators: Sequence[UserId]
    ) -> None:
        people = tuple(wanted.coordinators) or tuple(coordinators)
        anew = self.fresh and parent is None
        network = None if anew else self._found(wanted.name, [parent] if parent else [])
        if network is None:
            network = self._made(wanted, wanted.kind, [parent] if parent else [], people)
        else:
            self._there(network, wanted, ask=wanted.ask, listed=wanted.listed)
        if parent is None:
            self.tops.append(network)
        self._below(network, wanted, people)

    def bridge(self, wanted: WantedBridge) -> None:
        parents = [self._named(name, wanted) for name in wanted.between]
        people = tuple(wanted.coordinators) or self._coordinators_at_top(parents[0])
        bridge = self._found(wanted.name, parents)
        if bridge is None:
            bridge = self._made(wanted, Kind.BRIDGE, parents, people)
        else:
            self._there(bridge, wanted)
        self._below(bridge, wanted, people)

    def _there(
        self,
        network: NetworkId,
        wanted: WantedNetwork | WantedBridge,
        *,
        ask: bool | None = None,
        listed: bool | None = None,
    ) -> None:
        """Change a network that is there already. One that stops being public closes its groups first."""
        if wanted.access not in (None, Access.PUBLIC):
            self._close_groups(network, wanted.groups)
        self._described(
            network, wanted.access, wanted.topic, ask=ask, listed=listed, language=wanted.language
        )
        self._add_coordinators(network, wanted.coordinators)

    def _close_groups(self, network: NetworkId, groups: Iterable[WantedGroup]) -> None:
        closing = {folded(g.name): g.access for g in groups if g.access not in (None, Access.PUBLIC)}
        for group in self.landscape.groups_of(network):
            if not group.is_kit and group.access is Access.PUBLIC and folded(group.name) in closing:
                self._described(group.id, closing[folded(group.name)], None)

    def _below(
        self, network: NetworkId, wanted: WantedNetwork | WantedBridge, people: Sequence[UserId]
    ) -> None:
        self.networks[network] = wanted.name
        for group in wanted.groups:
            self._group(group, network)
        for child in wanted.networks:
            self.network(child, network, people)

    def _found(self, name: str, parents: Iterable[NetworkId]) -> NetworkId | None:
        """The network of that name under those parents; one that was archived is restored."""
        found = sorted(
            networks_called(self.landscape, name, parents), key=lambda n: n.status is Status.ARCHIVED
        )
        return next((n.id for n in found if n.status is not Status.ARCHIVED or self._restored(n.id)), None)

    def _restored(self, place: NetworkId | GroupId) -> bool:
        try:
            self.landscape = changes.restore(self.landscape, place)
        except Conflict:
            return False
        return True

    def _made(
        self,
        wanted: WantedNetwork | WantedBridge,
        kind: Kind,
        parents: Sequence[NetworkId],
        people: Sequence[UserId],
    ) -> NetworkId:
        said = wanted if isinstance(wanted, WantedNetwork) else WantedNetwork(wanted.name)
        self.landscape, made = changes.create_network(
            self.landscape,
            self.ids,
            name=wanted.name,
            kind=kind,
            access=wanted.access,
            ask=said.ask,
            listed=said.listed,
            topic=wanted.topic or "",
            language=wanted.language or "",
            under=parents,
            agreed=[parent for parent in parents if self._agrees(parent)],
            by=self.by,
            coordinators=people,
        )
        self.ours.add(made)
        return made

    def _agrees(self, parent: NetworkId) -> bool:
        """Whether the parent's yes is in the blueprint: it made it, or speaks for it, or nobody else does."""
        coordinators = self.landscape.coordinators_of(parent)
        return parent in self.ours or not coordinators or self.by in coordinators

    def _described(
        self,
        place: NetworkId | GroupId,
        access: Access | None,
        topic: str | None,
        *,
        ask: bool | None = None,
        listed: bool | None = None,
        language: str | None = None,
    ) -> None:
        """With an access said, `ask` and `listed` are said too; without one, they can only be switched on."""
        found = self.landscape.place(place)
        is_kit = isinstance(found, Group) and found.is_kit
        if access is None or is_kit:
            ask, listed = ask or None, listed or None
        self.landscape = changes.describe(
            self.landscape,
            self.ids,
            place,
            topic=topic,
            access=None if is_kit else access,
            ask=ask,
            listed=listed,
            language=language,
        )

    def _add_coordinators(self, network: NetworkId, people: Iterable[UserId]) -> None:
        for user in people:
            self.landscape = changes.add_coordinator(self.landscape, network, user)

    def _coordinators_at_top(self, network: NetworkId) -> tuple[UserId, ...]:
        return self.landscape.coordinators_of(network) if network in self.ours else self.admins

    def _named(self, name: str, wanted: WantedBridge) -> NetworkId:
        """The one network of that name: in the blueprint first, then on the server."""
        here = [network for network, called in self.networks.items() if folded(called) == folded(name)]
        found = here or [
            NetworkId(place)
            for place in self.landscape.named(name)
            if place in self.landscape.networks and self.landscape.place(place).status is not Status.ARCHIVED
        ]
        if len(found) == 1:
            return found[0]
        several = sentence("There are several networks called “{name}”.", name=name)
        none = sentence("There is no network called “{name}”.", name=name)
        raise BlueprintRefused([problem(wanted.line, several if found else none)])

    # -- groups ----------------------------------------------------------------------------------

    def _group(self, wanted: WantedGroup, home: NetworkId) -> None:
        same = [g for g in self.landscape.groups_of(home) if folded(g.name) == folded(wanted.name)]
        same.sort(key=lambda group: group.status is Status.ARCHIVED)
        found = next((g for g in same if g.status is not Status.ARCHIVED or self._restored(g.id)), None)
        if found is not None:
            self._described(found.id, wanted.access, wanted.topic, ask=wanted.ask, listed=wanted.listed)
            self.groups.add(found.id)
            return
        self.landscape, made = changes.create_group(
            self.landscape,
            self.ids,
            name=wanted.name,
            home=home,
            access=wanted.access or Access.PRIVATE,
            ask=wanted.ask,
            listed=wanted.listed,
            encrypted=wanted.encrypted,
            topic=wanted.topic or "",
            may_wait=True,
        )
        self.groups.add(made)

    # -- what is left out ------------------------------------------------------------------------

    def prune(self) -> None:
        """Archive what stands below the tops, belongs to nobody else and is not named."""
        below = {network for top in self.tops for network in (top, *descendants(self.landscape, top))}
        for network in sorted(below - self.networks.keys() - self._shared(below)):
            self.landscape = changes.archive(self.landscape, network)
        for network in sorted(below & self.networks.keys()):
            for group in self.landscape.groups_of(network):
                if not group.is_kit and group.id not in self.groups:
                    self.landscape = changes.archive(self.landscape, group.id)

    def _shared(self, below: set[NetworkId]) -> set[NetworkId]:
        """What belongs to networks outside of `below` too, by a parent of its own or of one above it."""
        unnamed = below - self.networks.keys()
        shared: set[NetworkId] = set()
        fresh = {n for n in unnamed if not below.issuperset(self.landscape.parents(n))}
        while fresh:
            shared |= fresh
            children = {child for network in fresh for child in self.landscape.children(network)}
            fresh = (children & unnamed) - shared
        return shared
