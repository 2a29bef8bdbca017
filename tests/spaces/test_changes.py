"""Changes of a landscape: what each does, and what cannot be."""

import pytest
from hypothesis import given

from spaces import changes
from spaces.access import Standing
from spaces.errors import Conflict
from spaces.landscape import Landscape
from spaces.network import Access, Kind, Purpose, Status
from tests.spaces.worlds import PEOPLE, bridged, landscapes, moderate, network

ADA, BEN, CAT, DAN = PEOPLE


# -- making ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "access", "kit"),
    [
        (Kind.NETWORK, Access.PUBLIC, ["welcome", "news"]),
        (Kind.ECOSYSTEM, Access.PUBLIC, ["news"]),
        (Kind.BRIDGE, Access.PRIVATE, ["welcome", "news"]),
    ],
)
def test_p1_each_kind_starts_with_its_word_and_kit(two, ids, kind, access, kit):
    landscape, one, other = two
    landscape, new = changes.create_network(
        landscape,
        ids,
        name="  New\tone ",
        kind=kind,
        under=[one, other],
        agreed=[one, other],
        coordinators=[CAT],
    )
    made = landscape.networks[new]
    assert (made.name, made.kind, made.access, made.status) == ("New one", kind, access, Status.ACTIVE)
    assert [g.name for g in landscape.groups_of(new)] == kit
    assert all(g.access is access and g.status is Status.ACTIVE for g in landscape.groups_of(new))
    assert landscape.parents(new) == (one, other)
    assert landscape.coordinators_of(new) == (CAT,)


def test_the_first_parent_is_canonical_whatever_its_id(two, ids):
    landscape, one, other = two
    for parents in ((one, other), (other, one)):
        made, new = bridged(landscape, ids, parents, parents)
        assert made.parents(new) == parents


def test_a_parent_named_twice_is_one_parent(two, ids):
    landscape, one, _ = two
    with pytest.raises(Conflict, match="at least two"):
        bridged(landscape, ids, [one, one], [one])


def test_a_network_whose_parent_has_not_agreed_is_made_and_its_link_waits(two, ids):
    landscape, one, _ = two
    landscape, new = changes.create_network(landscape, ids, name="New", under=[one], agreed=[], by=CAT)
    assert landscape.networks[new].status is Status.ACTIVE
    assert landscape.parents(new) == ()
    assert [ln.asked_by for ln in landscape.proposals_of(one)] == [CAT]
    assert landscape.parents(new) == ()
    assert changes.accept(landscape, one, new).parents(new) == (one,)


def test_nothing_is_made_under_or_in_what_is_asleep_or_only_proposed(two, ids):
    landscape, one, other = two
    proposed, bridge = bridged(landscape, ids, [one, other], [one])
    asleep = changes.archive(landscape, one)
    with pytest.raises(Conflict, match="archived"):
        network(asleep, ids, "New", under=[one])
    with pytest.raises(Conflict, match="archived"):
        changes.create_group(asleep, ids, name="New", home=one)
    with pytest.raises(Conflict, match="waits"):
        network(proposed, ids, "New", under=[bridge])
    with pytest.raises(Conflict, match="waits"):
        changes.create_group(proposed, ids, name="New", home=bridge)


def test_a_group_is_private_unless_it_is_said_otherwise(arts, ids):
    landscape, home = arts
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
    made = landscape.groups[group]
    assert (made.access, made.purpose, landscape.slug_of(group)) == (
        Access.PRIVATE,
        Purpose.TALK,
        "arts-uk/painting",
    )


def test_p1_the_same_network_has_that_name_and_parent_among_those_the_speaker_sees(ids):
    landscape, top = network(Landscape(), ids, "Somerset")
    landscape, open_ = network(landscape, ids, "Arts", under=[top])
    landscape, hidden = network(landscape, ids, "Quiet", under=[top], access=Access.INVITE)
    someone, member = Standing(CAT), Standing(CAT, joined=frozenset({hidden}))
    assert changes.same_network(landscape, someone, " arts ", [top]) == open_
    assert changes.same_network(landscape, someone, "Arts", []) is None
    assert changes.same_network(landscape, someone, "Somerset", []) == top
    assert changes.same_network(landscape, someone, "Quiet", [top]) is None
    assert changes.same_network(landscape, member, "Quiet", [top]) == hidden
    assert changes.same_network(changes.archive(landscape, open_), someone, "Arts", [top]) is None


def test_p1_a_bridge_that_waits_is_the_same_for_those_who_know_of_it(two, ids):
    landscape, one, other = two
    landscape, bridge = bridged(landscape, ids, [one, other], [one])
    assert changes.same_network(landscape, Standing(BEN), "both", [other, one]) == bridge
    assert changes.same_network(landscape, Standing(DAN), "both", [other, one]) is None


def test_p1_the_same_group_has_that_name_in_that_network(arts, ids):
    landscape, home = arts
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
    assert changes.same_group(landscape, Standing(ADA), "PAINTING", home) == group
    assert changes.same_group(landscape, Standing(BEN), "Painting", home) is None
    assert changes.same_group(changes.archive(landscape, group), Standing(ADA), "Painting", home) is None


# -- coordinators ---------------------------------------------------------------------------------


def test_r2_the_last_coordinator_cannot_be_removed(arts):
    landscape, home = arts
    with pytest.raises(Conflict, match="Name another one first"):
        changes.remove_coordinator(landscape, home, ADA)
    landscape = changes.add_coordinator(landscape, home, BEN)
    assert changes.add_coordinator(landscape, home, BEN) is landscape
    landscape = changes.remove_coordinator(landscape, home, ADA)
    assert landscape.coordinators_of(home) == (BEN,)
    assert landscape.former_coordinators_of(home) == (ADA,)
    with pytest.raises(Conflict, match="not a coordinator"):
        changes.remove_coordinator(landscape, home, ADA)
    assert ADA in changes.add_coordinator(landscape, home, ADA).coordinators_of(home)


# -- archiving ------------------------------------------------------------------------------------


def test_p6_restored_a_network_has_its_groups_as_they_were(arts, ids):
    landscape, home = arts
    landscape, kept = changes.create_group(landscape, ids, name="Kept", home=home)
    landscape, gone = changes.create_group(landscape, ids, name="Gone", home=home)
    landscape = changes.archive(landscape, gone)
    asleep = changes.archive(landscape, home)
    assert {asleep.status_of(p) for p in asleep.places_of(home)} == {Status.ARCHIVED}
    assert changes.archive(asleep, home) is asleep
    with pytest.raises(Conflict, match=r"is archived\. One of its coordinators"):
        changes.restore(asleep, gone)
    awake = changes.restore(asleep, home)
    assert (awake.status_of(kept), awake.status_of(gone)) == (Status.ACTIVE, Status.ARCHIVED)
    assert changes.restore(awake, gone).status_of(gone) is Status.ACTIVE
    assert changes.restore(awake, home) is awake


@moderate
@given(landscapes())
def test_p6_archived_and_restored_a_landscape_is_what_it_was(landscape):
    for place in [*landscape.networks, *landscape.groups]:
        if landscape.status_of(place) is Status.ACTIVE:
            back = changes.restore(changes.archive(landscape, place), place)
            assert back == landscape
            assert all(back.parents(n) == landscape.parents(n) for n in landscape.networks)
