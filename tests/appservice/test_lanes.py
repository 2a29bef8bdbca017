"""Which waiting action is delivered when: in order within a room, side by side across rooms, paced."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from appservice.lanes import Entry
from spaces.actions import Action, CreateRoom, Invite, Join, Leave, ReadBack, Redact, SetState, StateEvent
from spaces.identifiers import EventId, NetworkId, RoomId
from tests.appservice.laning import ALICE, ARTS, HEALTH, OTHER, ROOM, done, lanes_of, name_of, say, taken


def closing(place: NetworkId) -> SetState:
    return SetState(place, StateEvent("m.room.join_rules", {"join_rule": "invite"}), closing=True)


def child(parent: NetworkId, place: NetworkId) -> SetState:
    return SetState(parent, StateEvent("m.space.child", {"via": ["hs.test"]}, place))


# -- order ------------------------------------------------------------------------------------------


def test_a_rooms_actions_are_taken_one_at_a_time_in_order() -> None:
    lanes = lanes_of(say(ROOM, "1"), say(ROOM, "2"), say(ROOM, "3"))
    [first] = lanes.take(0, 100)
    assert first.seq == 1
    assert taken(lanes) == []
    lanes.done(first)
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert len(lanes) == 0


def test_rooms_go_side_by_side_up_to_the_room_there_is() -> None:
    lanes = lanes_of(*(say(RoomId(f"!{n}")) for n in range(5)))
    assert taken(lanes, room_for=3) == [1, 2, 3]
    assert lanes.under_way == 3
    assert taken(lanes, room_for=0) == []
    assert taken(lanes, room_for=5) == [4, 5]


def test_what_is_said_goes_before_older_things_of_other_rooms() -> None:
    lanes = lanes_of(
        name_of(ROOM), Invite(OTHER, ALICE), say(RoomId("!chat")), Redact(RoomId("!z"), EventId("$"))
    )
    assert taken(lanes, room_for=2) == [3, 4]
    assert taken(lanes) == [1, 2]


def test_of_what_was_asked_for_together_the_rooms_are_made_first() -> None:
    asked = (name_of(ROOM), CreateRoom(ARTS), name_of(OTHER), CreateRoom(HEALTH))
    lanes = lanes_of(*asked, undertakings=(7, 7, 7, 7))
    assert taken(lanes, room_for=1) == [2]
    assert taken(lanes, room_for=2) == [4, 1]


def test_no_room_is_made_before_what_somebody_else_has_asked_for_earlier() -> None:
    asked = (Invite(ROOM, ALICE), name_of(OTHER), name_of(RoomId("!third")), CreateRoom(HEALTH))
    lanes = lanes_of(*asked, undertakings=(None, 6, 7, 7))
    assert taken(lanes, room_for=3) == [1, 2, 4]


def test_each_has_its_turn_however_much_another_has_asked_for() -> None:
    much = [name_of(RoomId(f"!{n}")) for n in range(6)]
    lanes = lanes_of(*much, name_of(ROOM), name_of(OTHER), undertakings=(7,) * 6 + (8, 8))
    assert taken(lanes, room_for=5) == [1, 7, 2, 8, 3]


def test_who_asks_later_goes_neither_last_nor_first_until_they_have_had_as_much() -> None:
    much = [name_of(RoomId(f"!{n}")) for n in range(9)]
    lanes = lanes_of(*much, undertakings=(7,) * 9)
    assert taken(lanes, room_for=4) == [1, 2, 3, 4]
    for seq in (10, 11):
        lanes.add(Entry(seq, name_of(RoomId(f"!{seq}")), 8))
    assert taken(lanes, room_for=4) == [10, 5, 11, 6]


def test_what_somebody_asked_for_does_not_wait_until_all_rooms_have_been_looked_at() -> None:
    looks = [ReadBack(NetworkId(f"n.{n}"), routine=True) for n in range(4)]
    asked = (Invite(ROOM, ALICE), name_of(OTHER))
    made = tuple(look.room for look in looks)
    lanes = lanes_of(*looks, *asked, made=made, undertakings=(None,) * 4 + (5, None))
    assert taken(lanes) == [1, 5, 6, 2, 3, 4]


def test_routine_is_held_back_and_what_has_become_necessary_is_not() -> None:
    looks = [ReadBack(RoomId(f"!{n}"), routine=n < 22) for n in range(44)]
    lanes = lanes_of(*looks)
    assert taken(lanes, sparing=True) == [*range(23, 45)]
    assert taken(lanes) == [*range(1, 23)]


def test_of_what_is_asked_for_in_great_number_nothing_goes_while_that_is_spared() -> None:
    much = [name_of(RoomId(f"!{n}")) for n in range(1, 22)]
    lanes = lanes_of(*much, name_of(ROOM), say(OTHER), undertakings=(7,) * 21 + (8, None))
    assert taken(lanes, sparing=True) == [23, 22]
    assert taken(lanes, sparing=True) == []
    [first] = lanes.take(0, 1)
    assert first.seq == 1
    lanes.done(first)
    assert taken(lanes, room_for=2) == [2, 3]
    assert taken(lanes, sparing=True) == [*range(4, 22)], "what is left of it is little"


def test_a61_coming_and_going_never_takes_all_the_room_there_is() -> None:
    strangers = [RoomId(f"!{n}") for n in range(20)]
    gone = [Leave(room) if n % 2 else Join(room, ALICE) for n, room in enumerate(strangers)]
    lanes = lanes_of(*gone, Invite(ROOM, ALICE), say(OTHER))
    assert taken(lanes, room_for=8) == [22, 1, 2, 21, 3, 4]
    assert taken(lanes, room_for=8) == []
    lanes.done(Entry(1, gone[0]))
    assert taken(lanes, room_for=8) == [5]


def test_an_action_known_already_is_not_taken_twice() -> None:
    lanes = lanes_of(say(ROOM))
    lanes.add(Entry(1, say(ROOM)))
    assert done(lanes) == [1]
    assert done(lanes) == []


PLANS = st.lists(
    st.tuples(
        st.integers(0, 3), st.booleans(), st.none() | st.integers(1, 3), st.sampled_from([say, name_of])
    ),
    max_size=30,
)


@given(PLANS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_whatever_comes_back_each_room_keeps_its_order_and_all_of_it_is_done(
    plan: list[tuple[int, bool, int | None, Callable[[RoomId, str], Action]]], rng: random.Random
) -> None:
    actions = (does(RoomId(f"!{room}"), str(n)) for n, (room, _, _, does) in enumerate(plan))
    lanes = lanes_of(*actions, undertakings=[undertaking for _, _, undertaking, _ in plan])
    fails_once = {n for n, (_, fails, _, _) in enumerate(plan, 1) if fails}
    order: dict[str, list[int]] = {}
    now = 0.0
    while len(lanes):
        batch = lanes.take(now, rng.randint(1, 4))
        assert len({entry.lane for entry in batch}) == len(batch)
        for entry in batch:
            if entry.seq in fails_once:
                fails_once.remove(entry.seq)
                lanes.put_back(entry, now + rng.randint(1, 9))
            else:
                order.setdefault(entry.lane, []).append(entry.seq)
                lanes.done(entry)
        now += 1
    assert sum(map(len, order.values())) == len(plan)
    assert all(seqs == sorted(seqs) for seqs in order.values())


# -- what waits for a room --------------------------------------------------------------------------


def test_a_room_is_made_then_closed_and_read_back_and_only_then_linked_and_spoken_in() -> None:
    lanes = lanes_of(
        CreateRoom(HEALTH), ReadBack(HEALTH), closing(HEALTH), name_of(HEALTH), Invite(HEALTH, ALICE),
        ready=(ARTS,),
    )  # fmt: skip
    lanes.add(Entry(6, child(ARTS, HEALTH)))
    assert done(lanes) == [1]
    assert done(lanes) == []
    lanes.made(HEALTH)
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert done(lanes) == []
    lanes.ready(HEALTH)
    assert done(lanes) == [4, 6]
    assert done(lanes) == [5]


def test_a_link_waits_for_both_of_its_rooms() -> None:
    lanes = lanes_of(child(ARTS, HEALTH))
    lanes.ready(HEALTH)
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_a_room_that_names_its_parent_is_made_only_when_the_parent_is_closed() -> None:
    lanes = lanes_of(CreateRoom(HEALTH, (StateEvent("m.space.parent", {"via": ["hs.test"]}, ARTS),)))
    lanes.made(ARTS)
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_what_comes_behind_something_in_another_room_waits_for_it_and_holds_up_nothing() -> None:
    first = child(ARTS, HEALTH)
    last = replace(name_of(ROOM), behind=(first.key,))
    lanes = lanes_of(first, last, say(ROOM), made=(ARTS, HEALTH), ready=(HEALTH,))
    assert done(lanes) == [3]
    lanes.ready(ARTS)
    [entry] = lanes.take(0, 100)
    lanes.put_back(entry, 60.0)
    assert done(lanes, 59.0) == []
    assert done(lanes, 60.0) == [1]
    assert done(lanes, 60.0) == [2]
    assert len(lanes) == 0


def test_only_what_was_asked_for_earlier_is_waited_for() -> None:
    one, other = name_of(ROOM), name_of(OTHER)
    lanes = lanes_of(replace(one, behind=(other.key, "what is long done")), replace(other, behind=(one.key,)))
    assert done(lanes) == [1]
    assert done(lanes) == [2]


def test_what_comes_behind_something_that_is_dropped_or_that_was_postponed_is_not_held_up_for_ever() -> None:
    first = Invite(ROOM, ALICE)
    last = replace(name_of(OTHER), behind=(first.key,))
    lanes = lanes_of(first, last)
    [entry] = lanes.take(0, 100)
    lanes.postpone(entry, 5.0)
    assert done(lanes, 4.0) == []
    assert done(lanes, 5.0) == [1]
    assert done(lanes, 5.0) == [2]
    lanes = lanes_of(first, last)
    lanes.drop({1})
    assert done(lanes) == [2]


def test_what_waited_for_something_else_waits_for_its_own_room_if_that_is_open_meanwhile() -> None:
    first = name_of(OTHER)
    lanes = lanes_of(first, replace(name_of(ARTS), behind=(first.key,)), ready=(ARTS,))
    lanes.unready(ARTS)
    assert done(lanes) == [1]
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [2]


def test_what_waits_for_one_room_holds_up_no_other() -> None:
    lanes = lanes_of(name_of(ARTS), say(ROOM))
    assert done(lanes) == [2]


def test_what_comes_for_a_room_found_open_waits_until_it_is_closed_again() -> None:
    lanes = lanes_of(ready=(ARTS,))
    lanes.unready(ARTS)
    for seq, action in enumerate((Invite(ARTS, ALICE), closing(ARTS), ReadBack(ARTS, 1)), 1):
        lanes.add(Entry(seq, action))
    assert done(lanes) == [2]
    assert done(lanes) == [3]
    assert done(lanes) == []
    lanes.ready(ARTS)
    assert done(lanes) == [1]


def test_a53_what_waited_before_the_room_was_found_open_waits_until_it_is_closed_again() -> None:
    lanes = lanes_of(ReadBack(ARTS), Invite(ARTS, ALICE), child(HEALTH, ARTS), ready=(ARTS, HEALTH))
    [reading] = lanes.take(0, 1)
    lanes.add(Entry(4, closing(ARTS)))
    lanes.add(Entry(5, ReadBack(ARTS, 1)))
    lanes.done(reading)
    lanes.unready(ARTS)
    assert done(lanes) == [4]
    assert done(lanes) == [5]
    lanes.ready(ARTS)
    assert done(lanes) == [2, 3]
    assert len(lanes) == 0


def test_dropped_actions_are_never_taken_whether_they_wait_or_not() -> None:
    lanes = lanes_of(say(ROOM, "1"), name_of(ARTS), say(ROOM, "3"))
    lanes.drop({1, 2})
    lanes.ready(ARTS)
    assert len(lanes) == 1
    assert done(lanes) == [3]
    assert done(lanes) == []


# -- waiting ----------------------------------------------------------------------------------------


def test_what_is_put_back_holds_up_its_own_room_alone_and_goes_first_afterwards() -> None:
    lanes = lanes_of(say(ROOM, "1"), say(ROOM, "2"), say(OTHER, "3"))
    one, three = lanes.take(0, 100)
    lanes.put_back(one.tried_again(), 10.0)
    lanes.done(three)
    lanes.add(Entry(4, say(OTHER, "4")))
    assert done(lanes, 9.9) == [4]
    assert lanes.wakes_at(9.9) == 10.0
    [again] = lanes.take(10.0, 100)
    assert (again.seq, again.attempts) == (1, 1)
    lanes.done(again)
    assert done(lanes, 10.0) == [2]
    assert lanes.wakes_at(10.0) is None


def test_after_an_outage_what_waited_for_an_answer_goes_at_once_and_nothing_else() -> None:
    lanes = lanes_of(say(ROOM), say(OTHER))
    silent, limited = lanes.take(0, 100)
    lanes.put_back(silent, 500.0, until_it_answers=True)
    lanes.put_back(limited, 60.0)
    lanes.release()
    assert done(lanes, 1.0) == [1]
    assert done(lanes, 59.0) == []
    assert done(lanes, 60.0) == [2]


def test_a_room_that_is_told_to_wait_after_an_outage_waits() -> None:
    lanes = lanes_of(say(ROOM))
    [entry] = lanes.take(0, 100)
    lanes.put_back(entry, 5.0, until_it_answers=True)
    [entry] = lanes.take(5.0, 100)
    lanes.put_back(entry, 60.0)
    lanes.release()
    assert done(lanes, 6.0) == []
    assert done(lanes, 60.0) == [1]


def test_what_is_postponed_holds_up_nothing_behind_it() -> None:
    lanes = lanes_of(Invite(ROOM, ALICE), Invite(ROOM, ALICE), Invite(ROOM, ALICE))
    [entry] = lanes.take(0, 100)
    lanes.postpone(entry, 5.0)
    assert done(lanes, 0.0) == [2]
    assert lanes.wakes_at(0.0) == 5.0
    assert done(lanes, 1.0) == [3]
    assert done(lanes, 4.0) == []
    lanes.add(entry)
    assert done(lanes, 5.0) == [1]
    assert len(lanes) == 0


def test_what_is_postponed_and_dropped_never_comes_back() -> None:
    lanes = lanes_of(Invite(ROOM, ALICE))
    [entry] = lanes.take(0, 100)
    lanes.postpone(entry, 5.0)
    lanes.drop({entry.seq})
    assert done(lanes, 5.0) == []


def test_what_is_postponed_waits_for_its_room_if_that_is_not_closed_any_more() -> None:
    lanes = lanes_of(Invite(ARTS, ALICE))
    lanes.ready(ARTS)
    [entry] = lanes.take(0, 100)
    lanes.postpone(entry, 5.0)
    lanes.unready(ARTS)
    assert done(lanes, 5.0) == []
    lanes.ready(ARTS)
    assert done(lanes, 5.0) == [1]


def test_one_who_may_not_be_invited_for_long_is_told_from_a_room_that_is_held_up() -> None:
    lanes = lanes_of(Invite(ROOM, ALICE), Invite(ROOM, ALICE))
    [first] = lanes.take(0, 100)
    assert lanes.held_up_alone(first)
    lanes.postpone(first, 300.0)
    [second] = lanes.take(0, 100)
    assert not lanes.held_up_alone(second), "two in a row: it is the room"


def test_invitations_of_lists_leave_room_for_other_work() -> None:
    lists = [Invite(RoomId(f"!{n}"), ALICE, reported=True) for n in range(8)]
    lanes = lanes_of(*lists, CreateRoom(HEALTH))
    assert taken(lanes, room_for=8) == [1, 9, 2, 3, 4]
