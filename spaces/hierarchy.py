"""Parents and children: a directed graph without loops."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Link, Network, Share

Step = Callable[[NetworkId], Iterable[NetworkId]]


def path_down(landscape: Landscape, top: NetworkId, bottom: NetworkId) -> tuple[NetworkId, ...] | None:
    """The shortest way from `top` to `bottom` along links, waiting ones too, or None. Both ends included."""
    came_from: dict[NetworkId, NetworkId | None] = {top: None}
    queue = deque([top])
    while queue:
        here = queue.popleft()
        if here == bottom:
            return tuple(reversed(list(_way_back(here, came_from))))
        for child in landscape.all_children(here):
            if child not in came_from:
                came_from[child] = here
                queue.append(child)
    return None


def _way_back(place: NetworkId, came_from: dict[NetworkId, NetworkId | None]) -> Iterator[NetworkId]:
    here: NetworkId | None = place
    while here is not None:
        yield here
        here = came_from[here]


def ancestors(landscape: Landscape, network: NetworkId) -> frozenset[NetworkId]:
    """Every network above, without itself."""
    return _reach(landscape.parents, network)


def descendants(landscape: Landscape, network: NetworkId) -> frozenset[NetworkId]:
    """Every network below, without itself."""
    return _reach(landscape.children, network)


def _reach(step: Step, start: NetworkId) -> frozenset[NetworkId]:
    reached: set[NetworkId] = set()
    queue = [start]
    while queue:
        fresh = [n for n in step(queue.pop()) if n not in reached]
        reached.update(fresh)
        queue += fresh
    return frozenset(reached)


def parents_first(landscape: Landscape, places: Iterable[PlaceId]) -> list[PlaceId]:
    """`places` so that each network comes after its parents, and each group right after its network."""
    chosen = set(places)
    homes = {home for place in chosen if (home := landscape.network_at(place))}
    order: list[PlaceId] = []
    done: set[NetworkId] = set()
    for network in sorted(homes, key=landscape.position_of):
        _visit(landscape, network, done, order)
    return [place for place in order if place in chosen]


def _visit(landscape: Landscape, start: NetworkId, done: set[NetworkId], order: list[PlaceId]) -> None:
    stack = [start]
    while stack:
        network = stack[-1]
        above = [parent for parent in landscape.parents(network) if parent not in done]
        if network not in done and not above:
            done.add(network)
            order.append(network)
            order.extend(group.id for group in landscape.groups_of(network))
        if network in done:
            stack.pop()
        else:
            stack += above


def settled_under(before: Landscape, after: Landscape) -> Iterator[tuple[NetworkId, PlaceId]]:
    """What has come to stand under which network, by a link or a share, or does so no longer.

    What waits for a yes is not settled.
    """
    for part in ("links", "shares"):
        were, are = getattr(before, part), getattr(after, part)
        for key in after.differing(before, part):
            found = are.get(key) or were[key]
            is_new, is_gone = key not in were, key not in are
            if is_gone or (found.holds and (is_new or not were[key].holds)):
                yield _ends(found)


def _ends(found: Link | Share) -> tuple[NetworkId, PlaceId]:
    """The network above, and what is under it."""
    return (found.parent, found.child) if isinstance(found, Link) else (found.network, found.group)


def own_or_above(landscape: Landscape, network: NetworkId | None, of: Callable[[Network], str]) -> str:
    """What a network has chosen, else the nearest one above on the canonical way up; or nothing."""
    seen: set[NetworkId] = set()
    while network is not None and network in landscape.networks and network not in seen:
        if chosen := of(landscape.networks[network]):
            return chosen
        seen.add(network)
        network = next((p for p in landscape.parents(network) if landscape.links[p, network].canonical), None)
    return ""
