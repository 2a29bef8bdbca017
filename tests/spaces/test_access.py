"""Who may see, enter, do what: every role against every word."""

from dataclasses import replace

import pytest
from hypothesis import given

from spaces import changes
from spaces.access import (
    Deed,
    Standing,
    is_member,
    may,
    may_enter,
    may_see,
    visible,
)
from spaces.identifiers import DirectId, GroupId, NetworkId
from spaces.network import Access, Kind
from tests.spaces.roles import (
    ABOVE,
    ADMIN,
    ELSEWHERE,
    HERE,
    ROLES,
    SEES_GROUP,
    SEES_KIT,
    SEES_NETWORK,
    SEES_SHARED_GROUP,
    SOMEONE,
    STRANGER,
    WORDS,
    LaterIds,
    World,
    table,
)
from tests.spaces.worlds import group_named, moderate, seen_landscapes

# -- seeing ---------------------------------------------------------------------------------------

ENTERS_NETWORK = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | no    no   no    no    yes    no       yes       no       yes     no       no       no
private ask   | no    no   no    no    yes    no       yes       no       yes     no       no       no
invite        | no    no   no    no    yes    no       no        no       yes     no       no       no
invite ask    | no    no   no    no    yes    no       no        no       yes     no       no       no
invite listed | no    no   no    no    yes    no       no        no       yes     no       no       no
""")
ENTERS_GROUP = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | no    no   no    no    yes    no       no        no       yes     no       no       no
private ask   | no    no   no    no    yes    no       no        no       yes     no       no       no
invite        | no    no   no    no    no     no       no        no       yes     no       no       no
invite ask    | no    no   no    no    no     no       no        no       yes     no       no       no
invite listed | no    no   no    no    no     no       no        no       yes     no       no       no
""")


def answers(decide, world, place):
    return {role: decide(world.landscape, world.standing(role, place), place) for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_who_finds_a_network(word):
    world = World(word)
    expected = {role: SEES_NETWORK[word, role] for role in ROLES}
    assert answers(may_see, world, world.quiet) == expected


@pytest.mark.parametrize("word", WORDS)
def test_who_finds_a_group(word):
    world = World(word)
    assert answers(may_see, world, world.oils) == {role: SEES_GROUP[word, role] for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_who_finds_a_group_that_is_shared(word):
    world = World(word, shared=True)
    assert answers(may_see, world, world.oils) == {role: SEES_SHARED_GROUP[word, role] for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_who_finds_the_kit(word):
    world = World(word)
    assert answers(may_see, world, world.welcome) == {role: SEES_KIT[word, role] for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_who_gets_into_a_network(word):
    world = World(word)
    assert answers(may_enter, world, world.quiet) == {role: ENTERS_NETWORK[word, role] for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_who_gets_into_a_group(word):
    world = World(word)
    assert answers(may_enter, world, world.oils) == {role: ENTERS_GROUP[word, role] for role in ROLES}


@pytest.mark.parametrize("word", WORDS)
def test_an_archive_is_found_by_the_same_people_as_before(word):
    world = World(word, shared=True)
    places = (world.quiet, world.oils, world.welcome)
    before = [answers(may_see, world, place) for place in places]
    for asleep in (world.quiet, world.above, world.oils, world.other):
        world.landscape = changes.archive(world.landscape, asleep)
        assert [answers(may_see, world, place) for place in places] == before


@pytest.fixture
def bridge():
    """A bridge of Other, which has agreed, and Quiet, which has not; ELSEWHERE has proposed it."""
    world = World("private")
    world.landscape, world.bridge = changes.create_network(
        world.landscape,
        LaterIds(),
        name="Both",
        kind=Kind.BRIDGE,
        access=Access.PUBLIC,
        under=[world.other, world.quiet],
        agreed=[world.other],
        by=ELSEWHERE,
        coordinators=[SOMEONE],
    )
    return world


def test_h2_a_proposed_bridge_is_known_to_coordinators_of_its_parents_and_its_own_and_to_admins(bridge):
    kit = group_named(bridge.landscape, bridge.bridge, "news")
    for place in (bridge.bridge, kit):
        for user in (HERE, ELSEWHERE, SOMEONE):
            assert may_see(bridge.landscape, Standing(user), place)
        assert may_see(bridge.landscape, Standing(ADMIN, is_admin=True), place)
        for standing in (Standing(ABOVE), Standing(STRANGER, joined=frozenset({bridge.quiet, bridge.other}))):
            assert not may_see(bridge.landscape, standing, place)
        assert not may_enter(bridge.landscape, Standing(SOMEONE), place)


def test_h2_an_accepted_bridge_is_found_as_its_word_says(bridge):
    agreed = changes.accept(bridge.landscape, bridge.quiet, bridge.bridge)
    assert may_see(agreed, Standing(STRANGER), bridge.bridge)
    assert may_enter(agreed, Standing(STRANGER), bridge.bridge)


def test_coordinators_on_both_ends_of_a_question_know_of_the_other_end():
    world = World("invite")
    asked = changes.link(world.landscape, world.other, world.quiet, parent_agrees=False, child_agrees=True)
    assert may_see(asked, Standing(ELSEWHERE), world.quiet)
    assert not may_see(asked, Standing(STRANGER, joined=frozenset({world.other})), world.quiet)
    declined = changes.decline(asked, world.other, world.quiet)
    assert not may_see(declined, Standing(ELSEWHERE), world.quiet)


def test_a_question_that_waits_tells_members_of_the_other_side_nothing():
    world = World("private")
    member = Standing(SOMEONE, joined=frozenset({world.other}))
    asked = changes.link(world.landscape, world.other, world.quiet, parent_agrees=False, child_agrees=True)
    assert not may_see(asked, member, world.quiet)
    agreed = changes.accept(asked, world.other, world.quiet)
    assert may_see(agreed, member, world.quiet)


@pytest.mark.parametrize("word", ["private", "invite"])
def test_coordinators_who_are_asked_to_list_a_group_know_of_it(word):
    world = World(word)
    asked = changes.share(world.landscape, world.oils, world.other, home_agrees=True, network_agrees=False)
    assert may_see(asked, Standing(ELSEWHERE), world.oils)
    assert not may_see(asked, Standing(STRANGER, joined=frozenset({world.other})), world.oils)


def test_a_former_coordinator_knows_no_more_than_a_stranger():
    world = World("invite")
    landscape = changes.add_coordinator(world.landscape, world.quiet, SOMEONE)
    landscape = changes.remove_coordinator(landscape, world.quiet, SOMEONE)
    assert not may_see(landscape, Standing(SOMEONE), world.quiet)
    assert not any(may(landscape, Standing(SOMEONE), deed, world.quiet) for deed in Deed)


def test_a_member_has_joined_the_space_or_one_of_its_groups_or_coordinates_it():
    world = World("private")
    for role in ("here", "member", "of-group"):
        assert is_member(world.landscape, world.standing(role, world.quiet), world.quiet)
    for role in ("above", "of-parent", "invited", "stranger", "admin"):
        assert not is_member(world.landscape, world.standing(role, world.quiet), world.quiet)


def test_what_no_place_has_is_seen_by_nobody():
    landscape, admin = World("public").landscape, Standing(ADMIN, is_admin=True)
    for place in (NetworkId("n.none"), GroupId("g.none"), DirectId.of_user(ADMIN, "secret")):
        assert not may_see(landscape, admin, place)
        assert not may_enter(landscape, admin, place)
        assert not any(may(landscape, admin, deed, place) for deed in Deed if deed is not Deed.CREATE_TOP)


@moderate
@given(seen_landscapes())
def test_what_is_visible_is_what_may_be_seen_and_what_may_be_entered_unasked_is_visible(both):
    landscape, standing = both
    seen = list(visible(landscape, standing))
    for place in [*landscape.networks, *landscape.groups]:
        assert (place in seen) is may_see(landscape, standing, place)
        assert place in seen or not may_enter(landscape, standing, place)
    assert set(visible(landscape, replace(standing, is_admin=True))) == {
        *landscape.networks,
        *landscape.groups,
    }
