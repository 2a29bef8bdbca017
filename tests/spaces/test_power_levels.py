"""Who has which power, in each kind of room and each room version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.power_levels import RoomKind, choose_version, creators_stand_above, power_levels, settle
from tests.spaces.worlds import BOT, PEOPLE

ADA, BEN, CAT, DAN = PEOPLE
VERSIONS = ["9", "10", "11", "12"]
KINDS = [RoomKind.SPACE, RoomKind.TALK, RoomKind.NEWS]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_r1_the_table_of_levels_is_product_s(kind, version):
    levels = power_levels(kind, version, BOT, [ADA])
    quiet = kind is not RoomKind.TALK
    assert {k: v for k, v in levels.items() if type(v) is int} == {
        "users_default": 0,
        "events_default": 50 if quiet else 0,
        "state_default": 50,
        "invite": 50,
        "kick": 50,
        "ban": 50,
        "redact": 50,
    }
    assert levels["events"] == {
        "m.reaction": 0,
        "m.room.redaction": 0,
        "m.room.name": 50,
        "m.room.topic": 50,
        "m.room.avatar": 50,
        "m.room.pinned_events": 50,
        "m.room.canonical_alias": 50,
        "m.space.child": 50,
        "m.room.power_levels": 50,
        "m.room.join_rules": 100,
        "m.room.history_visibility": 100,
        "m.room.guest_access": 100,
        "m.room.encryption": 100,
        "m.room.server_acl": 100,
        "m.space.parent": 100,
        "m.room.tombstone": 150 if version == "12" else 100,
    }


@pytest.mark.parametrize(
    ("version", "bot"), [("9", 100), ("10", 100), ("11", 100), ("12", None), ("13", None)]
)
def test_the_bot_is_named_where_its_room_version_needs_it_and_never_where_it_forbids_it(version, bot):
    levels = power_levels(RoomKind.TALK, version, BOT, [ADA, BEN])
    assert levels["users"].get(BOT) == bot
    assert (levels["users"][ADA], levels["users"][BEN]) == (50, 50)


def test_a_version_that_is_not_a_number_is_taken_for_a_new_one():
    assert creators_stand_above("org.example.unstable")


@pytest.mark.parametrize("kind", KINDS)
def test_p6_in_an_archive_only_the_bot_says_or_changes_anything(kind):
    levels = power_levels(kind, "12", BOT, [ADA], archived=True)
    assert levels["users"] == {ADA: 50}
    assert (levels["events_default"], levels["state_default"], levels["invite"]) == (100, 100, 100)
    assert (levels["events"]["m.room.power_levels"], levels["events"]["m.reaction"]) == (100, 100)


def test_in_a_direct_room_both_speak_and_nobody_else_is_brought_in_by_the_other():
    levels = power_levels(RoomKind.DIRECT, "12", BOT, [])
    assert (levels["events_default"], levels["invite"], levels["users"]) == (0, 50, {})


@pytest.mark.parametrize(
    ("wished", "offered", "default", "chosen"),
    [
        ("auto", ["9", "10", "11", "12"], "10", "12"),
        ("auto", ["9", "10", "11"], "10", "10"),
        ("auto", ["9", "10", "11"], "9", "11"),
        ("auto", ["9", "10"], "9", "10"),
        ("auto", ["6", "9"], "9", None),
        ("auto", ["org.example.x"], "org.example.x", None),
        ("11", ["10", "11", "12"], "10", "11"),
        ("12", ["10", "11"], "10", None),
        ("9", ["9", "10"], "9", None),
    ],
)
def test_the_room_version_is_twelve_where_it_can_be_and_ten_at_least(wished, offered, default, chosen):
    assert choose_version(wished, offered, default) == chosen


def settled(found_users, version="12", coordinators=(ADA,), former=()):
    wanted = power_levels(RoomKind.TALK, version, BOT, coordinators)
    return settle(wanted, {"users": found_users}, former)["users"]


@pytest.mark.parametrize(("version", "bots"), [("11", {BOT: 100}), ("12", {})])
def test_the_bot_named_a_coordinator_is_neither_lowered_nor_named_above_its_own_level(version, bots):
    levels = power_levels(RoomKind.TALK, version, BOT, [BOT, ADA])
    assert levels["users"] == {**bots, ADA: 50}


def test_r1_a_level_that_a_coordinator_has_set_stays():
    assert settled({BEN: 25, ADA: 60}) == {BEN: 25, ADA: 60}


def test_r1_a_coordinator_who_is_missing_gets_their_power():
    assert settled({BEN: 25}) == {BEN: 25, ADA: 50}


def test_r1_a_former_coordinator_loses_the_power_they_had_as_one_and_no_other():
    assert settled({BEN: 50, CAT: 50, DAN: 20}, former=[BEN, DAN]) == {ADA: 50, CAT: 50, DAN: 20}


@pytest.mark.parametrize("version", ["10", "11"])
def test_h5_nobody_takes_the_bots_level_away_or_reaches_it(version):
    assert settled({BOT: 0, BEN: 100, CAT: 1000}, version) == {BOT: 100, ADA: 50}


def test_h5_nobody_reaches_the_bots_level_where_creators_stand_above():
    assert settled({BEN: 100, CAT: 2**53, DAN: 99}) == {ADA: 50, DAN: 99}


def test_h5_whatever_else_was_changed_by_hand_is_put_back():
    wanted = power_levels(RoomKind.TALK, "12", BOT, [ADA])
    found = {**wanted, "invite": 0, "users_default": 50, "events": {}, "extra": 1}
    assert settle(wanted, found, []) == wanted
    assert settle(wanted, None, []) == wanted


@given(anything)
def test_a35_levels_of_any_making_are_settled_into_good_ones(found):
    wanted = power_levels(RoomKind.TALK, "11", BOT, [ADA])
    for content in (found if isinstance(found, dict) else {}, {"users": found}):
        result = settle(wanted, content, [BEN])
        assert result["users"][BOT] == 100
        assert all(type(v) is int for v in result["users"].values())
        assert settle(wanted, result, [BEN]) == result
