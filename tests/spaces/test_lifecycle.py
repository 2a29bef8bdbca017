"""Archive and restore, move, release: what comes back, what waits, what is left to its people."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes, lifecycle
from spaces.actions import LetGo, RemoveAlias, SetState, Withdraw
from spaces.errors import Conflict, Refusal
from spaces.landscape import Landscape
from spaces.lifecycle import LostLink, Why, own_places
from spaces.network import Access, Coordinator, Status
from spaces.power_levels import RoomKind, power_levels, released_levels
from spaces.reconcile import POWER_LEVELS, FoundRoom, Maker, project, project_room, reconcile
from tests.spaces.rooms import as_made, put_right, wanted
from tests.spaces.worlds import BOT, PEOPLE, CountedIds, landscapes, moderate, network

ADA, BEN, CAT, DAN = PEOPLE
versions = st.sampled_from(["10", "11", "12"])


@pytest.fixture
def place():
    """Arts under Somerset, with Painting; Bristol under Arts; Health apart, with Choir."""
    ids, landscape, made = CountedIds(), Landscape(), {}
    for name, under, by in (
        ("Somerset", None, ADA),
        ("Arts", "Somerset", BEN),
        ("Bristol", "Arts", CAT),
        ("Health", None, DAN),
    ):
        parents = [made[under]] if under else []
        landscape, made[name] = network(
            landscape, ids, name, under=parents, access=Access.PRIVATE if under else Access.PUBLIC, by=[by]
        )
    for name, home in (("Painting", "Arts"), ("Choir", "Health")):
        landscape, made[name] = changes.create_group(landscape, ids, name=name, home=made[home])
    return landscape, made


# -- archive and restore --------------------------------------------------------------------------


@moderate
@given(landscapes(), st.data(), versions)
def test_p6_archived_and_restored_the_landscape_and_its_rooms_are_what_they_were(landscape, data, version):
    active = [p for p in (*landscape.networks, *landscape.groups) if landscape.status_of(p) is Status.ACTIVE]
    if not active:
        return
    chosen = data.draw(st.sampled_from(sorted(active)))
    found, maker = as_made(landscape, version)
    kept = lifecycle.snapshot(
        landscape, chosen, {p: found[p] for p in own_places(landscape, chosen) if p in found}
    )
    asleep = changes.archive(landscape, chosen)
    sleeping = project(found, put_right(asleep, found, maker), maker)
    awake = changes.restore(asleep, chosen)
    assert awake == landscape
    assert wanted(awake) == wanted(landscape)
    assert lifecycle.lost_links(kept, awake, chosen) == ()
    assert lifecycle.lost_coordinators(kept, awake, chosen) == ()
    again = project(sleeping, put_right(awake, sleeping, maker), maker)
    for here, room in found.items():
        assert {k: c for k, c in again[here].state.items() if c} == {k: c for k, c in room.state.items() if c}
        assert (again[here].aliases, again[here].published) == (room.aliases, room.published)


def test_p6_an_archived_place_is_shown_nowhere_and_nobody_can_write_in_it(place):
    landscape, made = place
    found, maker = as_made(landscape)
    asleep = changes.archive(landscape, made["Arts"])
    now = project(found, put_right(asleep, found, maker), maker)
    assert not now[made["Somerset"]].state["m.space.child", made["Arts"]]
    assert not now[made["Bristol"]].state["m.space.parent", made["Arts"]]
    for here in own_places(asleep, made["Arts"]):
        levels = now[here].state[POWER_LEVELS]
        ben = levels["users"][BEN]
        assert ben < min(levels["events_default"], levels["state_default"], levels["invite"])
        assert all(ben < level for kind, level in levels["events"].items() if kind != "m.room.redaction")
    assert now[made["Bristol"]].state[POWER_LEVELS]["events_default"] == 50


def test_p6_an_alias_that_people_chose_stays_with_the_archive_and_ours_goes(place):
    landscape, made = place
    found, maker = as_made(landscape)
    somerset, key = made["Somerset"], ("m.room.canonical_alias", "")
    chosen = {**found[somerset].state, key: {"alias": "#somerset:hs.test"}}
    by_hand = {somerset: replace(found[somerset], state=chosen, by_hand=frozenset({key}))}
    asleep = changes.archive(landscape, somerset)
    for rooms, alias in ((found | by_hand, {"alias": "#somerset:hs.test"}), (found, {})):
        now = project(rooms, put_right(asleep, rooms, maker), maker)
        assert now[somerset].state[key] == alias
        assert now[somerset].aliases == frozenset()


def test_p6_a_level_that_was_given_by_hand_is_back_with_the_place(place):
    landscape, made = place
    found, maker = as_made(landscape)
    levels = found[made["Painting"]].state[POWER_LEVELS]
    by_hand = {**levels, "users": {**levels["users"], CAT: 60, DAN: 50}}
    state = {**found[made["Painting"]].state, POWER_LEVELS: by_hand}
    found[made["Painting"]] = replace(found[made["Painting"]], state=state)
    kept = lifecycle.snapshot(landscape, made["Painting"], {made["Painting"]: found[made["Painting"]]})
    asleep = changes.archive(landscape, made["Painting"])
    sleeping = project(found, put_right(asleep, found, maker), maker)
    lost = replace(
        sleeping[made["Painting"]], state={**sleeping[made["Painting"]].state, POWER_LEVELS: levels}
    )
    sleeping[made["Painting"]] = lifecycle.with_levels(lost, kept.rooms[made["Painting"]], former=[DAN])
    again = project(sleeping, put_right(landscape, sleeping, maker), maker)
    assert again[made["Painting"]].state[POWER_LEVELS]["users"] == {BEN: 50, CAT: 60}


def test_p6_what_was_taken_back_or_sleeps_meanwhile_is_told(place):
    landscape, made = place
    landscape = changes.share(
        landscape, made["Painting"], made["Health"], home_agrees=True, network_agrees=True
    )
    landscape = landscape.having(Coordinator(made["Arts"], DAN))
    kept = lifecycle.snapshot(landscape, made["Arts"], {})
    landscape = changes.archive(landscape, made["Arts"])
    landscape = changes.unlink(landscape, made["Arts"], made["Bristol"])
    landscape = changes.archive(landscape, made["Somerset"])
    landscape = changes.unshare(landscape, made["Painting"], made["Health"])
    landscape = changes.remove_coordinator(landscape, made["Arts"], DAN)
    landscape = changes.restore(landscape, made["Arts"])
    assert set(lifecycle.lost_links(kept, landscape, made["Arts"])) == {
        LostLink(made["Somerset"], True, Why.ASLEEP),
        LostLink(made["Bristol"], False, Why.GONE),
        LostLink(made["Health"], None, Why.GONE),
    }
    assert lifecycle.lost_coordinators(kept, landscape, made["Arts"]) == (DAN,)
    landscape = changes.restore(landscape, made["Somerset"])
    assert landscape.parents(made["Arts"]) == (made["Somerset"],)


# -- move -----------------------------------------------------------------------------------------


def moved(landscape, made, **agreeing):
    return changes.move(landscape, made["Bristol"], made["Health"], by=CAT, **agreeing)


def test_p5_a_move_links_anew_and_takes_the_old_link_away(place):
    landscape, made = place
    now = moved(landscape, made, parent_agrees=True, child_agrees=True)
    assert now.parents(made["Bristol"]) == (made["Health"],)
    assert (made["Arts"], made["Bristol"]) not in now.links
    link = now.links[made["Health"], made["Bristol"]]
    assert (link.canonical, link.instead_of) == (True, None)
    assert moved(now, made, parent_agrees=True, child_agrees=True) is now


def test_p5_until_the_new_parent_agrees_the_old_link_stays(place):
    landscape, made = place
    asked = moved(landscape, made, parent_agrees=False, child_agrees=True)
    assert asked.parents(made["Bristol"]) == (made["Arts"],)
    assert asked.links[made["Arts"], made["Bristol"]].canonical
    for agree in (
        lambda: changes.accept(asked, made["Health"], made["Bristol"]),
        lambda: changes.link(asked, made["Health"], made["Bristol"], parent_agrees=True, child_agrees=False),
    ):
        assert agree().parents(made["Bristol"]) == (made["Health"],)
        assert agree().links[made["Health"], made["Bristol"]].canonical
    assert changes.decline(asked, made["Health"], made["Bristol"]) == landscape


def test_p5_a_network_that_agreed_to_a_link_alone_is_not_moved_by_the_parent(place):
    landscape, made = place
    both = changes.link(landscape, made["Health"], made["Bristol"], parent_agrees=True, child_agrees=True)
    asked = changes.link(landscape, made["Health"], made["Bristol"], parent_agrees=False, child_agrees=True)
    for before in (both, asked):
        with pytest.raises(Conflict, match="not to leave"):
            moved(before, made, parent_agrees=True, child_agrees=False)
    assert moved(both, made, parent_agrees=False, child_agrees=True).parents(made["Bristol"]) == (
        made["Health"],
    )


def test_p5_the_new_link_is_asked_for_before_the_old_one_goes(place):
    landscape, made = place
    found, maker = as_made(landscape)
    now = moved(landscape, made, parent_agrees=True, child_agrees=True)
    steps = [step for step in put_right(now, found, maker) if isinstance(step, SetState)]
    where = [(step.room, step.event.type, bool(step.event.content)) for step in steps]
    old = where.index((made["Arts"], "m.space.child", False))
    assert where.index((made["Health"], "m.space.child", True)) < old
    assert where.index((made["Bristol"], "m.room.join_rules", True)) < old
    assert old == len(where) - 1


@moderate
@given(landscapes(), st.data())
def test_p5_after_a_move_there_is_one_canonical_parent_and_no_loop(landscape, data):
    networks = sorted(landscape.networks)
    child, parent = data.draw(st.sampled_from(networks)), data.draw(st.sampled_from(networks))
    old = next(iter(landscape.agreed_parents(child)), None)
    try:
        now = changes.move(landscape, child, parent, parent_agrees=True, child_agrees=True)
    except Refusal:
        return
    assert [p for p in now.agreed_parents(child) if now.links[p, child].canonical] in ([parent], [])
    assert (
        old in (None, parent)
        or (old, child) not in now.links
        or now.networks[child].status is Status.PROPOSED
    )
    assert all(link.instead_of is None for link in now.links.values() if link.holds)


# -- release --------------------------------------------------------------------------------------


def test_p7_what_is_released_is_linked_to_nothing_and_what_is_below_stays(place):
    landscape, made = place
    landscape = changes.share(landscape, made["Choir"], made["Arts"], home_agrees=True, network_agrees=True)
    found, maker = as_made(landscape)
    gone = lifecycle.release(landscape, made["Arts"])
    assert made["Arts"] not in {end for ends in gone.links for end in ends}
    assert gone.shares == {}
    assert gone.parents(made["Bristol"]) == ()
    actions = put_right(gone, found, maker)
    assert not {a.room for a in actions} & set(own_places(landscape, made["Arts"]))
    now = project(found, actions, maker)
    assert not now[made["Somerset"]].state["m.space.child", made["Arts"]]
    assert not now[made["Bristol"]].state["m.space.parent", made["Arts"]]
    assert now[made["Bristol"]].state["m.room.join_rules", ""] == {"join_rule": "invite"}
    forgotten = lifecycle.without(gone, made["Arts"])
    assert not set(own_places(landscape, made["Arts"])) & {*forgotten.networks, *forgotten.groups}
    assert forgotten.coordinators_of(made["Arts"]) == ()
    assert "arts" in "".join(forgotten.slugs)
    assert forgotten.networks.keys() == landscape.networks.keys() - {made["Arts"]}


@moderate
@given(landscapes(), st.data(), versions)
def test_p7_in_every_room_its_coordinators_can_do_everything_and_we_leave_last(landscape, data, version):
    chosen = data.draw(st.sampled_from(sorted([*landscape.networks, *landscape.groups])))
    found, maker = as_made(landscape, version)
    try:
        gone = lifecycle.release(landscape, chosen)
    except Refusal:
        return
    places = own_places(landscape, chosen)
    rooms = {place: found[place] for place in places if place in found}
    steps = lifecycle.parting(gone, places, rooms, BOT)
    for place, room in rooms.items():
        here = [step for step in steps if step.room == place]
        assert isinstance(here[-1], LetGo)
        after = project_room(room, here, maker)
        levels = after.state[POWER_LEVELS]
        rulers = set(gone.looking_after(place)) - {BOT}
        assert {u for u, level in levels["users"].items() if level == 100} - {BOT} == rulers
        assert (BOT in levels["users"]) is (version != "12")
        needed = [v for v in levels.values() if type(v) is int] + list(levels["events"].values())
        assert max(needed) <= 100
        assert after.aliases == after.published == frozenset()
        assert RemoveAlias(place, place.alias_localpart) in here
        for key in (("m.room.join_rules", ""), ("m.room.history_visibility", "")):
            assert after.state[key] == room.state[key]
        links = {k for (kind, k), c in after.state.items() if kind.startswith("m.space.") and c}
        assert links <= set(places)


def test_p7_what_people_were_given_by_hand_they_keep():
    found = {"users": {BEN: 60, CAT: 50, BOT: 100}}
    levels = released_levels(RoomKind.TALK, "11", BOT, [ADA, CAT], found)
    assert levels["users"] == {ADA: 100, CAT: 100, BEN: 60, BOT: 100}
    assert released_levels(RoomKind.NEWS, "12", BOT, [ADA], None)["users"] == {ADA: 100}


def test_p7_what_was_published_is_withdrawn(place):
    landscape, made = place
    found, _ = as_made(landscape)
    steps = lifecycle.parting(lifecycle.release(landscape, made["Somerset"]), [made["Somerset"]], found, BOT)
    assert Withdraw(made["Somerset"], made["Somerset"]) in steps


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.PROPOSED, Status.RELEASED])
def test_p7_only_what_is_awake_is_released(place, status):
    landscape, made = place
    landscape = landscape.having(replace(landscape.networks[made["Arts"]], status=status))
    for what in ("Arts", "Painting"):
        with pytest.raises(Conflict):
            lifecycle.release(landscape, made[what])
    with pytest.raises(Conflict):
        changes.create_group(landscape, CountedIds(), name="New", home=made["Arts"])


def test_the_levels_of_an_archive_are_no_ones_but_the_bots():
    levels = power_levels(RoomKind.SPACE, "12", BOT, [ADA], archived=True)
    assert levels["events"]["m.space.child"] == levels["events"]["m.room.name"] == 100


def test_reconcile_leaves_alone_what_is_being_released(place):
    landscape, made = place
    gone = lifecycle.release(landscape, made["Painting"])
    rooms = {made["Painting"]: FoundRoom("12")}
    mine = [room for room in wanted(gone) if room.place == made["Painting"]]
    assert reconcile(mine, rooms, Maker(BOT, "12")) == []
