"""What somebody changed in their own client: whether they had the right, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes
from spaces.by_hand import (
    LevelDrift,
    Repairs,
    RolesChanged,
    had_right,
    is_listed,
    level_drifts,
    overrides_after,
    roles_changed,
    via_of,
    with_roles,
)
from spaces.landscape import Landscape
from spaces.power_levels import RoomKind, beside_its_maker, power_levels, settle, users_in
from spaces.reconcile import FoundRoom, Maker, drift, may_keep_up
from spaces.wanted import wanted_room
from tests.spaces.worlds import BOT, PEOPLE, CountedIds, network

ADA, BEN, CAT, DAN = PEOPLE
levels = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from([0, 25, 49, 50, 51, 99, 100, 2**53]))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def arts():
    return network(Landscape(), CountedIds(), "Arts", by=[ADA])


@pytest.mark.parametrize(
    ("now", "before", "creator", "had"),
    [
        ({"users": {ADA: 50}}, None, None, True),
        ({"users": {ADA: 49}}, None, None, False),
        ({"users": {}}, {"users": {ADA: 50}}, None, True),  # it was taken from them since
        ({"users": {}}, None, ADA, True),
        ({"users": {}, "users_default": 100}, None, None, False),  # what drifted gives nobody a right
        ({"users": {ADA: True}}, {"users": {ADA: "50"}}, None, False),
        (None, None, None, False),
    ],
)
def test_a54_the_right_is_that_of_the_room_itself(now, before, creator, had):
    assert had_right(ADA, creator, now, before) is had


@given(anything, anything)
def test_a35_levels_of_any_making_give_no_right(now, before):
    contents = [value if isinstance(value, dict) else {"users": value} for value in (now, before)]
    assert had_right(ADA, None, *contents) is False


def test_h5_over_the_level_of_a_coordinator_is_promoted_and_under_it_demoted(arts):
    landscape, home = arts
    roles = roles_changed(landscape, home, {ADA: 50}, {ADA: 49, BEN: 50, CAT: 49, DAN: 100, BOT: 100}, BOT)
    assert roles == RolesChanged(promoted=(BEN, DAN), demoted=(ADA,))
    after = with_roles(landscape, home, roles)
    assert set(after.coordinators_of(home)) == {BEN, DAN}
    assert after.former_coordinators_of(home) == (ADA,)


def test_h5_only_a_step_means_something_and_not_what_was_so_before(arts):
    landscape, home = arts
    assert roles_changed(landscape, home, {BEN: 50}, {BEN: 60}, BOT) == RolesChanged()
    assert roles_changed(landscape, home, {}, {}, BOT) == RolesChanged(), "ada's level is still under way"
    assert roles_changed(landscape, home, {ADA: 50}, {}, BOT, but=[ADA]) == RolesChanged()
    assert with_roles(landscape, home, RolesChanged()) is landscape


@given(levels, levels)
def test_r1_after_a_change_by_hand_everyone_settles_at_what_they_were_given(before, now):
    """But for who would be as high as the bot, whom nobody made so."""
    overrides = overrides_after({}, before, now, [ADA], BOT)
    wanted = power_levels(RoomKind.TALK, "12", BOT, [ADA])
    settled = settle(wanted, {"users": now}, [BEN], overrides)["users"]
    for person in PEOPLE:
        if before.get(person, 0) != now.get(person, 0) < 100:
            assert settled.get(person, 0) == now.get(person, 0)
    again = settle(wanted, {"users": settled}, [BEN], overrides)["users"]
    assert again == settled


def test_r1_who_is_brought_back_to_what_their_role_gives_has_no_override_any_more():
    lowered = overrides_after({}, {ADA: 50}, {}, [ADA], BOT)
    assert lowered == {ADA: 0}
    assert overrides_after(lowered, {}, {ADA: 50}, [ADA], BOT) == {}
    assert overrides_after({BEN: 50}, {BEN: 50}, {}, [ADA], BOT) == {}
    assert overrides_after({}, {}, {"nobody": 50, BOT: 50}, [ADA], BOT) == {}


# -- what is put back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "fight"), [([1, 2, 3], False), ([1, 2, 3, 4], True), ([1, 2, 3, 601], False), ([], False)]
)
def test_the_fifth_time_within_ten_minutes_is_a_fight(ago, fight):
    assert Repairs(tuple(1000.0 - seconds for seconds in ago)).is_fight(1000.0) is fight


@pytest.mark.parametrize(("ago", "due"), [([], True), ([30], True), ([29], False), ([600, 29], False)])
def test_a53_after_a_fight_a_room_is_closed_again_after_half_a_minute(ago, due):
    assert Repairs(tuple(1000.0 - seconds for seconds in ago)).is_due(1000.0) is due


@pytest.mark.parametrize(("told_at", "news"), [(None, True), (1.0, False), (-2599.0, False), (-2600.0, True)])
def test_the_same_is_news_again_after_an_hour(told_at, news):
    assert Repairs((), told_at).is_news(1000.0) is news


def test_what_drifted_of_the_levels_is_named_key_by_key():
    wanted = power_levels(RoomKind.TALK, "12", BOT, [ADA])
    found = {**wanted, "invite": 0, "events": {**wanted["events"], "m.room.join_rules": 50}}
    assert level_drifts(wanted, found) == [
        LevelDrift("invite", 50),
        LevelDrift("events", 100, "m.room.join_rules"),
    ]
    assert level_drifts(wanted, {**wanted, "users": {BEN: 100}}) == []
    assert len(level_drifts(wanted, None)) > 10


@pytest.mark.parametrize(
    ("content", "listed"),
    [
        ({"via": ["hs.test"]}, True),
        ({"via": []}, False),
        ({"via": "hs.test"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_space_lists_what_names_servers_to_go_by(content, listed):
    assert is_listed(content) is listed


def test_a35_only_words_are_servers():
    assert via_of({"via": ["a", 5, None, "b"]}) == ("a", "b")
    assert via_of({"via": 5}) == ()


# -- rooms of others ------------------------------------------------------------------------------


def room_of_bens(landscape, home, version, users):
    landscape, made = changes.create_group(landscape, CountedIds(), name="Sketches", home=home)
    state = {
        ("m.room.power_levels", ""): {
            "users": users,
            "events": {"m.room.tombstone": 150, "m.room.name": 50},
            "state_default": 50,
        }
    }
    found = FoundRoom(version, state, creator=BEN)
    return wanted_room(landscape, made, "hs.test"), found


@pytest.mark.parametrize("version", ["9", "10", "11", "12"])
def test_r1_in_a_room_of_others_nothing_is_tried_without_power(arts, version):
    wanted, found = room_of_bens(*arts, version, {BEN: 100})
    assert not may_keep_up(found, BOT)
    assert drift(wanted, found, Maker(BOT, "12")) == []


@pytest.mark.parametrize("version", ["9", "10", "11"])
def test_r1_with_power_coordinators_get_theirs_and_the_maker_keeps_theirs(arts, version):
    wanted, found = room_of_bens(*arts, version, {BEN: 100, BOT: 100})
    [step] = [s for s in drift(wanted, found, Maker(BOT, "12")) if s.event.type == "m.room.power_levels"]
    assert step.event.content["users"] == {BEN: 100, BOT: 100, ADA: 50}
    assert step.event.content["events"]["m.room.tombstone"] == 150, "nobody at 100 can lower it"


def test_r1_in_version_12_the_maker_stands_above_and_is_named_by_nobody(arts):
    landscape, home = arts
    landscape = changes.add_coordinator(landscape, home, BEN)
    wanted, found = room_of_bens(landscape, home, "12", {BOT: 100})
    [step] = [s for s in drift(wanted, found, Maker(BOT, "12")) if s.event.type == "m.room.power_levels"]
    assert step.event.content["users"] == {BOT: 100, ADA: 50}


@given(anything)
def test_a35_beside_its_maker_levels_of_any_making_keep_the_bots(found):
    wanted = power_levels(RoomKind.TALK, "9", BOT, [ADA], made_by_others=True)
    for content in (found if isinstance(found, dict) else {}, {"users": found, "events": found}):
        result = beside_its_maker(settle(wanted, content, ()), content)
        assert users_in(result)[BOT] >= 100
