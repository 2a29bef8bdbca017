"""How near a network is: one's own, of the same ecosystem above or below, or further away."""

from __future__ import annotations

from hypothesis import given

from spaces.access import Sight, Sights, Standing
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Near, Nearness
from tests.spaces.worlds import CountedIds, moderate, network, seen_landscapes

MIA = UserId("@mia:example.org")


def county() -> tuple[Landscape, dict[str, NetworkId]]:
    """Somerset over Arts, over Painting, and over Health; Devon apart."""
    landscape, ids, made = Landscape(), CountedIds(), {}
    for name, under in (
        ("Somerset", None),
        ("Arts", "Somerset"),
        ("Painting", "Arts"),
        ("Health", "Somerset"),
        ("Devon", None),
    ):
        landscape, made[name] = network(landscape, ids, name, under=[made[under]] if under else [])
    return landscape, made


def nearness(of: str, *, hidden: str = "") -> dict[str, Near]:
    landscape, made = county()
    seen = frozenset(n for name, n in made.items() if name != hidden)
    near = Nearness(landscape, Sight(MIA, seen, frozenset({made[of]})))
    return {name: near.of(n) for name, n in made.items()}


def test_what_is_above_beside_and_below_is_of_the_ecosystem() -> None:
    own, around, wider = Near.OWN, Near.ECOSYSTEM, Near.WIDER
    assert list(nearness("Arts").values()) == [around, own, around, around, wider]
    assert list(nearness("Somerset").values()) == [own, around, around, around, wider]
    assert list(nearness("Devon").values()) == [wider, wider, wider, wider, own]


def test_what_they_may_not_see_joins_nothing() -> None:
    assert nearness("Arts", hidden="Somerset")["Health"] is Near.WIDER
    assert nearness("Somerset", hidden="Arts")["Painting"] is Near.WIDER


def around(landscape: Landscape, sight: Sight) -> set[NetworkId]:
    """All above theirs, and all below these and theirs, one step after the other."""
    found: set[NetworkId] = set()
    for step in (landscape.parents, landscape.children):
        queue = [*sight.member_of, *found]
        while queue:
            fresh = [n for n in step(queue.pop()) if n in sight.finds and n not in found]
            found.update(fresh)
            queue += fresh
    return found


@moderate
@given(seen_landscapes())
def test_the_ecosystem_is_what_is_reached_from_their_own(world: tuple[Landscape, Standing]) -> None:
    landscape, sight = world[0], Sights(world[0]).of(world[1])
    near = Nearness(landscape, sight)
    found = {n for n in landscape.networks if near.of(n) is Near.ECOSYSTEM}
    assert found == around(landscape, sight) - sight.member_of
    assert {n for n in landscape.networks if near.of(n) is Near.OWN} == sight.member_of
