"""The landscape: what it finds quickly is what there is, and a difference misses nothing."""

from dataclasses import replace

from hypothesis import given

from spaces import changes
from spaces.differences import PARTS
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Access, Status
from spaces.wanted import wanted_room
from tests.spaces.worlds import (
    NAMES,
    PEOPLE,
    CountedIds,
    beginnings,
    changed_landscapes,
    group_named,
    grown,
    landscapes,
    moderate,
    network,
    stories,
)


@moderate
@given(changed_landscapes())
def test_whatever_should_look_different_after_a_change_is_among_what_it_concerns(both):
    before, after = both
    concerned = after.changed_since(before)
    for place in [*after.networks, *after.groups]:
        known = place in before.networks or place in before.groups
        was = wanted_room(before, place, "hs.test") if known else None
        if was != wanted_room(after, place, "hs.test"):
            assert place in concerned


@moderate
@given(stories, stories)
def test_what_a_landscape_takes_over_from_the_one_before_is_as_if_it_were_looked_for_anew(first, second):
    ids = CountedIds()
    before = grown(beginnings(ids), ids, first)
    looked_up(before, [*before.networks, *before.groups])
    after = grown(before, ids, second)
    anew, places = replace(after), [*after.networks, *after.groups, *before.networks, *before.groups]
    assert looked_up(after, places) == looked_up(anew, places)
    for part in (*PARTS, "slugs"):
        found = after.differing(before, part)
        assert len(found) == len(set(found))
        assert set(found) == set(anew.differing(before, part))


def test_a_landscape_of_which_only_a_name_was_looked_up_takes_that_over():
    before, arts = network(Landscape(), CountedIds(), "Arts")
    [welcome, _] = replace(before).groups_of(arts)
    assert before.named("arts: welcome") == (welcome.id,)
    after = before.having(replace(before.networks[arts], name="Crafts"))
    assert after.named("crafts: welcome") == (welcome.id,)
    assert after.named("arts: welcome") == ()


def looked_up(landscape, places):
    """All that is found quickly."""
    by_network = (
        *("parents", "children", "all_parents", "all_children", "agreed_parents", "proposals_of"),
        *("standing_below", "links_above"),
        *("groups_of", "proposed_shares_of", "shared_with", "all_shared_with", "places_of"),
        *("coordinators_of", "former_coordinators_of"),
    )
    found = {(way, n): getattr(landscape, way)(n) for way in by_network for n in places if n.is_network}
    found |= {("open", n): landscape.standing_below(n, open_ones=True) for n in places if n.is_network}
    found |= {("tops", among): landscape.tops(open_ones=among) for among in (True, False)}
    found |= {("orphaned", None): landscape.orphaned()}
    by_group = ("shares_of", "all_shares_of")
    found |= {(way, g): getattr(landscape, way)(g) for way in by_group for g in places if g.is_group}
    found |= {("bans_of", place): landscape.bans_of(place) for place in (*places, EVERYWHERE)}
    called = {landscape.place(p).name for p in places if p in landscape.networks or p in landscape.groups}
    names = {*called, *(f"{one}: welcome" for one in called), *NAMES}
    found |= {("named", name): sorted(landscape.named(name)) for name in names}
    found |= {("looking_like", name): landscape.looking_like(name) for name in names}
    return found | {("coordinated_by", user): landscape.coordinated_by(user) for user in PEOPLE}


@moderate
@given(landscapes())
def test_nothing_concerns_a_landscape_that_has_not_changed(landscape):
    assert landscape.changed_since(landscape) == frozenset()
    assert replace(landscape).changed_since(landscape) == frozenset()


@moderate
@given(landscapes())
def test_each_network_with_parents_has_exactly_one_canonical_link(landscape):
    for network_ in landscape.networks:
        links = [landscape.links[parent, network_] for parent in landscape.all_parents(network_)]
        assert [link.canonical for link in links].count(True) == min(1, len(links))
        if any(link.holds for link in links) and landscape.networks[network_].status is Status.ACTIVE:
            assert next(link for link in links if link.canonical).holds


@moderate
@given(landscapes())
def test_no_slug_was_ever_given_to_two_places(landscape):
    for place in landscape.networks.values():
        assert landscape.slugs[place.slug] == place.id
    for group in landscape.groups.values():
        assert landscape.slugs[f"{group.home}/{group.slug}"] == group.id


@moderate
@given(landscapes())
def test_what_sleeps_or_waits_is_no_parent_child_or_share(landscape):
    for (parent, child), link in landscape.links.items():
        awake = {landscape.networks[n].status for n in (parent, child)} == {Status.ACTIVE}
        assert (parent in landscape.parents(child)) is (link.holds and awake)
        assert (child in landscape.children(parent)) is (link.holds and awake)
    for (group, network_), share in landscape.shares.items():
        awake = {landscape.status_of(group), landscape.networks[network_].status} == {Status.ACTIVE}
        assert (network_ in landscape.shares_of(group)) is (share.holds and awake)
        assert (group in landscape.shared_with(network_)) is (share.holds and awake)


def test_groups_come_in_the_order_welcome_news_then_by_name():
    landscape, home = network(Landscape(), ids := CountedIds(), "Arts UK")
    for name in ("Weaving", "acting", "Painting"):
        landscape, _ = changes.create_group(landscape, ids, name=name, home=home)
    assert [g.name for g in landscape.groups_of(home)] == ["welcome", "news", "acting", "Painting", "Weaving"]


def test_a_group_sleeps_with_its_network_and_keeps_its_own_status():
    landscape, home = network(Landscape(), CountedIds(), "Arts UK")
    news = group_named(landscape, home, "news")
    asleep = changes.archive(landscape, home)
    assert asleep.status_of(news) is Status.ARCHIVED
    assert asleep.groups[news].status is Status.ACTIVE


def test_archiving_a_network_concerns_those_that_list_its_groups():
    landscape, ids = Landscape(), CountedIds()
    landscape, home = network(landscape, ids, "Arts")
    landscape, other = network(landscape, ids, "Health")
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
    landscape = changes.share(landscape, group, other, home_agrees=True, network_agrees=True)
    assert other in changes.archive(landscape, home).changed_since(landscape)


def test_a_share_that_waits_goes_with_its_group_to_another_home():
    landscape, ids = Landscape(), CountedIds()
    made = []
    for name in ("Arts", "Health", "Crafts"):
        landscape, new = network(landscape, ids, name)
        made.append(new)
    arts, health, crafts = made
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=arts)
    landscape = changes.share(landscape, group, health, home_agrees=True, network_agrees=False)
    [share] = landscape.proposed_shares_of(arts)
    moved = landscape.having(replace(landscape.groups[group], home=crafts))
    assert moved.proposed_shares_of(crafts) == moved.proposed_shares_of(health) == (share,)
    assert moved.proposed_shares_of(arts) == ()


def test_what_was_asked_of_an_archive_no_longer_waits():
    landscape, ids = Landscape(), CountedIds()
    landscape, one = network(landscape, ids, "Arts")
    landscape, other = network(landscape, ids, "Health")
    landscape = changes.link(landscape, one, other, parent_agrees=True, child_agrees=False)
    assert len(landscape.proposals_of(one)) == len(landscape.proposals_of(other)) == 1
    asleep = changes.archive(landscape, one)
    assert asleep.proposals_of(one) == asleep.proposals_of(other) == ()


def test_a_place_is_named_in_any_spelling():
    landscape, home = network(Landscape(), ids := CountedIds(), "Arts UK")
    landscape, group = changes.create_group(landscape, ids, name="Life Drawing", home=home)
    assert landscape.named("  ARTS   uk ") == (home,)
    assert landscape.named("ａrts uk") == (home,)
    assert landscape.named("life-drawing") == (group,)
    assert landscape.named("arts uk: welcome") == (group_named(landscape, home, "welcome"),)
    assert landscape.named("arts") == ()


def test_a_former_coordinator_is_none_but_is_remembered():
    ada, ben, *_ = PEOPLE
    landscape, home = network(Landscape(), CountedIds(), "Arts UK", by=(ada, ben))
    landscape = changes.remove_coordinator(landscape, home, ada)
    assert landscape.coordinators_of(home) == (ben,)
    assert landscape.former_coordinators_of(home) == (ada,)
    assert landscape.coordinated_by(ada) == frozenset()
    assert landscape.coordinated_by(ben) == {home}


def test_closing_a_network_at_the_top_concerns_all_that_is_published_under_it():
    landscape, ids = Landscape(), CountedIds()
    landscape, top = network(landscape, ids, "Somerset")
    landscape, middle = network(landscape, ids, "Arts", under=[top])
    landscape, bottom = network(landscape, ids, "Painting", under=[middle])
    closed = changes.describe(landscape, ids, top, access=Access.PRIVATE)
    assert bottom in closed.changed_since(landscape)
