"""What keeps somebody in a private place: a path to it, or an invitation by name.

A path is a network whose Space they have joined and whose members the place's join rule lets in:
`spaces/wanted.py` says which these are. A place whose rule names no network, because it is public or
for invited people only, is nobody's to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import Enum, auto

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Status
from spaces.wanted import join_rules

MOST_GRACE_DAYS = 90


class Path(Enum):
    """Whether something keeps somebody where they are. UNKNOWN: not all that could was looked at."""

    HOLDS = auto()
    LOST = auto()
    UNKNOWN = auto()


def doors(landscape: Landscape, place: PlaceId) -> tuple[NetworkId, ...]:
    """The networks whose members get into `place` by being members; none for what is not active."""
    if not _is_there(landscape, place) or landscape.status_of(place) is not Status.ACTIVE:
        return ()
    allowed = join_rules(landscape, landscape.place(place)).get("allow", ())
    return tuple(NetworkId(entry["room_id"]) for entry in allowed)


def path_of(
    landscape: Landscape,
    place: PlaceId,
    user: UserId,
    joined: Collection[PlaceId],
    *,
    by_name: bool,
    is_known: Callable[[PlaceId], bool],
) -> Path:
    """Whether `user`, who is in `place` or invited to it, has a path to it or needs none.

    `joined` are the places that they have joined, as far as known. `is_known` tells of a network
    whether all who have joined it are known: who may be in one that is not has perhaps a path.
    """
    ways = doors(landscape, place)
    if not ways or by_name or user in landscape.looking_after(place):
        return Path.HOLDS
    if any(network in joined for network in ways):
        return Path.HOLDS
    return Path.LOST if all(map(is_known, ways)) else Path.UNKNOWN


def grace_days(landscape: Landscape, place: PlaceId) -> int:
    """How many days somebody who has lost the last path stays: as the network says that it belongs to."""
    group = landscape.groups.get(GroupId(place))
    return landscape.networks[group.home if group else NetworkId(place)].grace_days


def shifted(before: Landscape, after: Landscape, touched: Iterable[PlaceId]) -> frozenset[PlaceId]:
    """Those of `touched` to which a path, or the need of one, has come or gone."""
    return frozenset(
        place
        for place in touched
        if _is_there(before, place)
        and _is_there(after, place)
        and (doors(before, place), before.looking_after(place))
        != (doors(after, place), after.looking_after(place))
    )


def left_by(
    landscape: Landscape, network: NetworkId, joined: Collection[PlaceId], invited: Collection[PlaceId]
) -> tuple[tuple[PlaceId, ...], tuple[GroupId, ...]]:
    """What a member who leaves `network` leaves, and the groups of it that another network of theirs has.

    `joined` and `invited` are the places where they are. Only a network whose Space they have joined
    is another network of theirs.
    """
    groups = (*(group.id for group in landscape.groups_of(network)), *landscape.shared_with(network))
    mine = [place for place in (network, *groups) if place in joined or place in invited]
    kept = tuple(g for g in groups if g in mine and _has_another(landscape, g, network, joined))
    return tuple(place for place in mine if place not in kept), kept


def _has_another(landscape: Landscape, group: GroupId, left: NetworkId, joined: Collection[PlaceId]) -> bool:
    listing = {landscape.groups[group].home, *landscape.shares_of(group)} - {left}
    return any(network in joined for network in listing)


def _is_there(landscape: Landscape, place: PlaceId) -> bool:
    return place in landscape.networks or place in landscape.groups
