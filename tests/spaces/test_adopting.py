"""Who may have a room of others brought in, and what becomes of it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from spaces import changes
from spaces.adopting import (
    DEEPEST,
    MOST_ROOMS,
    Below,
    Outside,
    Planned,
    Why,
    access_in,
    below,
    coordinators_in,
    lacks_power,
    level_needed,
    outside,
    planned,
    power_of,
    who_can_grant,
    why_not,
    with_space,
)
from spaces.errors import Conflict
from spaces.identifiers import RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.bot.fake_work import CountedIds

ROOM = RoomId("!room:hs.test")
ALICE, BEN, CAROL = UserId("@alice:hs.test"), UserId("@ben:hs.test"), UserId("@carol:hs.test")
BOT = UserId("@hedgerow:hs.test")


def event(kind: str, content: Any, key: Any = "", sender: Any = ALICE) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content, "sender": sender}


def made(
    version: str = "10", levels: Any = None, *more: dict[str, Any], joined: Any = (ALICE, BEN)
) -> Outside:
    events = [event("m.room.create", {"room_version": version})]
    events += [event("m.room.member", {"membership": "join"}, user) for user in joined]
    if levels is not None:
        events.append(event("m.room.power_levels", levels))
    return outside(ROOM, [*events, *more])


# -- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "by", "why"),
    [
        ({"users": {ALICE: 100}}, ALICE, None),
        ({"users": {ALICE: 50}}, ALICE, None),
        ({"users": {ALICE: 49}}, ALICE, Why.POWERLESS),
        ({"users": {ALICE: 100}}, BEN, Why.POWERLESS),
        ({"users": {CAROL: 100}}, CAROL, Why.SHUT),  # with all power, and not in it
        ({"users": {ALICE: 0}, "state_default": 0}, ALICE, Why.POWERLESS),  # never below a coordinator's
        ({"users": {ALICE: 50}, "state_default": 75}, ALICE, Why.POWERLESS),
        ({"users": {ALICE: 50}, "events": {"m.space.parent": 100}}, ALICE, Why.POWERLESS),
        ({"users": {ALICE: 100}, "events": {"m.space.parent": 100}}, ALICE, None),
        ({"users": {}, "users_default": 50}, BEN, None),
        ({"users": {ALICE: "100"}}, ALICE, Why.POWERLESS),  # a level is a number
        ({"users": [], "users_default": "50", "events": 3, "state_default": None}, ALICE, Why.POWERLESS),
    ],
)
def test_a54_who_could_say_where_the_room_belongs_may_have_it_brought_in(
    levels: Any, by: UserId, why: Why | None
) -> None:
    assert why_not(made("10", levels), by) is why


def test_who_made_a_room_of_version_12_stands_above_all_in_it_and_before_it_nobody_does_by_that() -> None:
    co_owner = event("m.room.create", {"room_version": "12", "additional_creators": [BEN, 3, "nobody"]})
    new = made("12", {"users": {}}, co_owner)
    assert new.creators == {ALICE, BEN}
    assert (why_not(new, ALICE), why_not(new, BEN), why_not(made("10", {"users": {}}), ALICE)) == (
        None,
        None,
        Why.POWERLESS,
    )
    forged = event("m.room.create", {"room_version": "11", "additional_creators": [BEN]})
    assert why_not(made("11", None, forged), BEN) is Why.POWERLESS


def test_without_power_levels_who_made_the_room_has_100() -> None:
    assert (power_of(made(), ALICE), power_of(made(), BEN), level_needed(made())) == (100, 0, 50)


def test_a_room_given_up_for_another_is_not_brought_in() -> None:
    gone = event("m.room.tombstone", {"replacement_room": "!new"})
    assert why_not(made("10", {"users": {ALICE: 100}}, gone), ALICE) is Why.GONE
    message = event("m.room.tombstone", {"replacement_room": "!new"}, key="x")
    assert why_not(made("10", {"users": {ALICE: 100}}, message), ALICE) is None, "only under no key"


def test_who_can_grant_the_bot_its_power_are_those_in_it_at_100_or_where_more_is_needed_there() -> None:
    levels = {"users": {ALICE: 100, BEN: 50, CAROL: 100, BOT: 100}}
    assert who_can_grant(made("10", levels), BOT) == (ALICE,)
    strict = {"users": {ALICE: 100, BEN: 200}, "events": {"m.room.power_levels": 150}}
    assert who_can_grant(made("10", strict), BOT) == (BEN,)
    assert not lacks_power(made("10", levels), BOT)
    assert lacks_power(made("10", {"users": {BOT: 99}}), BOT)


# -- what it is ---------------------------------------------------------------------------------------


def test_a60_what_is_of_another_kind_counts_as_not_there() -> None:
    odd = [
        event("m.room.name", {"name": 3}),
        event("m.room.topic", {"topic": ["x"]}),
        event("m.room.canonical_alias", {"alias": None}),
        event("m.room.join_rules", {"join_rule": {}}),
        event("m.room.member", {"membership": "join"}, "no user"),
        event("m.room.member", {"membership": "join"}, None),
        event("m.room.create", "no content"),
        {"type": 3, "content": {}},
        {},
    ]
    found = outside(ROOM, odd)
    assert (found.name, found.topic, found.alias, found.join_rule) == ("", "", "", "invite")
    assert found.joined == frozenset()
    assert found.called == "Room"


def test_a_room_without_a_name_is_called_by_its_alias() -> None:
    found = made("10", None, event("m.room.canonical_alias", {"alias": "#town-choir:hs.test"}))
    assert found.called == "town choir"


@pytest.mark.parametrize(
    ("rule", "version", "home", "word"),
    [
        ("public", "10", Access.PUBLIC, Access.PUBLIC),
        ("public", "10", Access.PRIVATE, Access.PRIVATE),
        ("public", "10", Access.INVITE, Access.PRIVATE),
        ("public", "6", Access.PRIVATE, Access.INVITE),
        ("restricted", "8", Access.PUBLIC, Access.PRIVATE),
        ("knock_restricted", "10", Access.PUBLIC, Access.PRIVATE),
        ("knock", "10", Access.PUBLIC, Access.INVITE),
        ("invite", "10", Access.PUBLIC, Access.INVITE),
        ("odd", "10", Access.PUBLIC, Access.INVITE),
    ],
)
def test_who_gets_in_stays_as_it_was_as_far_as_the_network_lets_it(
    rule: str, version: str, home: Access, word: Access
) -> None:
    assert access_in(made(version, None, event("m.room.join_rules", {"join_rule": rule})), home) is word


# -- Spaces -------------------------------------------------------------------------------------------


def test_all_with_power_in_a_space_look_after_it_but_not_everyone_where_everyone_has_it() -> None:
    levels = {"users": {ALICE: 100, BEN: 50, CAROL: 50, BOT: 100}}
    assert coordinators_in(made("10", levels), BEN, BOT) == (BEN, ALICE)
    assert coordinators_in(made("10", {"users_default": 50}), BEN, BOT) == (BEN,)


def test_a_space_becomes_a_network_without_a_kit_under_the_other() -> None:
    ids = CountedIds()
    before, arts = changes.create_network(Landscape(), ids, name="Arts", coordinators=[ALICE])
    space = made("10", None, event("m.room.name", {"name": "Choirs"}))
    after, network = with_space(before, ids, space, under=arts, by=ALICE, coordinators=[ALICE, BEN])
    assert after.groups_of(network) == ()
    assert after.parents(network) == (arts,)
    assert after.coordinators_of(network) == (ALICE, BEN)
    assert after.networks[network].access is Access.INVITE
    asleep = changes.archive(before, arts)
    with pytest.raises(Conflict):
        with_space(asleep, ids, space, under=arts, by=ALICE, coordinators=[ALICE])


def rooms(tree: dict[str, list[str]], *, spaces: str, shut: str = "") -> list[Below]:
    """Rooms of one letter each; what is in `spaces` are Spaces, what is in `shut` is for people invited."""
    return [
        Below(
            RoomId(f"!{r}"),
            r,
            r in spaces,
            r not in shut,
            frozenset(),
            tuple(RoomId(f"!{c}") for c in tree.get(r, ())),
        )
        for r in sorted({*tree, *(c for inner in tree.values() for c in inner)})
    ]


def test_a58_each_room_below_a_space_counts_once_loops_or_not() -> None:
    found = rooms({"a": ["b", "c", "x"], "b": ["a", "c", "d"], "d": ["b", "e"]}, spaces="abd", shut="x")
    assert planned(RoomId("!a"), found, {}) == Planned(("c", "e"), ("b", "d"), shut=1, depth=2)


def test_what_is_ours_is_counted_and_what_is_hidden_counts_as_shut() -> None:
    found = rooms({"a": ["b", "c", "d"]}, spaces="a")
    plan = planned(RoomId("!a"), found, {RoomId("!b"): True, RoomId("!c"): False})
    assert plan == Planned(("d",), (), shut=1, ours=1)


def test_a_room_for_members_is_named_where_they_are_those_of_a_space_here() -> None:
    answer = [
        {
            "room_id": "!a",
            "children_state": [{"type": "m.space.child", "state_key": k} for k in ("!b", "!c", 3)],
        },
        {"room_id": "!b", "name": "B", "join_rule": "restricted", "allowed_room_ids": ["!a"]},
        {"room_id": "!c", "name": "C", "join_rule": "restricted", "allowed_room_ids": ["!elsewhere", 3]},
        {"room_id": 3},
    ]
    assert planned(RoomId("!a"), below(answer), {}) == Planned(("B",), (), shut=1)


def test_too_deep_and_too_many_are_told() -> None:
    letters = "abcdefghij"
    deep = rooms({one: [other] for one, other in itertools.pairwise(letters)}, spaces=letters)
    assert planned(RoomId("!a"), deep[: DEEPEST + 2], {}).why_not is Why.DEEP
    assert planned(RoomId("!a"), deep[: DEEPEST + 1], {}).why_not is None
    assert Planned(tuple("x" * MOST_ROOMS)).why_not is None
    assert Planned(tuple("x" * MOST_ROOMS), ("one more",)).why_not is Why.MANY


def test_what_a_space_lists_counts_where_the_homeserver_tells_nothing_of_it() -> None:
    a, b = RoomId("!a"), RoomId("!b")
    assert planned(a, below([], a, (b,)), {}) == Planned(shut=1)
    told = [{"room_id": "!a"}, {"room_id": "!b", "name": "B", "join_rule": "public"}]
    assert planned(a, below(told, a, (b,)), {}) == Planned(("B",))
