"""All networks of a server, their groups, links and coordinators as one immutable value.

A change is a new landscape (`spaces/changes.py`); the difference between two is what has to be
stored, and what has to be done in Matrix (`spaces/reconcile.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

from spaces.grouping import (
    BANS,
    COORDINATED,
    COORDINATORS,
    GROUPS_CALLED,
    GROUPS_OF,
    LINKS_ABOVE,
    LINKS_AT,
    LINKS_BELOW,
    NETWORKS_CALLED,
    NETWORKS_LIKE,
    ORPHANED,
    SHARES_OF,
    SHARES_WAITING,
    SHARES_WITH,
    STANDING_BELOW,
    TOPS,
    Grouped,
    Grouping,
    kept,
    part_of,
    take_over,
)
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.lookalikes import folded, skeleton
from spaces.network import EVERYWHERE, Access, Banned, Coordinator, Group, Link, Network, Pause, Share, Status

_GENERATIONS = 64
_EMPTY: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Landscape:
    """`slugs` holds every slug ever given: `arts-uk` for a network, `<network id>/painting` for a group."""

    networks: Mapping[NetworkId, Network] = field(default_factory=lambda: _EMPTY)
    groups: Mapping[GroupId, Group] = field(default_factory=lambda: _EMPTY)
    links: Mapping[tuple[NetworkId, NetworkId], Link] = field(default_factory=lambda: _EMPTY)
    shares: Mapping[tuple[GroupId, NetworkId], Share] = field(default_factory=lambda: _EMPTY)
    coordinators: Mapping[tuple[NetworkId, UserId], Coordinator] = field(default_factory=lambda: _EMPTY)
    slugs: Mapping[str, PlaceId] = field(default_factory=lambda: _EMPTY)
    bans: Mapping[tuple[PlaceId, str], Banned] = field(default_factory=lambda: _EMPTY)

    # -- looking -----------------------------------------------------------------------------

    def place(self, place: PlaceId) -> Network | Group:
        """The network or group of that id. Raises `KeyError`."""
        found = self.place_at(place)
        if found is None:
            raise KeyError(place)
        return found

    def place_at(self, place: PlaceId) -> Network | Group | None:
        """As `place`; None where there is no such place."""
        return self.networks.get(cast(NetworkId, place)) or self.groups.get(cast(GroupId, place))

    def network_of(self, place: PlaceId) -> NetworkId:
        """The network itself, or a group's home. Raises `KeyError`."""
        found = self.place(place)
        return found.home if isinstance(found, Group) else found.id

    def network_at(self, place: PlaceId | None) -> NetworkId | None:
        """As `network_of`; None where there is no such place."""
        found = None if place is None else self.place_at(place)
        if isinstance(found, Group):
            return found.home
        return None if found is None else found.id

    @kept
    def parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents whose link holds, the canonical one first."""
        return tuple(link.parent for link in self._of(LINKS_ABOVE, network) if self.stands(link))

    @kept
    def children(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Children whose link holds, by name."""
        return tuple(child for _, child in self.standing_below(network))

    def standing_below(
        self, network: NetworkId, *, open_ones: bool = False
    ) -> tuple[tuple[str, NetworkId], ...]:
        """The children with their names in small letters, in that order; or those that everybody finds."""
        return self._of(STANDING_BELOW, (network, open_ones))

    def tops(self, *, open_ones: bool = False) -> tuple[tuple[str, NetworkId], ...]:
        """Active networks without a parent whose link holds, as `standing_below` gives them.

        Or those that everybody finds, and none of whose parents everybody finds.
        """
        return self._of(TOPS, open_ones)

    def links_above(self, network: NetworkId) -> tuple[Link, ...]:
        """Its links to parents, the canonical one first."""
        return self._of(LINKS_ABOVE, network)

    @kept
    def all_children(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Children of every link, whether it holds, waits or sleeps in an archive."""
        return tuple(link.child for link in self._of(LINKS_BELOW, network))

    @kept
    def all_parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents of every link, whether it holds, waits or sleeps in an archive."""
        return tuple(link.parent for link in self._of(LINKS_ABOVE, network))

    @kept
    def agreed_parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents that both sides have agreed to, those that sleep in an archive too."""
        return tuple(link.parent for link in self._of(LINKS_ABOVE, network) if link.holds)

    @kept
    def proposals_of(self, network: NetworkId) -> tuple[Link, ...]:
        """Links to or from `network` that wait for a yes; none of an archive."""
        waiting = (link for link in self._of(LINKS_AT, network) if not link.holds)
        return tuple(link for link in waiting if self._is_awake(link.parent, link.child))

    def status_of(self, place: PlaceId) -> Status:
        """The status that a place has in effect: a group shares that of a network which is not active."""
        found = self.place(place)
        if isinstance(found, Group) and found.status is Status.ACTIVE:
            return self.networks[found.home].status
        return found.status

    def is_everybodys(self, place: PlaceId) -> bool:
        """Whether a stranger finds the place. Raises `KeyError`."""
        found = self.place(place)
        if isinstance(found, Network):
            return found.is_everybodys
        return found.is_everybodys_in(self.networks[found.home])

    def is_paused(self, place: PlaceId) -> bool:
        """Whether what drifts in the room of `place` is left as it is, all of it or most."""
        return self.pause_of(place) is not Pause.NONE

    def position_of(self, network: NetworkId) -> int:
        """How many networks were there before it."""
        return self._positions[network]

    def pause_of(self, place: PlaceId) -> Pause:
        """What of the room of `place` is left as it is; the whole network's pause comes first."""
        found = self.place(place)
        if isinstance(found, Group) and self.networks[found.home].paused is Pause.ALL:
            return Pause.ALL
        return found.paused

    def groups_of(self, network: NetworkId) -> tuple[Group, ...]:
        """Groups whose home `network` is: welcome, news, then by name."""
        return self._of(GROUPS_OF, network)

    def proposed_shares_of(self, network: NetworkId) -> tuple[Share, ...]:
        """Shares of a group of `network`, or with `network`, that wait for a yes; none of an archive."""
        ends = ((share, self.groups[share.group].home) for share in self._of(SHARES_WAITING, network))
        return tuple(s for s, home in ends if self._is_awake(home, s.network))

    @kept
    def shares_of(self, group: GroupId) -> tuple[NetworkId, ...]:
        """Networks beside its home that list the group."""
        return tuple(share.network for share in self.all_shares_of(group) if self._is_listed(share))

    def all_shares_of(self, group: GroupId) -> tuple[Share, ...]:
        """Every share of the group, whether it holds, waits or sleeps in an archive."""
        return self._of(SHARES_OF, group)

    @kept
    def shared_with(self, network: NetworkId) -> tuple[GroupId, ...]:
        """Groups of other networks that `network` lists."""
        return tuple(s.group for s in self._of(SHARES_WITH, network) if self._is_listed(s))

    @kept
    def all_shared_with(self, network: NetworkId) -> tuple[GroupId, ...]:
        """Groups of other networks in every share with `network`, whether it holds, waits or sleeps."""
        return tuple(share.group for share in self._of(SHARES_WITH, network))

    @kept
    def places_of(self, network: NetworkId) -> frozenset[PlaceId]:
        """The network itself and its groups."""
        if network not in self.networks:
            return frozenset()
        return frozenset((network, *(group.id for group in self.groups_of(network))))

    def named(self, name: str) -> tuple[PlaceId, ...]:
        """Places of that name, however it is written; groups by their slug as well."""
        called = folded(name)
        return tuple(p.id for p in (*self._of(NETWORKS_CALLED, called), *self._of(GROUPS_CALLED, called)))

    def looking_like(self, name: str) -> tuple[Network, ...]:
        """Networks whose names a reader could not tell from this one, those of the very same name too."""
        return self._of(NETWORKS_LIKE, skeleton(name))

    @kept
    def coordinators_of(self, network: NetworkId) -> tuple[UserId, ...]:
        return tuple(c.user for c in self._of(COORDINATORS, network) if not c.former)

    def orphaned(self) -> tuple[NetworkId, ...]:
        """Networks that nobody coordinates."""
        return self._of(ORPHANED, ())

    def looking_after(self, place: PlaceId) -> tuple[UserId, ...]:
        """The coordinators of a network, or of a group's home; none for what is not in the landscape."""
        group = self.groups.get(GroupId(place))
        return self.coordinators_of(group.home if group else NetworkId(place))

    @kept
    def former_coordinators_of(self, network: NetworkId) -> tuple[UserId, ...]:
        return tuple(c.user for c in self._of(COORDINATORS, network) if c.former)

    @kept
    def coordinated_by(self, user: UserId) -> frozenset[NetworkId]:
        return frozenset(c.network for c in self._of(COORDINATED, user) if not c.former)

    def bans_of(self, place: PlaceId) -> tuple[Banned, ...]:
        """The bans from this very place, or the rules for EVERYWHERE."""
        return self._of(BANS, place)

    def slug_of(self, place: PlaceId) -> str:
        """`arts-uk` or `arts-uk/painting`."""
        found = self.place(place)
        if isinstance(found, Group):
            return f"{self.networks[found.home].slug}/{found.slug}"
        return found.slug

    # -- changing ----------------------------------------------------------------------------

    def having(self, *values: Network | Group | Link | Share | Coordinator | Banned) -> Landscape:
        """This landscape with each of `values` put in or put in place of what it replaces."""
        changes: dict[str, dict[Any, Any]] = {}
        for value in values:
            part, key, slug = part_of(value)
            changes.setdefault(part, {})[key] = value
            if slug:
                changes.setdefault("slugs", {})[slug] = key
        return self._with(changes)

    def lacking(self, *values: Link | Share | Banned) -> Landscape:
        """This landscape without these links, shares and bans."""
        changes: dict[str, dict[Any, Any]] = {}
        for value in values:
            part, key, _ = part_of(value)
            changes.setdefault(part, {})[key] = None
        return self._with(changes)

    def _with(self, changes: Mapping[str, Mapping[Any, Any]]) -> Landscape:
        """This landscape with these values, by part and key; None takes one away."""
        parts: dict[str, Any] = {}
        for part, values in changes.items():
            parts[part] = {**getattr(self, part), **values}
            for key in (key for key, value in values.items() if value is None):
                del parts[part][key]
        after = replace(self, **parts)
        done = {part: tuple(values) for part, values in changes.items()}
        after.__dict__["_lineage"] = (*self._lineage[1 - _GENERATIONS :], (self._mark, done))
        take_over(after._groupings, self._groupings, self, after, done)
        return after

    def differing(self, before: Landscape, part: str) -> list[Any]:
        """The keys of what is another one in a `part` ("networks", "links" …) than in `before`, or gone."""
        old, new = getattr(before, part), getattr(self, part)
        if old is new:
            return []
        since = self._since(before, part)
        keys = dict.fromkeys((*new, *old)) if since is None else since
        return [key for key in keys if old.get(key) != new.get(key)]

    def _since(self, before: Landscape, part: str) -> dict[Any, None] | None:
        """The keys that were put or taken on the way from `before` to here; None if that is not known."""
        marks = [mark for mark, _ in self._lineage]
        if before._mark not in marks:
            return None
        way = self._lineage[marks.index(before._mark) :]
        return dict.fromkeys(key for _, done in way for key in done.get(part, ()))

    def changed_since(self, before: Landscape) -> frozenset[PlaceId]:
        """Places that a difference between the two may concern: what changed and what hangs on it."""
        touched: set[PlaceId] = set(self.differing(before, "groups"))
        links = self.differing(before, "links")
        networks = {*self.differing(before, "networks"), *(child for _, child in links)}
        touched |= networks
        for landscape in (before, self):
            touched |= landscape._below(networks)
        for group, network in self.differing(before, "shares"):
            touched.update((group, network))
        touched.update(network for network, _ in self.differing(before, "coordinators"))
        touched.update(place for place, _ in self.differing(before, "bans") if place != EVERYWHERE)
        parents = (parent for parent, _ in links)  # by themselves: nothing else below them is concerned
        return frozenset((*parents, *_with_neighbours(touched, (before, self))))

    def _below(self, networks: set[NetworkId]) -> set[NetworkId]:
        """All networks under these: what is public is published with the topmost one above it."""
        below: set[NetworkId] = set()
        queue = list(networks)
        while queue:
            fresh = [child for child in self.children(queue.pop()) if child not in below]
            below.update(fresh)
            queue += fresh
        return below

    @cached_property
    def unlisted(self) -> frozenset[PlaceId]:
        """What is shown in no Space: for invited people only, or not awake."""
        return frozenset(place for place in (*self.networks, *self.groups) if self.is_unlisted(place))

    def is_unlisted(self, place: PlaceId) -> bool:
        """Whether it is shown in no Space."""
        found = self.place(place)
        is_kit = isinstance(found, Group) and found.is_kit
        shut = found.access is Access.INVITE and not is_kit
        return shut or self.status_of(place) is not Status.ACTIVE

    # -- what is kept beside -----------------------------------------------------------------

    def grouped(self, grouping: Grouping, key: Any) -> tuple[Any, ...]:
        """What is found under `key`; once it is grouped, the landscapes that follow take it over."""
        return self._of(grouping, key)

    def _of(self, grouping: Grouping, key: Any) -> tuple[Any, ...]:
        if grouping not in self._groupings:
            self._groupings[grouping] = grouping.of(self)
        return self._groupings[grouping].get(key, ())

    @cached_property
    def _groupings(self) -> dict[Grouping, Grouped]:
        return {}

    @cached_property
    def _mark(self) -> object:
        """By which a later landscape knows that it came from this one."""
        return object()

    @cached_property
    def _lineage(self) -> tuple[tuple[object, Mapping[str, tuple[Any, ...]]], ...]:
        """Landscapes that it came from, the oldest first, each with the keys that were changed next."""
        return ()

    @cached_property
    def _positions(self) -> dict[NetworkId, int]:
        return {network: at for at, network in enumerate(self.networks)}

    def _is_awake(self, *networks: NetworkId) -> bool:
        return all(self.networks[network].status is not Status.ARCHIVED for network in networks)

    def stands(self, link: Link) -> bool:
        """Whether it holds between two that are active."""
        ends = (self.networks[link.parent].status, self.networks[link.child].status)
        return link.holds and ends == (Status.ACTIVE, Status.ACTIVE)

    def _is_listed(self, share: Share) -> bool:
        ends = (self.status_of(share.group), self.networks[share.network].status)
        return share.holds and ends == (Status.ACTIVE, Status.ACTIVE)


def _with_neighbours(touched: set[PlaceId], landscapes: tuple[Landscape, ...]) -> Iterator[PlaceId]:
    yield from touched
    for place in touched:
        for landscape in landscapes:
            if place in landscape.networks:
                network = NetworkId(place)
                for group in landscape.groups_of(network):
                    yield group.id
                    yield from landscape.shares_of(group.id)
                yield from landscape.shared_with(network)
                yield from landscape.all_parents(network)
                yield from landscape.all_children(network)
            elif place in landscape.groups:
                yield landscape.groups[GroupId(place)].home
                yield from landscape.shares_of(GroupId(place))
