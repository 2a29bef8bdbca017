"""One room takes the place of another: who may have it so, and what the others say of it (A51, A52, H6)."""

from __future__ import annotations

from typing import Any

import pytest

from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.power_levels import RoomKind
from spaces.reconcile import CANONICAL_ALIAS, JOIN_RULES, POWER_LEVELS, FoundRoom, Maker, StateKey
from spaces.upgrades import (
    Origin,
    as_named_before,
    is_successor,
    level_to_replace,
    lists,
    may_renew,
    may_replace,
    origin_in,
    renewal,
    replacement_in,
    shut,
    stands_above,
    without_moving,
)
from spaces.wanted import WantedRoom

BOT, ANN, BEN = UserId("@hedgerow:hs.test"), UserId("@ann:hs.test"), UserId("@ben:hs.test")
OLD, NEW = RoomId("!old:hs.test"), RoomId("!new:hs.test")
ARTS, OILS = NetworkId("n.arts"), GroupId("g.oils")
STONE = "m.room.tombstone"


def room(version: str = "11", creator: UserId | None = ANN, **levels: Any) -> FoundRoom:
    return FoundRoom(version, {POWER_LEVELS: levels}, creator=creator)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"replacement_room": NEW}, NEW),
        ({"replacement_room": "#alias:hs.test"}, None),
        ({"replacement_room": ["!a:b"]}, None),
        ({"replacement_room": "!"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a51_what_a_tombstone_names_is_a_room_or_nothing(content: Any, named: str | None) -> None:
    assert replacement_in(content) == named


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ({"events": {STONE: 100}, "state_default": 0}, 100),
        ({"state_default": 20}, 20),
        ({"events": {STONE: "100"}}, 50),
        ({"events": []}, 50),
        ({}, 50),
    ],
)
def test_the_level_that_a_tombstone_takes_is_its_own_or_that_of_all_state(levels: Any, level: int) -> None:
    assert level_to_replace(levels) == level


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (room(users={ANN: 100}, events={STONE: 100}), True),
        (room(users={ANN: 50}, events={STONE: 100}), False),
        (room("12", users={}, events={STONE: 150}), True),
        (room(creator=None, users={ANN: 100}, events={STONE: 100}), True),
        (room(creator=None, users={ANN: 100}, events={STONE: 150}), False),
        (room(creator=BEN, users={ANN: 50}), False),
    ],
)
def test_a52_whose_room_it_is_and_who_has_the_level_may_have_it_replaced(
    found: FoundRoom, expected: bool
) -> None:
    assert may_replace(ANN, found, ()) is expected


def test_a52_a_coordinator_with_the_level_may() -> None:
    found = room(creator=BEN, users={ANN: 50})
    assert may_replace(ANN, found, (ANN,))
    assert not may_replace(ANN, room(creator=BEN, users={ANN: 49}), (ANN,))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin(ANN, OLD), True),
        (Origin(ANN, NEW), False),
        (Origin(ANN, ""), False),
        (Origin(BEN, OLD), False),
        (Origin(ANN, OLD, is_space=True), False),
    ],
)
def test_a52_both_have_to_point_to_each_other(origin: Origin, expected: bool) -> None:
    assert is_successor(origin, OILS, OLD, {ANN}) is expected


@pytest.mark.parametrize("content", [{}, {"predecessor": []}, {"predecessor": {"room_id": 5}}, [], None])
def test_an_origin_that_cannot_be_read_names_nothing(content: Any) -> None:
    event = {"type": "m.room.create", "state_key": "", "content": content, "sender": ANN}
    assert origin_in([event]).predecessor == ""
    assert origin_in([]) == Origin()


def test_who_has_made_a_room_stands_above_the_bot_from_version_12_on() -> None:
    assert stands_above(room("12")) == ANN
    assert stands_above(room("11")) is None
    assert stands_above(room("12", creator=None)) is None


def test_another_room_differs_from_what_it_should_be_once_the_place_has_moved() -> None:
    rule = {"type": "m.room_membership", "room_id": ARTS}
    child: StateKey = ("m.space.child", ARTS)
    found = FoundRoom(
        "12",
        {JOIN_RULES: {"join_rule": "restricted", "allow": [rule]}, ("m.space.parent", ARTS): {"via": ["a"]}}
        | {child: {"via": ["a"]}, ("m.room.name", ""): {"name": str(ARTS)}},
        by_hand=frozenset({child}),
    )
    after = as_named_before(found, ARTS, OLD)
    assert after.state[JOIN_RULES]["allow"][0]["room_id"] == OLD
    assert not isinstance(after.state[JOIN_RULES]["allow"][0]["room_id"], PlaceId)
    assert ("m.space.parent", str(OLD)) in after.state
    assert not lists(after, ARTS)
    assert after.by_hand == frozenset(), "the new one is for the bot to list"
    assert after.state["m.room.name", ""] == {"name": "n.arts"}, "text is text"


def test_what_somebody_took_off_the_list_stays_off() -> None:
    child: StateKey = ("m.space.child", OILS)
    found = FoundRoom("12", {child: {}}, by_hand=frozenset({child}))
    assert as_named_before(found, OILS, OLD) == found


def test_what_a_client_does_to_the_space_above_a_moving_room_is_not_taken_for_more() -> None:
    child: StateKey = ("m.space.child", OILS)
    other: StateKey = ("m.space.child", "!other:hs.test")
    before = FoundRoom("12", {child: {"via": ["a"]}})
    hand = frozenset({child, other, ("m.space.child", str(NEW))})
    read = FoundRoom("12", {child: {}, other: {"via": ["b"]}, ("m.space.child", str(NEW)): {}}, by_hand=hand)
    found, theirs = without_moving(read, before, {OILS: str(NEW)})
    assert found.state == {child: {"via": ["a"]}, other: {"via": ["b"]}}
    assert found.by_hand == {other}
    assert theirs == {child, ("m.space.child", str(NEW))}


# -- the bot's own ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (room("12", None, users={}, events={STONE: 150}), True),
        (room("11", None, users={BOT: 100}, events={STONE: 100}), True),
        (room("11", ANN, users={BOT: 100}, events={STONE: 100}), True),
        (room("12", ANN, users={BOT: 100}, events={STONE: 150}), False),
        (room("11", ANN, users={BOT: 50}, events={STONE: 50}), False),
    ],
)
def test_the_bot_makes_a_room_anew_where_it_may_close_the_old_one(found: FoundRoom, expected: bool) -> None:
    assert may_renew(found, BOT) is expected


@pytest.mark.parametrize(
    ("version", "named"), [("11", {BOT: 100, ANN: 50, BEN: 20}), ("12", {ANN: 50, BEN: 20})]
)
def test_a_room_made_anew_is_closed_and_people_have_their_levels(version: str, named: dict[str, int]) -> None:
    state: dict[StateKey, Any] = {JOIN_RULES: {"join_rule": "public"}, CANONICAL_ALIAS: {"alias": "#a:b"}}
    wanted = WantedRoom(OILS, RoomKind.TALK, state, (ANN,))
    found = room("11", None, users={BOT: 100, ANN: 50, BEN: 20})
    step = renewal(wanted, found, Maker(BOT, "12"), old=OLD, version=version, by=ANN)
    assert step.power_levels["users"] == named
    contents = {event.type: event.content for event in step.state}
    assert contents == {"m.room.join_rules": {"join_rule": "invite"}, "m.room.canonical_alias": {}}
    assert (step.old, step.version, step.space) == (OLD, version, False)


def test_an_old_room_is_shut_without_being_opened_anywhere() -> None:
    shut_ = shut({"events_default": 0, "invite": 100, "users": {ANN: 50}})
    assert shut_ == {"events_default": 50, "invite": 100, "users": {ANN: 50}}
    assert shut(None) == {"events_default": 50, "invite": 50}
