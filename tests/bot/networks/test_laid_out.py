"""A tree that takes of each level what it shows is the one that goes through all there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.networks import tree
from bot.networks.tree import leaves
from spaces.access import Standing, may_see
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.network import Status
from tests.spaces.worlds import seen_landscapes

Line = tuple[int, NetworkId, int, bool]
Step = tuple[NetworkId, NetworkId]
Below = Callable[[NetworkId], list[NetworkId]]


def plainly(
    landscape: Landscape, standing: Standing, top: NetworkId | None, most: int
) -> tuple[list[Line], int]:
    def below(network: NetworkId) -> list[NetworkId]:
        return [child for child in landscape.children(network) if may_see(landscape, standing, child)]

    first = below(top) if top else tops(landscape, standing)
    shown = chosen(first, below, most)
    lines: list[Line] = []
    done: set[NetworkId] = set()

    def put(network: NetworkId, depth: int) -> None:
        children = below(network)
        if network in done:
            lines.append((depth, network, 0, bool(children)))
            return
        done.add(network)
        kept = [child for child in children if (network, child) in shown]
        lines.append((depth, network, len(children) - len(kept), False))
        for child in kept:
            put(child, depth + 1)

    for network in first[:most]:
        put(network, 0)
    return lines, max(len(first) - most, 0)


def tops(landscape: Landscape, standing: Standing) -> list[NetworkId]:
    def is_seen(network: NetworkId) -> bool:
        return may_see(landscape, standing, network)

    active = [n for n in landscape.networks.values() if n.status is Status.ACTIVE and is_seen(n.id)]
    found = [n for n in active if not any(map(is_seen, landscape.parents(n.id)))]
    return [n.id for n in sorted(found, key=lambda n: (n.name.casefold(), n.id))]


def chosen(first: list[NetworkId], below: Below, most: int) -> set[Step]:
    shown: set[Step] = set()
    level, seen = first[:most], set(first)
    room = most - len(level)
    while level and room > 0:
        steps = [(network, child) for network in level for child in below(network)][:room]
        shown.update(steps)
        room -= len(steps)
        level = [child for child in dict.fromkeys(c for _, c in steps) if child not in seen]
        seen.update(level)
    return shown


@pytest.mark.parametrize("most", [1, 3, 6, 500])
@given(world=seen_landscapes(), is_admin=st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_tree_is_that_of_all_there_is(most: int, world: tuple[Landscape, Standing], is_admin: bool) -> None:
    landscape, standing = world[0], replace(world[1], is_admin=is_admin)
    seen = [n for n in landscape.networks if may_see(landscape, standing, n)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tree, "MOST_LINES", most)
        for top in (None, *seen):
            found, left_out = leaves(landscape, standing, top)
            lines = [(leaf.depth, leaf.network.id, leaf.more, leaf.again) for leaf in found]
            assert (lines, left_out) == plainly(landscape, standing, top, most)
