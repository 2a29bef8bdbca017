"""What a change has changed, as values: kept with each line of the audit log, and enough to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Banned, Coordinator, Group, Link, Network, Share


@dataclass(frozen=True, slots=True)
class Presence:
    """That `user` was in the room of `place`, or invited to it."""

    place: PlaceId
    user: UserId


Value = Network | Group | Link | Share | Coordinator | Banned | Presence
PARTS = ("networks", "groups", "links", "shares", "coordinators", "bans")
"""What of a landscape is compared."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One value as it was and as it became; None where there was none, or is none."""

    before: Value | None
    after: Value | None

    @property
    def value(self) -> Value:
        """As it became or, if it is gone, as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("nothing became nothing")
        return found


def difference(before: Landscape, after: Landscape) -> tuple[Changed, ...]:
    """All that differs: networks, groups, links, shares, coordinators, bans, in that order."""
    return tuple(changed for part in PARTS for changed in _differing(before, after, part))


def _differing(before: Landscape, after: Landscape, part: str) -> Iterator[Changed]:
    old, new = getattr(before, part), getattr(after, part)
    for key in after.differing(before, part):
        yield Changed(old.get(key), new.get(key))


def networks_of(landscape: Landscape, changed: Changed) -> tuple[NetworkId, ...]:
    """The networks whose coordinators it concerns, its own first; none for a rule of an admin's.

    A link concerns both ends, and the sharing of a group its home and the network it is shared with.
    """
    match changed.value:
        case Network(id=network):
            return (network,)
        case Group(home=home):
            return (home,)
        case Link(parent=parent, child=child):
            return (child, parent)
        case Share(group=group, network=network):
            return (landscape.groups[group].home, network)
        case Coordinator(network=network):
            return (network,)
        case Banned(place=place) | Presence(place=place):
            return () if place == EVERYWHERE else (home_of(landscape, place),)


def home_of(landscape: Landscape, place: PlaceId) -> NetworkId:
    """The network itself, or the home of a group."""
    group = landscape.groups.get(GroupId(place))
    return group.home if group is not None else NetworkId(place)


def concerned(landscape: Landscape, changes: Iterable[Changed]) -> tuple[NetworkId, ...]:
    """All networks whose coordinators these concern, each once."""
    return tuple(dict.fromkeys(n for one in changes for n in networks_of(landscape, one)))


def by_network(landscape: Landscape, changes: Iterable[Changed]) -> dict[NetworkId, tuple[Changed, ...]]:
    """The same changes told apart by the network that each belongs to first of all."""
    apart: dict[NetworkId, list[Changed]] = {}
    for one in changes:
        for network in networks_of(landscape, one)[:1]:
            apart.setdefault(network, []).append(one)
    return {network: tuple(found) for network, found in apart.items()}
