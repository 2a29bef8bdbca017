"""Who is kept out of what: bans from places, and an admin's rules."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes
from spaces.access import Standing, may_enter
from spaces.actions import Ban, CreateRoom, ReadBack, SetState
from spaces.bans import (
    ban,
    bans_on,
    fits,
    following,
    is_banned,
    networks_below,
    rooms_under,
    unban,
    unbanned,
)
from spaces.errors import Conflict
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Access, Banned
from spaces.reconcile import FoundRoom, Maker, project_room, reconcile, undone
from spaces.wanted import wanted_room
from tests.spaces.worlds import BOT, CountedIds, landscapes, moderate, network

CORA = UserId("@cora:hs.test")
TOP = UserId("@top:hs.test")
EVE = UserId("@eve:hs.test")
ADMIN = UserId("@admin:hs.test")
BAD = UserId("@x:bad.example")
MAKER = Maker(BOT, "12")


class World:
    """Somerset, and Arts under it with the group Painting."""

    def __init__(self):
        self.ids = CountedIds()
        landscape, self.somerset = network(Landscape(), self.ids, "Somerset", by=[TOP])
        landscape, self.arts = network(landscape, self.ids, "Arts", under=[self.somerset], by=[CORA])
        self.landscape, self.painting = changes.create_group(
            landscape, self.ids, name="Painting", home=self.arts, access=Access.PUBLIC
        )


@pytest.mark.parametrize(
    ("rule", "user", "expected"),
    [
        ("@*:bad.example", "@x:bad.example", True),
        ("@*:bad.example", "@x:BAD.example", True),
        ("@*:bad.example", "@x:bad.example.org", False),
        ("@*:bad.example", "@x:very.bad.example", False),
        ("@*:bad.example", "@x:badxexample", False),
        ("@eve?:hs.test", "@eve1:hs.test", True),
        ("@eve?:hs.test", "@eve:hs.test", False),
        ("@[ab]:hs.test", "@a:hs.test", False),
        ("@eve:hs.test", "@eve:hs.test", True),
        ("@*", "@anybody:anywhere.test", True),
    ],
)
def test_a_rule_means_whom_it_says_and_nobody_else(rule, user, expected):
    assert fits(rule, user) is expected


def test_a_ban_from_a_network_holds_in_its_groups_those_made_later_and_not_above():
    world = World()
    banned = ban(world.landscape, [Banned(world.arts, EVE)])
    later, sculpture = changes.create_group(banned, world.ids, name="Sculpture", home=world.arts)
    assert is_banned(later, world.arts, EVE)
    assert is_banned(later, world.painting, EVE)
    assert is_banned(later, sculpture, EVE)
    assert not is_banned(later, world.somerset, EVE)
    assert not is_banned(later, world.arts, CORA)


def test_a_ban_from_a_group_holds_in_it_alone():
    world = World()
    banned = ban(world.landscape, [Banned(world.painting, EVE)])
    assert is_banned(banned, world.painting, EVE)
    assert not is_banned(banned, world.arts, EVE)
    assert rooms_under(banned, world.painting) == {world.painting}


def test_a_group_that_is_shared_obeys_the_bans_of_its_home_only():
    world = World()
    shared = changes.share(
        world.landscape, world.painting, world.somerset, home_agrees=True, network_agrees=True
    )
    assert not is_banned(ban(shared, [Banned(world.somerset, EVE)]), world.painting, EVE)


def test_who_is_banned_may_not_enter_what_everyone_may():
    world = World()
    stranger = Standing(EVE)
    assert may_enter(world.landscape, stranger, world.painting)
    banned = ban(world.landscape, [Banned(world.arts, EVE)])
    assert not may_enter(banned, stranger, world.painting)
    assert not may_enter(banned, stranger, world.arts)
    ruled = ban(world.landscape, [Banned(EVERYWHERE, "@e*:hs.test")])
    assert not may_enter(ruled, stranger, world.somerset)


@pytest.mark.parametrize("who", [BOT, ADMIN])
@pytest.mark.parametrize("rule", [False, True])
def test_nobody_bans_the_bot_or_an_admin(who, rule):
    world = World()
    place, whom = (EVERYWHERE, f"@*:{who.server}") if rule else (world.arts, who)
    with pytest.raises(Conflict, match="cannot be banned"):
        ban(world.landscape, [Banned(place, whom)], protected=[BOT, ADMIN])


def test_nobody_bans_a_coordinator_of_that_place_or_of_any_by_a_rule():
    world = World()
    for place in (world.arts, world.painting):
        with pytest.raises(Conflict, match=r"coordinator remove @cora:hs\.test --in arts"):
            ban(world.landscape, [Banned(place, CORA)])
    with pytest.raises(Conflict, match=r"@cora:hs\.test"):
        ban(world.landscape, [Banned(EVERYWHERE, "@c*:hs.test")])
    assert is_banned(ban(world.landscape, [Banned(world.somerset, CORA)]), world.somerset, CORA)


def test_who_is_banned_is_not_named_a_coordinator():
    world = World()
    banned = ban(world.landscape, [Banned(world.arts, EVE)])
    with pytest.raises(Conflict, match=r"unban @eve:hs\.test --in arts"):
        changes.add_coordinator(banned, world.arts, EVE)


def test_banning_twice_changes_nothing_and_the_first_reason_stays():
    world = World()
    banned = ban(world.landscape, [Banned(world.arts, EVE, reason="selling")])
    assert ban(banned, [Banned(world.arts, EVE, reason="other")]) is banned


def test_a_rule_takes_along_what_follows_from_it_when_it_ends_and_nothing_else():
    world = World()
    ruled = ban(world.landscape, [Banned(EVERYWHERE, "@*:bad.example", by=ADMIN)])
    own = ban(ruled, [Banned(world.somerset, BAD)])
    seen = [(world.painting, BAD), (world.somerset, BAD), (world.arts, EVE)]
    found = list(following(own, seen, at=5.0, exempt=()))
    assert [(one.place, one.who, one.rule, one.by) for one in found] == [
        (world.arts, BAD, "@*:bad.example", ADMIN)
    ]
    applied = ban(own, found)
    with pytest.raises(Conflict, match="Only an admin"):
        unban(applied, [world.arts], BAD)
    lifted = unban(applied, [EVERYWHERE], "@*:bad.example")
    assert set(lifted.bans) == {(world.somerset, BAD)}
    assert set(unbanned(applied, lifted)) == {(room, BAD) for room in lifted.places_of(world.arts)}


def test_a_rule_meets_no_coordinator_and_nobody_who_is_exempt():
    world = World()
    named = changes.add_coordinator(world.landscape, world.arts, BAD)
    ruled = named.having(Banned(EVERYWHERE, "@*:bad.example"))
    assert not list(following(ruled, [(world.arts, BAD)], at=0.0, exempt=()))
    assert list(following(ruled, [(world.somerset, BAD)], at=0.0, exempt=()))
    assert not list(following(ruled, [(world.somerset, BAD)], at=0.0, exempt=[BAD]))


def test_a_ban_that_ends_leaves_the_narrower_one():
    world = World()
    both = ban(world.landscape, [Banned(world.arts, EVE), Banned(world.painting, EVE)])
    ended = unban(both, [world.arts], EVE)
    assert set(unbanned(both, ended)) == {
        (room, EVE) for room in both.places_of(world.arts) - {world.painting}
    }
    with pytest.raises(Conflict, match="is not banned there"):
        unban(ended, [world.arts], EVE)


def test_a_new_room_is_closed_to_who_is_banned_before_it_is_opened():
    world = World()
    banned = ban(world.landscape, [Banned(world.arts, EVE, reason="selling")])
    steps = reconcile([wanted_room(banned, world.painting, "hs.test")], {}, MAKER)
    kinds = [type(step) for step in steps]
    at = steps.index(Ban(world.painting, EVE, "selling"))
    assert kinds.index(CreateRoom) < kinds.index(ReadBack) < at
    opening = [n for n, s in enumerate(steps) if isinstance(s, SetState) and not s.closing]
    assert all(at < n for n in opening)
    assert opening


def test_who_is_banned_already_is_left_and_who_came_back_is_banned_again():
    world = World()
    wanted = wanted_room(ban(world.landscape, [Banned(world.arts, EVE)]), world.arts, "hs.test")
    made = project_room(None, reconcile([wanted], {}, MAKER), MAKER)
    assert made.members[EVE] == "ban"
    assert not reconcile([wanted], {world.arts: made}, MAKER)
    back = replace(made, members={**made.members, EVE: "join"})
    assert reconcile([wanted], {world.arts: back}, MAKER) == [Ban(world.arts, EVE)]
    assert EVE not in undone(FoundRoom("12", members={EVE: "ban"}), Ban(world.arts, EVE)).members


def test_below_is_everything_under_it_once():
    world = World()
    landscape, deep = network(world.landscape, world.ids, "Deep", under=[world.arts, world.somerset])
    assert set(networks_below(landscape, world.somerset)) == {world.arts, deep}
    assert len(networks_below(landscape, world.somerset)) == 2
    assert networks_below(landscape, deep) == ()


@moderate
@given(landscapes(), st.data())
def test_banning_and_ending_it_leaves_the_landscape_as_it_was(landscape, data):
    places = [*landscape.networks, *landscape.groups]
    place = data.draw(st.sampled_from(places))
    banned = ban(landscape, [Banned(place, EVE)])
    assert is_banned(banned, place, EVE)
    assert {ban.who for ban in bans_on(banned, place)} == {EVE}
    assert unban(banned, [place], EVE) == landscape
    assert banned.changed_since(landscape) >= rooms_under(banned, place)
