"""All networks of a server, their groups, links and coordinators as one immutable value.

A change is a new landscape (`spaces/changes.py`); the difference between two is what has to be
stored, and what has to be done in Matrix (`spaces/reconcile.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.lookalikes import folded
from spaces.network import EVERYWHERE, Access, Banned, Coordinator, Group, Link, Network, Pause, Share, Status

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
        if place.is_network:
            return self.networks[NetworkId(place)]
        return self.groups[GroupId(place)]

    def parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents whose link holds, the canonical one first."""
        return self._parents.get(network, ())

    def children(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Children whose link holds, by name."""
        return self._children.get(network, ())

    def all_children(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Children of every link, whether it holds, waits or sleeps in an archive."""
        return self._all_children.get(network, ())

    def all_parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents of every link, whether it holds, waits or sleeps in an archive."""
        return self._all_parents.get(network, ())

    def agreed_parents(self, network: NetworkId) -> tuple[NetworkId, ...]:
        """Parents that both sides have agreed to, those that sleep in an archive too."""
        return tuple(p for p in self.all_parents(network) if self.links[p, network].holds)

    def proposals_of(self, network: NetworkId) -> tuple[Link, ...]:
        """Links to or from `network` that wait for a yes; none of an archive."""
        return self._proposals.get(network, ())

    def status_of(self, place: PlaceId) -> Status:
        """The status that a place has in effect: a group shares that of a network which is not active."""
        found = self.place(place)
        if isinstance(found, Group) and found.status is Status.ACTIVE:
            return self.networks[found.home].status
        return found.status

    def is_paused(self, place: PlaceId) -> bool:
        """Whether what drifts in the room of `place` is left as it is, all of it or most."""
        return self.pause_of(place) is not Pause.NONE

    def pause_of(self, place: PlaceId) -> Pause:
        """What of the room of `place` is left as it is; the whole network's pause comes first."""
        found = self.place(place)
        if isinstance(found, Group) and self.networks[found.home].paused is Pause.ALL:
            return Pause.ALL
        return found.paused

    def groups_of(self, network: NetworkId) -> tuple[Group, ...]:
        """Groups whose home `network` is: welcome, news, then by name."""
        return self._groups_of.get(network, ())

    def proposed_shares_of(self, network: NetworkId) -> tuple[Share, ...]:
        """Shares of a group of `network`, or with `network`, that wait for a yes; none of an archive."""
        return self._proposed_shares.get(network, ())

    def shares_of(self, group: GroupId) -> tuple[NetworkId, ...]:
        """Networks beside its home that list the group."""
        return self._shares_of.get(group, ())

    def all_shares_of(self, group: GroupId) -> tuple[Share, ...]:
        """Every share of the group, whether it holds, waits or sleeps in an archive."""
        return self._all_shares_of.get(group, ())

    def shared_with(self, network: NetworkId) -> tuple[GroupId, ...]:
        """Groups of other networks that `network` lists."""
        return self._shared_with.get(network, ())

    def all_shared_with(self, network: NetworkId) -> tuple[GroupId, ...]:
        """Groups of other networks in every share with `network`, whether it holds, waits or sleeps."""
        return self._all_shared_with.get(network, ())

    def places_of(self, network: NetworkId) -> frozenset[PlaceId]:
        """The network itself and its groups."""
        return self._places_of.get(network, frozenset())

    def named(self, name: str) -> tuple[PlaceId, ...]:
        """Places of that name, however it is written; groups by their slug as well."""
        return self._named.get(folded(name), ())

    def coordinators_of(self, network: NetworkId) -> tuple[UserId, ...]:
        return self._coordinators_of.get(network, ())

    def looking_after(self, place: PlaceId) -> tuple[UserId, ...]:
        """The coordinators of a network, or of a group's home; none for what is not in the landscape."""
        group = self.groups.get(GroupId(place))
        return self.coordinators_of(group.home if group else NetworkId(place))

    def former_coordinators_of(self, network: NetworkId) -> tuple[UserId, ...]:
        return self._former.get(network, ())

    def coordinated_by(self, user: UserId) -> frozenset[NetworkId]:
        return self._coordinated_by.get(user, frozenset())

    def bans_of(self, place: PlaceId) -> tuple[Banned, ...]:
        """The bans from this very place, or the rules for EVERYWHERE."""
        return self._bans_of.get(place, ())

    def slug_of(self, place: PlaceId) -> str:
        """`arts-uk` or `arts-uk/painting`."""
        found = self.place(place)
        if isinstance(found, Group):
            return f"{self.networks[found.home].slug}/{found.slug}"
        return found.slug

    # -- changing ----------------------------------------------------------------------------

    def having(self, *values: Network | Group | Link | Share | Coordinator | Banned) -> Landscape:
        """This landscape with each of `values` put in or put in place of what it replaces."""
        networks, groups, links = dict(self.networks), dict(self.groups), dict(self.links)
        shares, coordinators, slugs = dict(self.shares), dict(self.coordinators), dict(self.slugs)
        bans = dict(self.bans)
        for value in values:
            match value:
                case Network():
                    networks[value.id] = value
                    slugs[value.slug] = value.id
                case Group():
                    groups[value.id] = value
                    slugs[f"{value.home}/{value.slug}"] = value.id
                case Link():
                    links[value.parent, value.child] = value
                case Share():
                    shares[value.group, value.network] = value
                case Coordinator():
                    coordinators[value.network, value.user] = value
                case Banned():
                    bans[value.place, value.who] = value
        return Landscape(networks, groups, links, shares, coordinators, slugs, bans)

    def lacking(self, *values: Link | Share | Banned) -> Landscape:
        """This landscape without these links, shares and bans."""
        gone_links = {(v.parent, v.child) for v in values if isinstance(v, Link)}
        gone_shares = {(v.group, v.network) for v in values if isinstance(v, Share)}
        gone_bans = {(v.place, v.who) for v in values if isinstance(v, Banned)}
        return replace(
            self,
            links={k: v for k, v in self.links.items() if k not in gone_links},
            shares={k: v for k, v in self.shares.items() if k not in gone_shares},
            bans={k: v for k, v in self.bans.items() if k not in gone_bans},
        )

    def changed_since(self, before: Landscape) -> frozenset[PlaceId]:
        """Places that a difference between the two may concern: what changed and what hangs on it."""
        touched: set[PlaceId] = set(_differing(before.groups, self.groups))
        networks = set(_differing(before.networks, self.networks))
        for parent, child in _differing(before.links, self.links):
            networks.update((parent, child))
        touched |= networks
        for landscape in (before, self):
            touched |= landscape._below(networks)
        for group, network in _differing(before.shares, self.shares):
            touched.update((group, network))
        touched.update(network for network, _ in _differing(before.coordinators, self.coordinators))
        touched.update(place for place, _ in _differing(before.bans, self.bans) if place != EVERYWHERE)
        return frozenset(_with_neighbours(touched, (before, self)))

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
        places: list[Network | Group] = [*self.networks.values(), *self.groups.values()]
        return frozenset(place.id for place in places if self._is_unlisted(place))

    def _is_unlisted(self, place: Network | Group) -> bool:
        is_kit = isinstance(place, Group) and place.is_kit
        shut = place.access is Access.INVITE and not is_kit
        return shut or self.status_of(place.id) is not Status.ACTIVE

    # -- indexes -----------------------------------------------------------------------------

    @cached_property
    def _parents(self) -> Mapping[NetworkId, tuple[NetworkId, ...]]:
        standing = (link for link in self.links.values() if self._stands(link))
        held = sorted((not link.canonical, link.parent, link.child) for link in standing)
        return _grouped((child, parent) for _, parent, child in held)

    @cached_property
    def _children(self) -> Mapping[NetworkId, tuple[NetworkId, ...]]:
        standing = (link for link in self.links.values() if self._stands(link))
        held = sorted(
            (self.networks[link.child].name.casefold(), link.child, link.parent) for link in standing
        )
        return _grouped((parent, child) for _, child, parent in held)

    @cached_property
    def _all_children(self) -> Mapping[NetworkId, tuple[NetworkId, ...]]:
        return _grouped((link.parent, link.child) for link in self.links.values())

    @cached_property
    def _all_parents(self) -> Mapping[NetworkId, tuple[NetworkId, ...]]:
        in_order = sorted((not link.canonical, link.parent, link.child) for link in self.links.values())
        return _grouped((child, parent) for _, parent, child in in_order)

    def _is_awake(self, *networks: NetworkId) -> bool:
        return all(self.networks[network].status is not Status.ARCHIVED for network in networks)

    def _stands(self, link: Link) -> bool:
        ends = (self.networks[link.parent].status, self.networks[link.child].status)
        return link.holds and ends == (Status.ACTIVE, Status.ACTIVE)

    @cached_property
    def _proposals(self) -> Mapping[NetworkId, tuple[Link, ...]]:
        waiting = [ln for ln in self.links.values() if not ln.holds and self._is_awake(ln.parent, ln.child)]
        return _grouped(pair for ln in waiting for pair in ((ln.parent, ln), (ln.child, ln)))

    @cached_property
    def _groups_of(self) -> Mapping[NetworkId, tuple[Group, ...]]:
        order = {"welcome": 0, "news": 1, "talk": 2}
        in_order = sorted(self.groups.values(), key=lambda g: (order[g.purpose], g.name.casefold(), g.id))
        return _grouped((g.home, g) for g in in_order)

    @cached_property
    def _held_shares(self) -> tuple[Share, ...]:
        held = (share for share in self.shares.values() if share.holds)
        ends = ((share, self.status_of(share.group), self.networks[share.network].status) for share in held)
        return tuple(share for share, *statuses in ends if statuses == [Status.ACTIVE, Status.ACTIVE])

    @cached_property
    def _shares_of(self) -> Mapping[GroupId, tuple[NetworkId, ...]]:
        return _grouped((s.group, s.network) for s in self._held_shares)

    @cached_property
    def _proposed_shares(self) -> Mapping[NetworkId, tuple[Share, ...]]:
        ends = ((share, self.groups[share.group].home) for share in self.shares.values() if not share.holds)
        awake = ((s, h) for s, h in ends if self._is_awake(h, s.network))
        return _grouped(pair for s, h in awake for pair in ((h, s), (s.network, s)))

    @cached_property
    def _shared_with(self) -> Mapping[NetworkId, tuple[GroupId, ...]]:
        return _grouped((s.network, s.group) for s in self._held_shares)

    @cached_property
    def _all_shares_of(self) -> Mapping[GroupId, tuple[Share, ...]]:
        return _grouped((share.group, share) for share in self.shares.values())

    @cached_property
    def _all_shared_with(self) -> Mapping[NetworkId, tuple[GroupId, ...]]:
        return _grouped((share.network, share.group) for share in self.shares.values())

    @cached_property
    def _places_of(self) -> Mapping[NetworkId, frozenset[PlaceId]]:
        return {n: frozenset[PlaceId]((n, *(g.id for g in self.groups_of(n)))) for n in self.networks}

    @cached_property
    def _named(self) -> Mapping[str, tuple[PlaceId, ...]]:
        pairs: dict[tuple[str, PlaceId], None] = {}
        for network in self.networks.values():
            pairs[folded(network.name), network.id] = None
        for group in self.groups.values():
            full = f"{self.networks[group.home].name}: {group.name}" if group.is_kit else group.name
            pairs |= {(folded(name), group.id): None for name in (group.name, full, group.slug)}
        return _grouped(pairs)

    @cached_property
    def _coordinators_of(self) -> Mapping[NetworkId, tuple[UserId, ...]]:
        return _grouped((c.network, c.user) for c in self.coordinators.values() if not c.former)

    @cached_property
    def _former(self) -> Mapping[NetworkId, tuple[UserId, ...]]:
        return _grouped((c.network, c.user) for c in self.coordinators.values() if c.former)

    @cached_property
    def _bans_of(self) -> Mapping[PlaceId, tuple[Banned, ...]]:
        return _grouped((ban.place, ban) for ban in self.bans.values())

    @cached_property
    def _coordinated_by(self) -> Mapping[UserId, frozenset[NetworkId]]:
        pairs = ((c.user, c.network) for c in self.coordinators.values() if not c.former)
        return {user: frozenset(networks) for user, networks in _grouped(pairs).items()}


def _differing(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Any]:
    if old is not new:
        yield from (key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


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


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, tuple[Any, ...]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}
