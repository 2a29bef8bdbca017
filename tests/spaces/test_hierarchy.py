"""Parents and children: no loops, ever; who is above and below."""

import pytest
from hypothesis import given

from spaces import changes
from spaces.errors import Conflict
from spaces.hierarchy import ancestors, descendants, parents_first, path_down, settled_under
from spaces.landscape import Landscape
from tests.spaces.worlds import CountedIds, landscapes, moderate, network


def chain(depth):
    landscape, ids, made = Landscape(), CountedIds(), []
    for level in range(depth):
        landscape, new = network(landscape, ids, f"Level {level}", under=made[-1:])
        made.append(new)
    return landscape, made


@moderate
@given(landscapes())
def test_no_story_of_changes_ever_makes_a_loop(landscape):
    for network_ in landscape.networks:
        for child in landscape.all_children(network_):
            assert path_down(landscape, child, network_) is None
        assert network_ not in ancestors(landscape, network_)
        assert network_ not in descendants(landscape, network_)


@moderate
@given(landscapes())
def test_above_is_the_other_way_round_of_below(landscape):
    for network_ in landscape.networks:
        assert all(network_ in descendants(landscape, above) for above in ancestors(landscape, network_))
        assert all(network_ in ancestors(landscape, below) for below in descendants(landscape, network_))


@moderate
@given(landscapes())
def test_in_order_each_place_comes_once_and_parents_come_first(landscape):
    places = [*landscape.groups, *landscape.networks]
    order = parents_first(landscape, places)
    assert sorted(order) == sorted(places)
    at = {place: n for n, place in enumerate(order)}
    assert all(at[p] < at[n] for n in landscape.networks for p in landscape.parents(n))
    assert all(at[g.home] < at[g.id] for g in landscape.groups.values())


def test_only_the_places_asked_for_are_put_in_order():
    landscape, (top, middle, bottom) = chain(3)
    assert parents_first(landscape, {bottom, top}) == [top, bottom]
    assert middle not in parents_first(landscape, {bottom, top})


def test_h1_networks_nest_six_deep_and_deeper():
    landscape, made = chain(200)
    assert ancestors(landscape, made[-1]) == set(made[:-1])
    assert path_down(landscape, made[0], made[-1]) == tuple(made)
    assert parents_first(landscape, reversed(made)) == made


def test_h1_a_loop_is_refused_and_its_path_is_shown():
    landscape, (top, middle, bottom) = chain(3)
    with pytest.raises(Conflict) as refused:
        changes.link(landscape, bottom, top, parent_agrees=True, child_agrees=True)
    assert "level-0 → level-1 → level-2 → level-0" in refused.value.sentence
    assert landscape.parents(top) == ()
    assert landscape.parents(middle) == (top,)


def test_a_loop_through_a_link_that_still_waits_is_refused_too():
    landscape, ids = Landscape(), CountedIds()
    landscape, one = network(landscape, ids, "One")
    landscape, two = network(landscape, ids, "Two")
    landscape = changes.link(landscape, one, two, parent_agrees=True, child_agrees=False)
    with pytest.raises(Conflict, match="loop: one → two → one"):
        changes.link(landscape, two, one, parent_agrees=False, child_agrees=True)


def test_a_loop_through_an_archive_is_refused_so_that_restoring_never_makes_one():
    landscape, (top, middle, bottom) = chain(3)
    landscape = changes.archive(landscape, middle)
    with pytest.raises(Conflict):
        changes.link(landscape, bottom, top, parent_agrees=True, child_agrees=True)


def test_the_path_of_a_loop_leaves_out_what_the_speaker_may_not_see():
    landscape, (top, middle, bottom) = chain(3)
    with pytest.raises(Conflict) as refused:
        changes.link(
            landscape, bottom, top, parent_agrees=True, child_agrees=True, may_name=lambda n: n != middle
        )
    assert "level-0 → … → level-2 → level-0" in refused.value.sentence


def test_nothing_is_under_itself():
    landscape, (top,) = chain(1)
    with pytest.raises(Conflict, match="cannot be under itself"):
        changes.link(landscape, top, top, parent_agrees=True, child_agrees=True)


def test_a_link_or_a_share_is_settled_when_it_holds_and_when_it_goes_and_not_while_it_waits():
    landscape, ids = Landscape(), CountedIds()
    landscape, arts = network(landscape, ids, "Arts")
    landscape, health = network(landscape, ids, "Health")
    waits = changes.link(landscape, arts, health, parent_agrees=False, child_agrees=True)
    assert list(settled_under(landscape, waits)) == []
    holds = changes.link(waits, arts, health, parent_agrees=True, child_agrees=True)
    assert list(settled_under(waits, holds)) == [(arts, health)]
    assert list(settled_under(holds, holds)) == []
    assert list(settled_under(holds, changes.unlink(holds, arts, health))) == [(arts, health)]
    landscape, painting = changes.create_group(landscape, ids, name="Painting", home=arts)
    asked = changes.share(landscape, painting, health, home_agrees=True, network_agrees=False)
    shared = changes.share(asked, painting, health, home_agrees=True, network_agrees=True)
    assert list(settled_under(landscape, asked)) == []
    assert list(settled_under(asked, shared)) == [(health, painting)]
