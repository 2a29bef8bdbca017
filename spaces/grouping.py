"""Values of a landscape by what they belong to, taken over from one landscape to the next.

Neither a look nor a change may cost much more where there are many networks. So what was grouped once is
not grouped again for each landscape that follows: it is copied, with what has changed in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from spaces.lookalikes import folded, skeleton
from spaces.network import Banned, Coordinator, Group, Link, Network, Share

_Landscape = TypeVar("_Landscape")
_Key = TypeVar("_Key")
_Found = TypeVar("_Found")
Grouped = Mapping[Any, tuple[Any, ...]]
Keys = Callable[[Any, Any], Iterable[Hashable]]


@dataclass(frozen=True, eq=False, slots=True)
class Grouping:
    """Values of one `part` of a landscape, by keys.

    `keys` of a landscape and one value: under which it is found, each once. Values of one key come in
    `order` or, without one, in that of the part.
    """

    part: str
    keys: Keys
    order: Callable[[Any], Any] | None = None

    def of(self, landscape: Any) -> Grouped:
        """All of it, grouped anew."""
        values = getattr(landscape, self.part).values()
        groups: dict[Any, list[Any]] = {}
        for value in sorted(values, key=self.order) if self.order else values:
            for key in self.keys(landscape, value):
                groups.setdefault(key, []).append(value)
        return {key: tuple(found) for key, found in groups.items()}

    def taken_over(
        self, grouped: Grouped, before: Any, after: Any, changes: Iterable[tuple[Any | None, Any | None]]
    ) -> Grouped:
        """What it is in `after`, where these values of `before` became those; `grouped` as it was there."""
        taken = dict(grouped)
        for old, new in changes:
            was = [] if old is None else [*self.keys(before, old)]
            becomes = [] if new is None else [*self.keys(after, new)]
            for key in dict.fromkeys((*was, *becomes)):
                values = self._put(taken.get(key, ()), old, new if key in becomes else None)
                if values:
                    taken[key] = values
                else:
                    taken.pop(key, None)
        return taken

    def _put(self, values: tuple[Any, ...], old: Any | None, new: Any | None) -> tuple[Any, ...]:
        """With `new` where `old` was, or at the end."""
        if old is not None and old in values:
            at = values.index(old)
            placed = (*values[:at], *(() if new is None else (new,)), *values[at + 1 :])
        else:
            placed = values if new is None else (*values, new)
        return tuple(sorted(placed, key=self.order)) if self.order else placed


def kept(way: Callable[[_Landscape, _Key], _Found]) -> Callable[[_Landscape, _Key], _Found]:
    """What was looked up once stays known to that landscape (`looked_up`)."""
    name = way.__name__

    @wraps(way)
    def look_up(landscape: _Landscape, key: _Key) -> _Found:
        known: dict[tuple[str, _Key], _Found] = landscape.__dict__.setdefault("looked_up", {})
        if (name, key) not in known:
            known[name, key] = way(landscape, key)
        return known[name, key]

    return look_up


_PURPOSES = {"welcome": 0, "news": 1, "talk": 2}


def _names_of(landscape: Any, group: Any) -> Iterable[str]:
    full = f"{landscape.networks[group.home].name}: {group.name}" if group.is_kit else group.name
    return dict.fromkeys(folded(name) for name in (group.name, full, group.slug))


GROUPS_OF = Grouping(
    "groups", lambda _, g: (g.home,), lambda g: (_PURPOSES[g.purpose], g.name.casefold(), g.id)
)
LINKS_AT = Grouping("links", lambda _, link: (link.parent, link.child))
LINKS_BELOW = Grouping("links", lambda _, link: (link.parent,))
LINKS_ABOVE = Grouping("links", lambda _, link: (link.child,), lambda ln: (not ln.canonical, ln.parent))
SHARES_OF = Grouping("shares", lambda _, share: (share.group,))
SHARES_WITH = Grouping("shares", lambda _, share: (share.network,))
NETWORKS_CALLED = Grouping("networks", lambda _, network: (folded(network.name),))
NETWORKS_LIKE = Grouping("networks", lambda _, network: (skeleton(network.name),), lambda n: n.id)
GROUPS_CALLED = Grouping("groups", _names_of)
COORDINATORS = Grouping("coordinators", lambda _, c: (c.network,))
COORDINATED = Grouping("coordinators", lambda _, c: (c.user,))
BANS = Grouping("bans", lambda _, ban: (ban.place,))


def taken_over(
    groupings: Mapping[Grouping, Grouped], before: Any, after: Any, changed: Mapping[str, Iterable[Any]]
) -> dict[Grouping, Grouped]:
    """The groupings of `before` as they are in `after`, where these keys of each part are other ones."""
    taken = dict(groupings)
    for grouping, grouped in [*groupings.items()]:  # one more may be grouped meanwhile
        keys = dict.fromkeys(changed.get(grouping.part, ()))
        if grouping is GROUPS_CALLED:  # the whole name of a kit's group begins with that of its network
            renamed = changed.get("networks", ())
            keys |= dict.fromkeys(g.id for n in renamed for g in before.groups_of(n))
        if keys:
            was, becomes = getattr(before, grouping.part), getattr(after, grouping.part)
            pairs = [(was.get(key), becomes.get(key)) for key in keys]
            taken[grouping] = grouping.taken_over(grouped, before, after, pairs)
    return taken


def part_of(value: Network | Group | Link | Share | Coordinator | Banned) -> tuple[str, Any, str]:
    """The part and the key of a value, and the slug that is given with it, if any."""
    match value:
        case Network():
            return "networks", value.id, value.slug
        case Group():
            return "groups", value.id, f"{value.home}/{value.slug}"
        case Link():
            return "links", (value.parent, value.child), ""
        case Share():
            return "shares", (value.group, value.network), ""
        case Coordinator():
            return "coordinators", (value.network, value.user), ""
        case Banned():
            return "bans", (value.place, value.who), ""
