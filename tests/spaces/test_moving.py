"""A room goes from one parent to another in an order in which it is missing nowhere."""

from dataclasses import replace
from itertools import pairwise

import pytest

from spaces import changes
from spaces.actions import CreateRoom, Invite, ReadBack, SetState, Withdraw
from spaces.coordinating import add_coordinator
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.reconcile import JOIN_RULES, Maker, project, reconcile
from tests.spaces.rooms import as_made, put_right, wanted
from tests.spaces.worlds import BOT, PEOPLE, CountedIds, network

ADA, BEN, *_ = PEOPLE


@pytest.fixture
def three():
    """Arts, Health, and below Arts the private Bristol."""
    ids = CountedIds()
    landscape, arts = network(Landscape(), ids, "Arts", by=[ADA])
    landscape, health = network(landscape, ids, "Health", by=[ADA])
    landscape, bristol = changes.create_network(
        landscape,
        ids,
        name="Bristol",
        access=Access.PRIVATE,
        under=[arts],
        agreed=[arts],
        coordinators=[ADA],
    )
    return landscape, arts, health, bristol


def moved(landscape, bristol, health):
    return changes.move(landscape, bristol, health, parent_agrees=True, child_agrees=True)


def told(action):
    """What it is about, in short: the room, the kind, the other room, whether it takes away."""
    if not isinstance(action, SetState):
        return (type(action).__name__, action.room)
    return (action.event.type, action.room, action.event.state_key, bool(action.event.content))


def test_p5_the_new_link_comes_first_then_who_gets_in_then_the_canonical_parent_then_the_old_link_goes(three):
    before, arts, health, bristol = three
    found, maker = as_made(before)
    steps = put_right(moved(before, bristol, health), found, maker)
    assert [told(step) for step in steps] == [
        ("m.space.parent", bristol, health, True),
        ("m.space.child", health, bristol, True),
        ("m.room.join_rules", bristol, "", True),
        ("m.space.parent", bristol, health, True),
        ("m.space.parent", bristol, arts, False),
        ("ReadBack", bristol),
        ("m.space.child", arts, bristol, False),
    ]
    assert [step.event.content["canonical"] for step in (steps[0], steps[3])] == [False, True]
    allowed = steps[2].event.content["allow"]
    assert [one["room_id"] for one in allowed] == [health]


def test_each_turn_waits_for_all_that_comes_before_it(three):
    before, _, health, bristol = three
    found, maker = as_made(before)
    up, down, rules, canonical, old_up, read, old_down = put_right(
        moved(before, bristol, health), found, maker
    )
    assert up.behind == down.behind == ()
    assert rules.behind == (up.key, down.key)
    assert canonical.behind == (*rules.behind, rules.key)
    assert old_up.behind == old_down.behind == (*canonical.behind, canonical.key)
    assert read.behind == (rules.key,)
    assert len({up.key, canonical.key}) == 2
    assert up.key in canonical.replaces


def test_once_it_is_done_nothing_is_left_to_do_and_what_has_no_parent_to_lose_waits_for_nothing(three):
    before, arts, health, bristol = three
    found, maker = as_made(before)
    after = moved(before, bristol, health)
    steps = put_right(after, found, maker)
    assert put_right(after, project(found, steps, maker), maker) == []
    linked = changes.link(before, health, bristol, parent_agrees=True, child_agrees=True)
    unlinked = changes.unlink(before, arts, bristol)
    for landscape in (linked, unlinked):
        steps = put_right(landscape, found, maker)
        assert steps
        assert [step for step in steps if step.behind] == []


def test_what_shuts_a_room_never_waits_for_a_link(three):
    before, _, health, bristol = three
    found, maker = as_made(before)
    shut = changes.describe(moved(before, bristol, health), CountedIds(), bristol, access=Access.INVITE)
    steps = put_right(shut, found, maker)
    kinds = [step.event.type for step in steps if isinstance(step, SetState) and step.room == bristol]
    assert kinds.index("m.room.join_rules") < kinds.index("m.space.parent")
    [rules] = [step for step in steps if isinstance(step, SetState) and step.event.type == JOIN_RULES[0]]
    assert rules.event.content == {"join_rule": "invite"}
    assert rules.behind == ()
    assert {step.behind for step in steps if isinstance(step, ReadBack)} == {()}


def test_a_public_room_moves_with_its_listing_and_a_third_parent_is_left_alone(three):
    before, arts, health, bristol = three
    ids = CountedIds()
    before, care = network(before, ids, "Care", by=[ADA])
    before = changes.link(before, care, bristol, parent_agrees=True, child_agrees=True)
    before = changes.describe(before, ids, bristol, access=Access.PUBLIC)
    found, maker = as_made(before)
    steps = put_right(moved(before, bristol, health), found, maker)
    about_bristol = [told(s) for s in steps if isinstance(s, SetState) and "m.space" in s.event.type]
    assert about_bristol == [
        ("m.space.parent", bristol, health, True),
        ("m.space.child", health, bristol, True),
        ("m.space.parent", bristol, health, True),
        ("m.space.parent", bristol, arts, False),
        ("m.space.child", arts, bristol, False),
    ]
    assert any(isinstance(s, Withdraw) for s in steps)


def test_who_is_named_with_a_move_is_invited_once_the_room_is_read_back(three):
    before, _, health, bristol = three
    found, maker = as_made(before)
    steps = put_right(add_coordinator(moved(before, bristol, health), bristol, BEN), found, maker)
    here = [type(step) for step in steps if step.room == bristol]
    assert Invite in here
    assert here.index(ReadBack) < here.index(Invite)


def test_what_is_only_being_made_is_not_moved(three):
    landscape, *_ = three
    steps = reconcile(wanted(landscape), {}, Maker(BOT, "12"))
    assert any(isinstance(step, CreateRoom) for step in steps)
    assert [step for step in steps if step.behind] == []


def test_who_is_canonical_besides_changes_in_the_same_turn(three):
    """Nothing that is wanted is lost on the way, whatever is found."""
    before, arts, health, bristol = three
    ids = CountedIds()
    before, care = network(before, ids, "Care", by=[ADA])
    before = changes.link(before, care, bristol, parent_agrees=True, child_agrees=True)
    found, maker = as_made(before)
    odd = found[bristol].state | {("m.space.parent", care): {"via": ["hs.test"], "canonical": True}}
    found[bristol] = replace(found[bristol], state=odd)
    after = moved(before, bristol, health)
    steps = put_right(after, found, maker)
    assert put_right(after, project(found, steps, maker), maker) == []
    order = [told(s)[2] for s in steps if told(s)[0] == "m.space.parent"]
    assert order[0] == health
    assert order[-1] == arts
    assert all(len(a.behind) <= len(b.behind) for a, b in pairwise(steps) if a.room == b.room == arts)
