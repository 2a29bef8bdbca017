"""The networks that somebody may see, laid out as lines of a tree. Pure.

A network with several visible parents stands under each; what is below it is shown the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.networks.rules import Named, named
from spaces.access import Standing, may_see
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.network import Access, Kind, Status

MOST_LINES = 500
"""So that no answer is too large to be kept; it is shown page by page (`bot/paging.py`)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One line. `more` networks right below it are not shown; of one shown before nothing is repeated."""

    depth: int
    network: Named
    kind: Kind
    access: Access
    more: int = 0
    again: bool = False


def leaves(landscape: Landscape, standing: Standing, top: NetworkId | None) -> tuple[tuple[Leaf, ...], int]:
    """The lines below `top`, or of everything without one, and how many at the first level are left out.

    The levels fill up from above until there are `MOST_LINES`; then each is put where it belongs.
    """
    below = _visible_children(landscape, standing)
    first = below(top) if top else _tops(landscape, standing)
    shown = _chosen(first, below)
    lines: list[Leaf] = []
    done: set[NetworkId] = set()

    to_come = [(network, 0) for network in reversed(first[:MOST_LINES])]
    while to_come:
        network, depth = to_come.pop()
        leaf, children = _leaf(landscape, standing, network, depth), below(network)
        if network in done:
            lines.append(replace(leaf, again=bool(children)))
            continue
        done.add(network)
        kept = [child for child in children if (network, child) in shown]
        lines.append(replace(leaf, more=len(children) - len(kept)))
        to_come += [(child, depth + 1) for child in reversed(kept)]
    return tuple(lines), max(len(first) - MOST_LINES, 0)


def _chosen(
    first: Sequence[NetworkId], below: Callable[[NetworkId], tuple[NetworkId, ...]]
) -> set[tuple[NetworkId, NetworkId]]:
    """The steps down that find room, level by level."""
    shown: set[tuple[NetworkId, NetworkId]] = set()
    level, seen = list(first[:MOST_LINES]), set(first)
    room = MOST_LINES - len(level)
    while level and room > 0:
        steps = [(network, child) for network in level for child in below(network)][:room]
        shown.update(steps)
        room -= len(steps)
        level = [child for child in dict.fromkeys(c for _, c in steps) if child not in seen]
        seen.update(level)
    return shown


def _visible_children(
    landscape: Landscape, standing: Standing
) -> Callable[[NetworkId], tuple[NetworkId, ...]]:
    @cache
    def below(network: NetworkId) -> tuple[NetworkId, ...]:
        return tuple(c for c in landscape.children(network) if may_see(landscape, standing, c))

    return below


def _tops(landscape: Landscape, standing: Standing) -> list[NetworkId]:
    """Networks of which no parent is visible, by name."""
    active = (n for n in landscape.networks.values() if n.status is Status.ACTIVE)
    tops = (
        n for n in active if may_see(landscape, standing, n.id) and not _seen_above(landscape, standing, n.id)
    )
    return [n.id for n in sorted(tops, key=lambda n: (n.name.casefold(), n.id))]


def _seen_above(landscape: Landscape, standing: Standing, network: NetworkId) -> list[NetworkId]:
    return [p for p in landscape.parents(network) if may_see(landscape, standing, p)]


def _leaf(landscape: Landscape, standing: Standing, network: NetworkId, depth: int) -> Leaf:
    found = landscape.networks[network]
    several = len(_seen_above(landscape, standing, network)) > 1
    kind = Kind.BRIDGE if several else found.kind
    return Leaf(depth, named(landscape, network), kind, found.access)
