"""What somebody may find is what they may see, worked out faster."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from spaces.access import Sight, Sights, Standing, is_member, may_find, member_of, visible
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Status
from tests.spaces.worlds import seen_landscapes


def naively(landscape: Landscape, standing: Standing) -> set[PlaceId]:
    seen = visible(landscape, standing)
    return {place for place in seen if landscape.status_of(place) is Status.ACTIVE}


@given(seen_landscapes())
@settings(max_examples=600, deadline=None)
def test_what_is_found_is_what_is_seen_and_not_archived(world: tuple[Landscape, Standing]) -> None:
    landscape, standing = world
    sight = Sights(landscape).of(standing)
    assert sight.finds == naively(landscape, standing)
    assert sight.everybodys == naively(landscape, Standing(UserId("@stranger:elsewhere.test")))
    assert sight.finds - sight.everybodys == naively(landscape, standing) - sight.everybodys
    assert len(sight.finds) == len(naively(landscape, standing))
    assert bool(sight.everybodys) == (len(sight.everybodys) > 0)
    homes = {g: landscape.networks[g.home] for g in landscape.groups.values()}
    open_ones = {n.id for n in landscape.networks.values() if n.is_everybodys}
    assert sight.everybodys == open_ones | {g.id for g, home in homes.items() if g.is_everybodys_in(home)}
    asleep = {place for place in landscape.networks if landscape.status_of(place) is Status.ARCHIVED}
    asleep |= {g.id for g, home in homes.items() if Status.ARCHIVED in (g.status, home.status)}
    seen = {*visible(landscape, standing)} - asleep
    assert Sights(landscape).besides(standing) == seen - sight.everybodys
    active = {n for n in landscape.networks if landscape.status_of(n) is Status.ACTIVE}
    assert sight.member_of == {n for n in active if is_member(landscape, standing, n)}
    mine = [n for n in landscape.networks if is_member(landscape, standing, n)]
    assert member_of(landscape, standing) == mine
    assert Sights(landscape).of(replace(standing, is_admin=True)) == sight


def entry(seen: Seen, place: str | None = None, owner: str | None = None) -> Entry:
    return Entry(
        ListingKind.OFFER,
        "1",
        "Ladder",
        seen,
        PlaceId(place) if place else None,
        owner=UserId(owner) if owner else None,
    )


def test_an_entry_is_for_those_it_says_and_for_its_owner() -> None:
    sight = Sight(UserId("@mia:example.org"), frozenset({PlaceId("n.a")}), frozenset({NetworkId("n.b")}))
    assert may_find(sight, entry(Seen.EVERYONE))
    assert may_find(sight, entry(Seen.FINDERS, "n.a"))
    assert not may_find(sight, entry(Seen.FINDERS, "n.b"))
    assert may_find(sight, entry(Seen.MEMBERS, "n.b"))
    assert not may_find(sight, entry(Seen.MEMBERS, "n.a"))
    assert not may_find(sight, entry(Seen.NOBODY, "n.b"))
    for seen in Seen:
        assert may_find(sight, entry(seen, "n.hidden", "@mia:example.org"))
