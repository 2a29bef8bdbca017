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
    BlueprintProblem,
    BlueprintRefused,
    WantedBridge,
    WantedGroup,
    WantedNetwork,
)
from spaces.changes import Ids
from spaces.errors import Conflict
from spaces.hierarchy import descendants
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.landscape import Landscape
from spaces.lookalikes import folded
from spaces.network import Access, Group, Kind, Status


def apply_blueprint(
    landscape: Landscape,
    ids: Ids,
    blueprint: Blueprint,
    *,
    by: UserId | None,
    admins: Collection[UserId],
    prune: bool = False,
    fresh: bool = False,
) -> Landscape:
    """The landscape with `blueprint` in it; the very one given where nothing differs.

    A network for which the blueprint names no coordinators takes those named at the top it stands
    under, else `admins`. `by` is who asks, None at the command line. With `prune`, networks and
    groups below the blueprint's tops that it does not name are archived. With `fresh` the tops are made
    anew, whatever bears their names already. Raises
    `BlueprintRefused` where a bridge names a network that is not there, or several of one name.
    """
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
            self._described(network, wanted.access, wanted.topic, ask=wanted.ask, listed=wanted.listed)
            self._add_coordinators(network, wanted.coordinators)
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
            self._described(bridge, wanted.access, wanted.topic)
            self._add_coordinators(bridge, wanted.coordinators)
        self._below(bridge, wanted, people)

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
        above = set(parents)
        asleep: list[NetworkId] = []
        for place in self.landscape.named(name):
            network = self.landscape.networks.get(NetworkId(place))
            if network is None or folded(network.name) != folded(name):
                continue
            its_parents = set(self.landscape.all_parents(network.id))
            if not (above <= its_parents if above else not its_parents):
                continue
            if network.status is not Status.ARCHIVED:
                return network.id
            asleep.append(network.id)
        return next((one for one in asleep if self._restored(one)), None)

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
        ask: bool = False,
        listed: bool = False,
    ) -> None:
        found = self.landscape.place(place)
        is_kit = isinstance(found, Group) and found.is_kit
        self.landscape = changes.describe(
            self.landscape,
            self.ids,
            place,
            topic=topic,
            access=None if is_kit else access,
            ask=ask or None,
            listed=listed or None,
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
        what = "There are several networks" if found else "There is no network"
        raise BlueprintRefused([BlueprintProblem(wanted.line, f"{what} called “{name}”.")])

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
        """Archive what stands below the tops and is not named."""
        below = {network for top in self.tops for network in (top, *descendants(self.landscape, top))}
        for network in sorted(below - self.networks.keys()):
            self.landscape = changes.archive(self.landscape, network)
        for network in sorted(below & self.networks.keys()):
            for group in self.landscape.groups_of(network):
                if not group.is_kit and group.id not in self.groups:
                    self.landscape = changes.archive(self.landscape, group.id)
