"""For every landscape: nothing is left over, nothing opens early, nobody waits for ever."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spaces.actions import (
    AddAlias,
    CreateRoom,
    Invite,
    Publish,
    ReadBack,
    SetState,
    Withdraw,
)
from spaces.reconcile import (
    POWER_LEVELS,
    Maker,
    project,
)
from tests.spaces.rooms import as_made, put_right, versions, wanted
from tests.spaces.worlds import BOT, PEOPLE, changed_landscapes, landscapes, moderate

ADA, BEN, *_ = PEOPLE


def opens(action):
    match action:
        case CreateRoom():
            rules = next(e.content for e in action.state if e.type == "m.room.join_rules")
            return rules["join_rule"] == "public"
        case SetState(event=event):
            return event.type == "m.room.join_rules" and event.content["join_rule"] == "public"
        case _:
            return isinstance(action, (Publish, Invite, AddAlias))


@moderate
@given(landscapes(), versions)
def test_p2_after_its_actions_there_is_nothing_left_to_do(landscape, version):
    found, maker = as_made(landscape, version)
    assert put_right(landscape, found, maker) == []
    assert set(found) == {room.place for room in wanted(landscape) if not room.archived}


@moderate
@given(changed_landscapes(), versions, versions)
def test_p2_after_a_change_and_its_actions_there_is_nothing_left_to_do(both, first, then):
    before, after = both
    found, _ = as_made(before, first)
    maker = Maker(BOT, then)
    actions = put_right(after, found, maker)
    now = project(found, actions, maker)
    assert put_right(after, now, maker) == []
    if before == after:
        assert actions == []


@moderate
@given(changed_landscapes())
def test_what_concerns_a_change_is_all_that_has_to_be_put_right_after_it(both):
    before, after = both
    found, maker = as_made(before)
    concerned = after.changed_since(before)
    assert {action.room for action in put_right(after, found, maker)} <= concerned


@moderate
@given(changed_landscapes(), versions)
def test_before_its_read_back_no_room_is_opened_named_published_or_invited_to(both, version):
    before, after = both
    found, maker = as_made(before, version)
    for landscape, rooms in ((before, {}), (after, found)):
        actions = put_right(landscape, rooms, maker)
        for place in {action.room for action in actions}:
            here = [action for action in actions if action.room == place]
            reads = [n for n, action in enumerate(here) if isinstance(action, ReadBack)]
            assert len(reads) <= 1
            assert not any(opens(action) for action in here[: reads[0] if reads else 0])
            made = [n for n, action in enumerate(here) if isinstance(action, CreateRoom)]
            assert made == ([0] if place not in rooms else [])
            assert not made or reads == [1]


@moderate
@given(changed_landscapes(), versions)
def test_whatever_closes_a_room_comes_before_whatever_opens_it(both, version):
    before, after = both
    found, maker = as_made(before, version)
    actions = put_right(after, found, maker)
    for place in {action.room for action in actions}:
        here = [action for action in actions if action.room == place]
        closing = [n for n, a in enumerate(here) if getattr(a, "closing", False) or isinstance(a, Withdraw)]
        opening = [n for n, action in enumerate(here) if opens(action)]
        assert not closing or not opening or max(closing) < min(opening)


@moderate
@given(changed_landscapes(), versions)
def test_every_action_can_be_delivered_in_the_order_of_its_room(both, version):
    before, after = both
    maker = Maker(BOT, version)
    first = put_right(before, {}, maker)
    closed = delivered(first, set())
    assert closed == set(project({}, first, maker))
    second = put_right(after, project({}, first, maker), maker)
    delivered(second, closed)


def delivered(actions, closed):
    """Deliver each room's actions in order, each once what it needs is closed; all must get through."""
    waiting, closed = {}, set(closed)
    for action in actions:
        waiting.setdefault(action.room, []).append(action)
    while waiting:
        ready = [place for place, queue in waiting.items() if closed.issuperset(queue[0].needs)]
        assert ready, f"all wait for one another: {[queue[0] for queue in waiting.values()]}"
        for place in ready:
            if isinstance(waiting[place].pop(0), ReadBack):
                closed.add(place)
            if not waiting[place]:
                del waiting[place]
    return closed


@moderate
@given(landscapes(), versions)
def test_each_room_is_in_the_end_exactly_what_is_wanted(landscape, version):
    found, _ = as_made(landscape, version)
    for room in wanted(landscape):
        if room.archived:
            continue
        state = dict(found[room.place].state)
        levels = state.pop(POWER_LEVELS)
        children = {key: c for (kind, key), c in state.items() if kind == "m.space.child"}
        rest = {key: content for key, content in state.items() if key[0] != "m.space.child"}
        assert rest == room.state
        assert children == room.children
        bot = {} if version == "12" else {BOT: 100}
        assert levels["users"] == bot | dict.fromkeys(room.coordinators, 50)
        assert found[room.place].aliases == ({room.alias} if room.alias else set())
        assert found[room.place].published == room.published_under


@moderate
@given(changed_landscapes(), versions)
def test_r1_a_former_coordinator_loses_their_power_and_a_new_one_has_it_in_every_room(both, version):
    before, after = both
    found, maker = as_made(before, version)
    now = project(found, put_right(after, found, maker), maker)
    for room in wanted(after):
        if room.place in now:
            users = now[room.place].state[POWER_LEVELS]["users"]
            assert {user for user in users if user != BOT} == set(room.coordinators)


@moderate
@given(changed_landscapes())
def test_a_repeated_action_changes_nothing(both):
    before, after = both
    found, maker = as_made(before)
    actions = put_right(after, found, maker)
    once = project(found, actions, maker)
    for action in actions:
        if not isinstance(action, CreateRoom):
            assert project(project(found, [action], maker), [action], maker) == project(
                found, [action], maker
            )
    assert project(once, put_right(after, once, maker), maker) == once


@moderate
@given(landscapes(), st.data())
def test_a_room_that_somebody_has_meddled_with_is_put_right(landscape, data):
    found, maker = as_made(landscape)
    if not found:
        return
    place = data.draw(st.sampled_from(sorted(found)))
    key = data.draw(st.sampled_from(sorted(k for k in found[place].state if k[0] != "m.space.child")))
    content = data.draw(st.sampled_from([{}, {"join_rule": "public"}, {"users_default": 50}, {"invite": 0}]))
    meddled = replace(found[place], state={**found[place].state, key: content})
    actions = put_right(landscape, {**found, place: meddled}, maker)
    again = project({**found, place: meddled}, actions, maker)
    assert again[place].state.items() >= {k: v for k, v in found[place].state.items() if v}.items()
    assert put_right(landscape, again, maker) == []
