"""From what is found to what is wanted: nothing is left over, nothing opens early, no one waits."""

from dataclasses import replace

import pytest

from spaces import changes
from spaces.actions import (
    AddAlias,
    CreateRoom,
    Invite,
    Publish,
    ReadBack,
    RemoveAlias,
    SetState,
    Withdraw,
)
from spaces.identifiers import PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.reconcile import (
    CANONICAL_ALIAS,
    JOIN_RULES,
    POWER_LEVELS,
    FoundRoom,
    Maker,
    closing_gap,
    is_governed,
    project,
    project_room,
    reconcile,
)
from spaces.wanted import wanted_room
from tests.spaces.roles import LaterIds
from tests.spaces.rooms import SERVER, as_made, put_right
from tests.spaces.worlds import BOT, PEOPLE, CountedIds, network

ADA, BEN, *_ = PEOPLE


# -- single cases ---------------------------------------------------------------------------------


@pytest.fixture
def arts():
    return network(Landscape(), CountedIds(), "Arts UK", by=[ADA])


def test_p1_a_group_costs_three_calls_and_its_link(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    landscape, group = changes.create_group(landscape, LaterIds(), name="Painting", home=home)
    actions = put_right(landscape, found, maker)
    assert [(type(a), a.room) for a in actions if a.room == group] == [(CreateRoom, group), (ReadBack, group)]
    assert [(a.room, a.event.state_key) for a in actions if isinstance(a, SetState)] == [(home, group)]
    assert len(actions) == 3


def test_a_public_room_is_made_closed_read_back_and_only_then_opened(arts):
    landscape, home = arts
    actions = [a for a in put_right(landscape, {}, Maker(BOT, "12")) if a.room == home]
    create, read, *rest = actions
    state = {(e.type, e.state_key): e.content for e in create.state}
    assert state[JOIN_RULES] == {"join_rule": "invite"}
    assert state[CANONICAL_ALIAS] == {}
    assert create.space
    assert isinstance(read, ReadBack)
    assert [type(a) for a in rest] == [SetState, SetState, AddAlias, SetState, SetState, Publish, Invite]
    assert rest[-1].user == ADA


def test_p6_what_was_public_is_withdrawn_and_closed_before_it_loses_its_alias(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    closed = changes.describe(landscape, LaterIds(), home, access=Access.INVITE)
    actions = [a for a in put_right(closed, found, maker) if a.room == home]
    kinds = [type(a) for a in actions]
    assert kinds[0] is Withdraw
    assert kinds.index(ReadBack) < kinds.index(RemoveAlias)
    assert actions[1].event.content == {"join_rule": "invite"}
    assert project(found, actions, maker)[home].aliases == frozenset()


def test_p5_a_renamed_public_network_keeps_its_old_alias_beside_the_new_one(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    renamed = changes.rename(landscape, LaterIds(), home, "Arts Wales")
    now = project(found, put_right(renamed, found, maker), maker)
    assert now[home].aliases == {"hedge_arts-uk", "hedge_arts-wales"}
    assert now[home].state[CANONICAL_ALIAS] == {"alias": "#hedge_arts-wales:hs.test"}


def test_h5_a_child_taken_out_or_put_in_by_hand_stays_so(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    welcome = landscape.groups_of(home)[0].id
    gone, added = ("m.space.child", welcome), ("m.space.child", "!theirs:elsewhere.test")
    state = {**found[home].state, gone: {}, added: {"via": ["elsewhere.test"]}}
    room = replace(found[home], state=state, by_hand=frozenset({gone, added}))
    assert put_right(landscape, {**found, home: room}, maker) == []


def test_h5_a_canonical_alias_chosen_by_hand_stays_while_the_network_is_public(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    state = {**found[home].state, CANONICAL_ALIAS: {"alias": "#artists:hs.test"}}
    room = replace(found[home], state=state, by_hand=frozenset({CANONICAL_ALIAS}))
    assert put_right(landscape, {**found, home: room}, maker) == []
    closed = changes.describe(landscape, LaterIds(), home, access=Access.INVITE)
    now = project({**found, home: room}, put_right(closed, {**found, home: room}, maker), maker)
    assert now[home].state[CANONICAL_ALIAS] == {}


def test_nobody_is_invited_a_second_time_after_a_no(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    for membership in ("invite", "join", "leave", "ban"):
        room = replace(found[home], members={ADA: membership})
        assert put_right(landscape, {**found, home: room}, maker) == []
    room = replace(found[home], members={})
    assert put_right(landscape, {**found, home: room}, maker) == [Invite(home, ADA)]


def test_a_room_once_encrypted_stays_so(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    welcome = landscape.groups_of(home)[0].id
    state = {**found[welcome].state, ("m.room.encryption", ""): {"algorithm": "m.megolm.v1.aes-sha2"}}
    assert put_right(landscape, {**found, welcome: replace(found[welcome], state=state)}, maker) == []


def test_p6_what_was_archived_before_it_had_a_room_gets_none(arts):
    landscape, home = arts
    maker = Maker(BOT, "12")
    assert put_right(changes.archive(landscape, home), {}, maker) == []


def test_p6_an_archived_network_is_silent_and_restored_it_is_what_it_was(arts):
    landscape, home = arts
    found, maker = as_made(landscape)
    asleep = changes.archive(landscape, home)
    quiet = project(found, put_right(asleep, found, maker), maker)
    for room in quiet.values():
        levels = room.state[POWER_LEVELS]
        assert (levels["events_default"], levels["state_default"], levels["invite"]) == (100, 100, 100)
        assert not any(content for (kind, _), content in room.state.items() if kind.startswith("m.space."))
        assert room.published == frozenset()
    back = project(quiet, put_right(changes.restore(asleep, home), quiet, maker), maker)
    for place, room in back.items():
        assert {k: v for k, v in room.state.items() if v} == {
            k: v for k, v in found[place].state.items() if v
        }
        assert (room.aliases, room.published) == (found[place].aliases, found[place].published)


def test_the_gate_is_passed_only_by_a_room_as_closed_as_it_should_be(arts):
    landscape, home = arts
    _, maker = as_made(landscape)
    room = wanted_room(landscape, home, SERVER)
    steps = [a for a in put_right(landscape, {}, maker) if a.room == home and isinstance(a, CreateRoom)]
    made = project_room(None, steps, maker)
    assert closing_gap(room, made, maker) == []
    leaky = replace(made, state={**made.state, ("m.room.guest_access", ""): {"guest_access": "can_join"}})
    assert [step.event.type for step in closing_gap(room, leaky, maker)] == ["m.room.guest_access"]
    assert len(closing_gap(room, FoundRoom("12"), maker)) == 3


def test_an_action_on_a_room_that_is_not_known_projects_to_nothing():
    stray = Invite(PlaceId("n.unknown"), UserId("@ada:hs.test"))
    assert project({}, [stray], Maker(BOT, "12")) == {}
    with pytest.raises(ValueError, match="nothing that makes one"):
        project_room(None, [], Maker(BOT, "12"))


def test_what_is_looked_after_is_what_is_written():
    assert is_governed("m.space.child")
    assert not is_governed("m.room.message")


@pytest.mark.parametrize(("version", "bots"), [("11", {BOT: 100}), ("12", {})])
def test_the_bot_as_a_coordinator_is_not_invited_nor_named_and_what_was_put_for_it_is_mended(version, bots):
    ids, maker = CountedIds(), Maker(BOT, version)
    landscape, arts = network(Landscape(), ids, "Arts", by=[BOT, ADA])
    room = wanted_room(landscape, arts, "hs.test")
    steps = reconcile([room], {}, maker)
    assert [step.user for step in steps if isinstance(step, Invite)] == [ADA]
    found = project({}, steps, maker)[arts]
    levels = found.state[POWER_LEVELS]
    assert levels["users"] == {**bots, ADA: 50}
    spoilt = replace(found, state={**found.state, POWER_LEVELS: {**levels, "users": {BOT: 50, ADA: 50}}})
    [mend] = reconcile([room], {arts: spoilt}, maker)[:1]
    assert mend.event.content["users"] == {**bots, ADA: 50}
