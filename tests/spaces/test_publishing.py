"""In which room directories a place stands, and whose names everyone is told there."""

from __future__ import annotations

import pytest
from hypothesis import given

from spaces import changes
from spaces.access import Sights
from spaces.identifiers import GroupId, NetworkId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.publishing import published_under, room_directories
from spaces.wanted import wanted_room
from tests.spaces.worlds import CountedIds, landscapes, moderate, network

PUBLIC, PRIVATE, INVITE = Access.PUBLIC, Access.PRIVATE, Access.INVITE


@pytest.fixture
def ids() -> CountedIds:
    return CountedIds()


@pytest.fixture
def somerset(ids: CountedIds) -> tuple[Landscape, NetworkId]:
    return network(Landscape(), ids, "Somerset")


def group(
    landscape: Landscape, ids: CountedIds, name: str, home: NetworkId, access: Access = PUBLIC
) -> tuple[Landscape, GroupId]:
    return changes.create_group(landscape, ids, name=name, home=home, access=access)


def under(landscape: Landscape, place: NetworkId | GroupId) -> set[str]:
    """The names of the ecosystems that the place is published under."""
    found = published_under(landscape, landscape.place(place))
    wanted = wanted_room(landscape, place, "hs.test")
    assert wanted is None or wanted.published_under == found
    return {landscape.place(top).name for top in found}


def told(landscape: Landscape) -> list[str]:
    return list(room_directories(landscape).values())


def test_public_networks_and_groups_stand_under_the_topmost_public_network(ids, somerset):
    landscape, top = somerset
    landscape, middle = network(landscape, ids, "Arts", under=[top])
    landscape, below = network(landscape, ids, "Painting", under=[middle])
    landscape, oils = group(landscape, ids, "Oils", below)
    assert [under(landscape, place) for place in (top, middle, below, oils)] == [{"Somerset"}] * 4
    assert told(landscape) == ["Somerset"]


def test_only_what_is_public_is_published_and_a_kit_is_found_by_its_network(ids, somerset):
    landscape, top = somerset
    places: list[NetworkId | GroupId] = [g.id for g in landscape.groups_of(top)]
    assert len(places) == 2
    for access in (PRIVATE, INVITE):
        landscape, quiet = network(landscape, ids, "Quiet", under=[top], access=access)
        landscape, closed = group(landscape, ids, "Closed", top, access)
        places += [quiet, closed, *(g.id for g in landscape.groups_of(quiet))]
    assert [under(landscape, place) for place in places] == [set()] * len(places)


def test_what_stands_below_several_ecosystems_is_in_the_directory_of_each(ids, somerset):
    landscape, top = somerset
    landscape, other = network(landscape, ids, "Health UK")
    landscape, arts = network(landscape, ids, "Arts", under=[top])
    landscape, bridge = network(landscape, ids, "Arts & Health", under=[arts, other])
    landscape, choir = group(landscape, ids, "Choir", bridge)
    assert under(landscape, bridge) == under(landscape, choir) == {"Somerset", "Health UK"}
    without = changes.unlink(landscape, other, bridge)
    assert under(without, bridge) == under(without, choir) == {"Somerset"}


def test_a_group_is_in_the_directories_of_those_that_list_it_too(ids, somerset):
    landscape, top = somerset
    landscape, other = network(landscape, ids, "Devon")
    landscape, quiet = network(landscape, ids, "Quiet", access=PRIVATE)
    landscape, walks = group(landscape, ids, "Walks", top)
    for n in (other, quiet):
        landscape = changes.share(landscape, walks, n, home_agrees=True, network_agrees=n == other)
    assert under(landscape, walks) == {"Somerset", "Devon"}
    landscape = changes.accept_share(landscape, walks, quiet)
    assert under(landscape, walks) == {"Somerset", "Devon"}


def test_a21_nothing_is_published_under_the_name_of_what_is_hidden(ids, somerset):
    landscape, top = somerset
    for access in (PRIVATE, INVITE):
        landscape, quiet = network(landscape, ids, "Quiet", under=[top], access=access)
        landscape, poetry = network(landscape, ids, "Poetry", under=[quiet])
        landscape, odes = group(landscape, ids, "Odes", poetry)
        assert under(landscape, poetry) == under(landscape, odes) == {"Poetry"}
    assert set(told(landscape)) == {"Poetry", "Somerset"}


def test_a21_an_ecosystem_that_becomes_private_is_named_no_more_and_what_is_below_stands_alone(ids, somerset):
    landscape, top = somerset
    landscape, arts = network(landscape, ids, "Arts", under=[top])
    landscape, oils = group(landscape, ids, "Oils", arts)
    hidden = changes.describe(landscape, ids, top, access=PRIVATE)
    assert under(hidden, top) == set()
    assert under(hidden, arts) == under(hidden, oils) == {"Arts"}
    assert told(hidden) == ["Arts"]
    assert {top, arts, oils} <= hidden.changed_since(landscape)


def test_an_ecosystem_that_is_renamed_archived_or_moved_is_told_of_as_it_is_now(ids, somerset):
    landscape, top = somerset
    landscape, arts = network(landscape, ids, "Arts", under=[top])
    landscape, oils = group(landscape, ids, "Oils", arts)
    assert told(changes.rename(landscape, ids, top, "Zummerzet")) == ["Zummerzet"]
    asleep = changes.archive(landscape, top)
    assert (under(asleep, top), under(asleep, oils), told(asleep)) == (set(), {"Arts"}, ["Arts"])
    assert under(changes.archive(landscape, arts), oils) == set()
    landscape, devon = network(landscape, ids, "Devon")
    moved = changes.link(landscape, devon, arts, parent_agrees=True, child_agrees=True)
    moved = changes.unlink(moved, top, arts)
    assert under(moved, arts) == under(moved, oils) == {"Devon"}
    assert told(moved) == ["Devon", "Somerset"]


@moderate
@given(landscapes())
def test_a21_everyone_is_told_only_of_what_a_stranger_may_find_anyway(landscape):
    everybodys = frozenset(Sights(landscape).everybodys)
    directories = room_directories(landscape)
    assert everybodys.issuperset(directories)
    for place in (*landscape.networks.values(), *landscape.groups.values()):
        found = published_under(landscape, place)
        assert not found or place.id in everybodys
        assert directories.keys() >= found
