"""Links, bridges and shares: nothing holds before both sides have said so."""

import pytest

from spaces import changes
from spaces.errors import Conflict
from spaces.network import Status
from tests.spaces.worlds import PEOPLE, bridged, group_named, network

ADA, BEN, CAT, DAN = PEOPLE


def test_a_link_holds_once_both_sides_have_said_so_and_saying_it_again_changes_nothing(two):
    landscape, one, other = two
    asked = changes.link(landscape, one, other, parent_agrees=True, child_agrees=False, by=ADA)
    assert asked.parents(other) == ()
    assert changes.link(asked, one, other, parent_agrees=True, child_agrees=False, by=ADA) is asked
    assert [ln.child_agreed for ln in asked.proposals_of(other)] == [False]
    linked = changes.link(asked, one, other, parent_agrees=False, child_agrees=True, by=BEN)
    assert linked.parents(other) == (one,)
    assert linked.links[one, other].canonical
    assert linked.links[one, other].asked_by == ADA
    assert changes.link(linked, one, other, parent_agrees=True, child_agrees=True) is linked
    assert linked.proposals_of(other) == ()


def test_a_parent_that_has_agreed_is_canonical_before_one_that_has_not(two, ids):
    landscape, one, other = two
    landscape, third = network(landscape, ids, "Sport")
    landscape = changes.link(landscape, one, third, parent_agrees=False, child_agrees=True)
    assert landscape.links[one, third].canonical
    landscape = changes.link(landscape, other, third, parent_agrees=True, child_agrees=True)
    assert not landscape.links[one, third].canonical
    landscape = changes.accept(landscape, one, third)
    assert landscape.parents(third) == (other, one)


def test_no_side_answers_for_the_other(two):
    landscape, one, other = two
    asked = changes.link(landscape, one, other, parent_agrees=True, child_agrees=False, by=ADA)
    assert changes.accept(asked, one, other) is asked
    assert changes.accept(asked, one, other, for_child=True).parents(other) == (one,)


def test_unlinked_another_parent_is_canonical_and_what_is_not_linked_is_refused(two, ids):
    landscape, one, other = two
    landscape, bridge = bridged(landscape, ids, [one, other], [one, other])
    parted = changes.unlink(landscape, one, bridge)
    assert parted.parents(bridge) == (other,)
    assert parted.links[other, bridge].canonical
    assert parted.networks[bridge].status is Status.ACTIVE
    with pytest.raises(Conflict, match="“Both” is not under “Arts”"):
        changes.unlink(parted, one, bridge)


def test_what_is_asleep_is_not_linked_or_shared(two, ids):
    landscape, one, other = two
    landscape, group = changes.create_group(landscape, ids, name="Oils", home=one)
    asleep = changes.archive(landscape, other)
    for parent, child in ((one, other), (other, one)):
        with pytest.raises(Conflict, match="archived"):
            changes.link(asleep, parent, child, parent_agrees=True, child_agrees=True)
    with pytest.raises(Conflict, match="not active"):
        changes.share(asleep, group, other, home_agrees=True, network_agrees=True)
    with pytest.raises(Conflict, match="archived"):
        changes.share(changes.archive(landscape, one), group, other, home_agrees=True, network_agrees=True)


def test_h2_a_bridge_comes_about_when_the_last_parent_has_agreed(two, ids):
    landscape, one, other = two
    landscape, third = network(landscape, ids, "Sport", by=[CAT])
    landscape, bridge = bridged(landscape, ids, [one, other, third], [one])
    assert landscape.networks[bridge].status is Status.PROPOSED
    assert {g.status for g in landscape.groups_of(bridge)} == {Status.PROPOSED}
    landscape = changes.accept(landscape, other, bridge)
    assert landscape.networks[bridge].status is Status.PROPOSED
    landscape = changes.accept(landscape, third, bridge)
    assert landscape.networks[bridge].status is Status.ACTIVE
    assert {g.status for g in landscape.groups_of(bridge)} == {Status.ACTIVE}
    assert landscape.parents(bridge)[0] == one
    assert set(landscape.parents(bridge)) == {one, other, third}


def test_h2_who_coordinates_all_parents_says_it_once(two, ids):
    landscape, one, other = two
    landscape, bridge = bridged(landscape, ids, [one, other], [one, other])
    assert landscape.networks[bridge].status is Status.ACTIVE


def test_h2_a_bridge_with_two_of_three_yeses_comes_about_when_the_third_declines(two, ids):
    landscape, one, other = two
    landscape, third = network(landscape, ids, "Sport")
    landscape, bridge = bridged(landscape, ids, [one, other, third], [one, other])
    landscape = changes.decline(landscape, third, bridge)
    assert landscape.networks[bridge].status is Status.ACTIVE
    assert landscape.parents(bridge) == (one, other)


def test_h2_a_bridge_left_with_one_parent_is_given_up_and_does_not_come_back(two, ids):
    landscape, one, other = two
    landscape, bridge = bridged(landscape, ids, [one, other], [one])
    declined = changes.decline(landscape, other, bridge)
    assert declined.networks[bridge].status is Status.ARCHIVED
    assert declined.proposals_of(other) == ()
    with pytest.raises(Conflict, match="never came about"):
        changes.restore(declined, bridge)


def test_what_both_have_agreed_to_is_not_declined_but_unlinked(two, ids):
    landscape, one, other = two
    linked = changes.link(landscape, one, other, parent_agrees=True, child_agrees=True)
    with pytest.raises(Conflict, match="network unlink"):
        changes.decline(linked, one, other)
    for answer in (changes.accept, changes.decline):
        with pytest.raises(Conflict, match="nobody has asked"):
            answer(landscape, one, other)


def test_a_share_holds_once_both_sides_have_said_so(two, ids):
    landscape, one, other = two
    landscape, group = changes.create_group(landscape, ids, name="Oils", home=one)
    asked = changes.share(landscape, group, other, home_agrees=True, network_agrees=False, by=ADA)
    assert asked.shares_of(group) == ()
    assert [share.asked_by for share in asked.all_shares_of(group)] == [ADA]
    assert changes.accept_share(asked, group, other, for_home=True) is asked
    shared = changes.accept_share(asked, group, other)
    assert changes.share(asked, group, other, home_agrees=False, network_agrees=True) == shared
    assert shared.shares_of(group) == (other,)
    assert shared.shared_with(other) == (group,)
    assert changes.share(shared, group, other, home_agrees=True, network_agrees=True) is shared
    assert changes.unshare(shared, group, other).shares_of(group) == ()
    with pytest.raises(Conflict, match="not shared with"):
        changes.unshare(landscape, group, other)


def test_the_kit_and_the_home_are_not_for_sharing(two, ids):
    landscape, one, other = two
    landscape, group = changes.create_group(landscape, ids, name="Oils", home=one)
    with pytest.raises(Conflict, match="starts with"):
        changes.share(
            landscape, group_named(landscape, one, "news"), other, home_agrees=True, network_agrees=True
        )
    with pytest.raises(Conflict, match="at home"):
        changes.share(landscape, group, one, home_agrees=True, network_agrees=True)
