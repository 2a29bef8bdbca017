"""Values of a landscape by what they belong to, taken over from one landscape to the next.

Neither a look nor a change may cost much more where there are many networks. So what was grouped once is
not grouped again for each landscape that follows: it is copied, with what has changed in its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from spaces.identifiers import GroupId, NetworkId
from spaces.lookalikes import folded, skeleton
from spaces.network import Banned, Coordinator, Group, Link, Network, Share, Status

_Landscape = TypeVar("_Landscape")
_Key = TypeVar("_Key")
_Found = TypeVar("_Found")
Grouped = Mapping[Any, tuple[Any, ...]]
Entries = Callable[[Any, Any], Iterable[tuple[Hashable, Any]]]
Keys = Callable[[Any, Any], Iterable[Hashable]]


@dataclass(frozen=True, eq=False, slots=True)
class Grouping:
    """What is told of the values of one `part` of a landscape, by keys.

    `entries` of a landscape and one value: a key under which it is found and what is found there. Those of
    one key come in `order`, in which no two are alike; or, without one, in that of the part, and then a value
    is under each of its keys once. `hangs_on` other parts: which keys of its own the entries may be others
    for, once what is at a key of those has changed; of the landscape before that.
    """

    part: str
    entries: Entries
    order: Callable[[Any], Any] | None = None
    hangs_on: Mapping[str, Callable[[Any, Any], Iterable[Hashable]]] = field(default_factory=dict)

    def of(self, landscape: Any) -> Grouped:
        """All of it, grouped anew."""
        groups: dict[Any, list[Any]] = {}
        for value in getattr(landscape, self.part).values():
            for key, entry in self.entries(landscape, value):
                groups.setdefault(key, []).append(entry)
        if self.order is not None:
            for found in groups.values():
                found.sort(key=self.order)
        return {key: tuple(found) for key, found in groups.items()}

    def taken_over(
        self, grouped: Grouped, before: Any, after: Any, changes: Iterable[tuple[Any | None, Any | None]]
    ) -> Grouped:
        """What it is in `after`, where these values of `before` became those; `grouped` as it was there."""
        went = [([] if old is None else [*self.entries(before, old)]) for old, _ in changes]
        came = [([] if new is None else [*self.entries(after, new)]) for _, new in changes]
        if went == came:
            return grouped
        taken = dict(grouped)
        if self.order is None:
            for was, becomes in zip(went, came, strict=True):
                _exchange(taken, dict(was), dict(becomes))
        else:
            old, new = ({one for entries in each for one in entries} for each in (went, came))
            _place(taken, self.order, old - new, new - old)
        return taken


def _place(
    taken: dict[Any, tuple[Any, ...]],
    order: Callable[[Any], Any],
    gone: Iterable[tuple[Hashable, Any]],
    fresh: Iterable[tuple[Hashable, Any]],
) -> None:
    """What is gone goes first: until then all stands in the order that it had."""
    for key, entry in gone:
        values = taken[key]
        at = bisect_left(values, order(entry), key=order)
        taken[key] = values[:at] + values[at + 1 :]
    for key, entry in fresh:
        values = taken.get(key, ())
        at = bisect_left(values, order(entry), key=order)
        taken[key] = (*values[:at], entry, *values[at:])
    for key, _ in gone:
        if not taken.get(key, True):
            del taken[key]


def _exchange(taken: dict[Any, tuple[Any, ...]], was: dict[Any, Any], becomes: dict[Any, Any]) -> None:
    """What becomes of a value stands where it was, or at the end."""
    for key in dict.fromkeys((*was, *becomes)):
        values, new = taken.get(key, ()), (becomes[key],) if key in becomes else ()
        at = values.index(was[key]) if key in was else len(values)
        if placed := (*values[:at], *new, *values[at + 1 :]):
            taken[key] = placed
        else:
            del taken[key]


def _under(keys: Keys) -> Entries:
    """The value itself is found under each of its keys."""
    return lambda landscape, value: ((key, value) for key in keys(landscape, value))


def itself(entry: Any) -> Any:
    """The order of entries that say it themselves."""
    return entry


def kept(way: Callable[[_Landscape, _Key], _Found]) -> Callable[[_Landscape, _Key], _Found]:
    """What was looked up once stays known to that landscape."""
    name = f"{way.__qualname__} looked up"

    @wraps(way)
    def look_up(landscape: _Landscape, key: _Key) -> _Found:
        known: dict[_Key, _Found] | None = landscape.__dict__.get(name)
        if known is None:
            known = landscape.__dict__.setdefault(name, {})
        if key not in known:
            known[key] = way(landscape, key)
        return known[key]

    return look_up


_PURPOSES = {"welcome": 0, "news": 1, "talk": 2}


def _names_of(landscape: Any, group: Any) -> Iterable[str]:
    full = f"{landscape.networks[group.home].name}: {group.name}" if group.is_kit else group.name
    return dict.fromkeys(folded(name) for name in (group.name, full, group.slug))


def _standing_below(landscape: Any, link: Link) -> Iterable[tuple[Hashable, Any]]:
    if landscape.stands(link):
        child = landscape.networks[link.child]
        entry = (child.name.casefold(), child.id)
        yield (link.parent, False), entry
        if child.is_everybodys:
            yield (link.parent, True), entry


def _tops(landscape: Any, network: Network) -> Iterable[tuple[Hashable, Any]]:
    if network.status is not Status.ACTIVE:
        return
    links = landscape.links_above(network.id)
    above = [landscape.networks[link.parent] for link in links if landscape.stands(link)]
    entry = (network.name.casefold(), network.id)
    if not above:
        yield False, entry
    if network.is_everybodys and not any(parent.is_everybodys for parent in above):
        yield True, entry


def _waiting_shares(landscape: Any, share: Share) -> Iterable[Hashable]:
    return () if share.holds else dict.fromkeys((share.network, landscape.groups[share.group].home))


def _groups_of(landscape: Any, network: NetworkId) -> Iterable[Hashable]:
    return (group.id for group in landscape.groups_of(network))


def _links_below(landscape: Any, network: NetworkId) -> Iterable[Hashable]:
    return ((network, child) for child in landscape.all_children(network))


def _links_at(landscape: Any, network: NetworkId) -> Iterable[Hashable]:
    above = ((parent, network) for parent in landscape.all_parents(network))
    return (*above, *_links_below(landscape, network))


def _shares_of(landscape: Any, group: GroupId) -> Iterable[Hashable]:
    return ((group, share.network) for share in landscape.all_shares_of(group))


GROUPS_OF = Grouping(
    "groups", _under(lambda _, g: (g.home,)), lambda g: (_PURPOSES[g.purpose], g.name.casefold(), g.id)
)
LINKS_AT = Grouping("links", _under(lambda _, link: (link.parent, link.child)))
LINKS_BELOW = Grouping("links", _under(lambda _, link: (link.parent,)))
LINKS_ABOVE = Grouping(
    "links", _under(lambda _, link: (link.child,)), lambda ln: (not ln.canonical, ln.parent)
)
STANDING_BELOW = Grouping("links", _standing_below, itself, {"networks": _links_at})
"""By a parent, and whether only what everybody finds: name and id of each child whose link stands."""
TOPS = Grouping(
    "networks",
    _tops,
    itself,
    {"links": lambda _, ends: ends[1:], "networks": lambda land, n: land.all_children(n)},
)
"""By whether only what everybody finds: name and id of each network that is below none of these."""
SHARES_OF = Grouping("shares", _under(lambda _, share: (share.group,)))
SHARES_WITH = Grouping("shares", _under(lambda _, share: (share.network,)))
SHARES_WAITING = Grouping("shares", _under(_waiting_shares), hangs_on={"groups": _shares_of})
NETWORKS_CALLED = Grouping("networks", _under(lambda _, network: (folded(network.name),)))
NETWORKS_LIKE = Grouping("networks", _under(lambda _, network: (skeleton(network.name),)), lambda n: n.id)
GROUPS_CALLED = Grouping("groups", _under(_names_of), hangs_on={"networks": _groups_of})
COORDINATORS = Grouping("coordinators", _under(lambda _, c: (c.network,)))
ORPHANED = Grouping(
    "networks",
    lambda land, network: () if land.coordinators_of(network.id) else (((), network.id),),
    itself,
    {"coordinators": lambda _, key: key[:1]},
)
COORDINATED = Grouping("coordinators", _under(lambda _, c: (c.user,)))
BANS = Grouping("bans", _under(lambda _, ban: (ban.place,)))


def take_over(
    taken: dict[Grouping, Grouped],
    groupings: Mapping[Grouping, Grouped],
    before: Any,
    after: Any,
    changed: Mapping[str, Iterable[Any]],
) -> None:
    """Put into `taken`, which `after` has, the groupings of `before` as they are there.

    `changed` are the keys of each part that are other ones. Those that hang on other parts come last: to
    work them out, `after` is asked for the others.
    """
    for grouping, grouped in sorted(groupings.items(), key=lambda one: bool(one[0].hangs_on)):
        keys = dict.fromkeys(changed.get(grouping.part, ()))
        for part, hanging in grouping.hangs_on.items():
            keys |= dict.fromkeys(key for one in changed.get(part, ()) for key in hanging(before, one))
        was, becomes = getattr(before, grouping.part), getattr(after, grouping.part)
        pairs = [(was.get(key), becomes.get(key)) for key in keys]
        taken[grouping] = grouping.taken_over(grouped, before, after, pairs) if pairs else grouped


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
