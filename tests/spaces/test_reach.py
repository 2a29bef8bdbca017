"""What keeps somebody in a private place, and what somebody who leaves a network leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Kind
from spaces.reach import Path, doors, grace_days, left_by, path_of, shifted
from spaces.wanted import join_rules
from tests.bot.fake_work import CountedIds
from tests.spaces.worlds import landscapes, moderate

MIA, COR = UserId("@mia:hs.test"), UserId("@cor:hs.test")


class World:
    def __init__(self) -> None:
        self.landscape, self.ids = Landscape(), CountedIds()

    def network(self, name: str, access: Access, *above: NetworkId, kind: Kind = Kind.NETWORK) -> NetworkId:
        self.landscape, made = changes.create_network(
            self.landscape, self.ids, name=name, access=access, under=above, agreed=above, kind=kind
        )
        return made

    def group(self, name: str, home: NetworkId, access: Access = Access.PRIVATE) -> PlaceId:
        self.landscape, made = changes.create_group(
            self.landscape, self.ids, name=name, home=home, access=access
        )
        return made

    def share(self, group: PlaceId, network: NetworkId) -> None:
        self.landscape = changes.share(self.landscape, group, network, home_agrees=True, network_agrees=True)

    def path(self, place: PlaceId, *joined: PlaceId, by_name: bool = False, unread: PlaceId = "") -> Path:
        return path_of(
            self.landscape, place, MIA, joined, by_name=by_name, is_known=lambda one: one != unread
        )


@pytest.fixture
def world() -> World:
    return World()


def test_h3_a_bridge_is_held_by_either_parent_and_by_no_other_network(world: World) -> None:
    arts, health = world.network("Arts", Access.PUBLIC), world.network("Health", Access.PUBLIC)
    bath = world.network("Bath", Access.PUBLIC)
    bridge = world.network("Both", Access.PRIVATE, arts, health, kind=Kind.BRIDGE)
    assert set(doors(world.landscape, bridge)) == {arts, health}
    for joined, path in (
        ((bridge, arts), Path.HOLDS),
        ((bridge, health), Path.HOLDS),
        ((bridge, arts, health), Path.HOLDS),
        ((bridge, bath), Path.LOST),
        ((bridge,), Path.LOST),
        ((), Path.LOST),
    ):
        assert world.path(bridge, *joined) is path


def test_h4_a_private_group_is_held_by_its_home_and_by_each_network_it_is_shared_with(world: World) -> None:
    arts, bath = world.network("Arts", Access.PUBLIC), world.network("Bath", Access.PUBLIC)
    choir = world.group("Choir", arts)
    assert world.path(choir, bath) is Path.LOST
    world.share(choir, bath)
    assert world.path(choir, bath) is Path.HOLDS
    assert world.path(choir, arts) is Path.HOLDS
    assert world.path(choir, choir) is Path.LOST


def test_h4_what_is_not_known_is_not_lost(world: World) -> None:
    arts, bath = world.network("Arts", Access.PUBLIC), world.network("Bath", Access.PUBLIC)
    choir = world.group("Choir", arts)
    world.share(choir, bath)
    assert world.path(choir, unread=bath) is Path.UNKNOWN
    assert world.path(choir, arts, unread=bath) is Path.HOLDS
    assert world.path(choir, bath, unread=bath) is Path.HOLDS


def test_h4_who_was_invited_by_name_or_looks_after_it_needs_no_path(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    choir = world.group("Choir", arts)
    assert world.path(choir, by_name=True) is Path.HOLDS
    before = world.landscape
    world.landscape = before.having(Coordinator(arts, MIA))
    assert world.path(choir) is Path.HOLDS
    assert shifted(before, world.landscape, [arts, choir]) == {arts, choir}
    world.landscape = world.landscape.having(Coordinator(arts, MIA, former=True))
    assert world.path(choir) is Path.LOST


@pytest.mark.parametrize("access", [Access.PUBLIC, Access.INVITE])
def test_h4_what_is_public_or_by_invitation_is_nobodys_to_lose(world: World, access: Access) -> None:
    top = world.network("Top", Access.PUBLIC)
    network = world.network("Arts", access, top)
    assert doors(world.landscape, network) == ()
    assert world.path(network) is Path.HOLDS
    assert world.path(world.group("Choir", network, access)) is Path.HOLDS


def test_h4_the_kit_of_an_invite_network_is_held_by_its_space(world: World) -> None:
    quiet = world.network("Quiet", Access.INVITE)
    for group in world.landscape.groups_of(quiet):
        assert doors(world.landscape, group.id) == (quiet,)
        assert world.path(group.id) is Path.LOST


def test_h4_a_private_network_under_nothing_loses_nobody(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    below = world.network("Below", Access.PRIVATE, arts)
    assert world.path(below) is Path.LOST
    world.landscape = changes.unlink(world.landscape, arts, below)
    assert world.path(below) is Path.HOLDS


def test_h4_what_is_archived_loses_nobody(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    choir = world.group("Choir", arts)
    world.landscape = changes.archive(world.landscape, arts)
    assert doors(world.landscape, choir) == ()
    assert world.path(choir) is Path.HOLDS


def test_the_grace_of_a_group_is_that_of_its_home(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    choir = world.group("Choir", arts)
    assert (grace_days(world.landscape, arts), grace_days(world.landscape, choir)) == (7, 7)
    world.landscape = changes.describe(world.landscape, world.ids, arts, grace_days=0)
    assert (grace_days(world.landscape, arts), grace_days(world.landscape, choir)) == (0, 0)


def test_a_change_that_leaves_all_paths_alone_shifts_nothing(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    choir = world.group("Choir", arts)
    before = world.landscape
    renamed = changes.rename(before, world.ids, choir, "Singers")
    assert shifted(before, renamed, renamed.changed_since(before)) == frozenset()
    world.share(choir, world.network("Bath", Access.PUBLIC))
    assert choir in shifted(before, world.landscape, world.landscape.changed_since(before))


def test_i5_leaving_keeps_a_group_that_another_network_of_theirs_has_too(world: World) -> None:
    arts, bath = world.network("Arts", Access.PUBLIC), world.network("Bath", Access.PUBLIC)
    own, shared = world.group("Own", arts), world.group("Shared", arts)
    world.share(shared, bath)
    everywhere = frozenset({arts, bath, own, shared})
    assert left_by(world.landscape, arts, everywhere, ()) == ((arts, own), (shared,))
    assert left_by(world.landscape, arts, everywhere - {bath}, ()) == ((arts, own, shared), ())
    assert left_by(world.landscape, bath, everywhere, ()) == ((bath,), (shared,))


def test_i5_a_network_that_they_are_only_invited_to_keeps_no_group(world: World) -> None:
    arts, bath = world.network("Arts", Access.PUBLIC), world.network("Bath", Access.PUBLIC)
    shared = world.group("Shared", arts)
    world.share(shared, bath)
    assert left_by(world.landscape, arts, {arts}, {bath, shared}) == ((arts, shared), ())


def test_i5_leaving_does_not_touch_the_networks_below(world: World) -> None:
    arts = world.network("Arts", Access.PUBLIC)
    below = world.network("Below", Access.PUBLIC, arts)
    group = world.group("Painting", below)
    assert left_by(world.landscape, arts, {arts, below, group}, ()) == ((arts,), ())


@moderate
@given(landscapes(), st.data())
def test_h4_the_paths_are_what_the_join_rule_allows(landscape: Landscape, data: st.DataObject) -> None:
    for place in (*landscape.networks, *landscape.groups):
        rule = join_rules(landscape, landscape.place(place))
        ways = doors(landscape, place)
        assert set(ways) <= {entry["room_id"] for entry in rule.get("allow", ())}
        assert not ways or rule["join_rule"] == "restricted"
        joined = data.draw(st.frozensets(st.sampled_from([*landscape.networks]), max_size=4))
        path = path_of(landscape, place, COR, joined, by_name=False, is_known=lambda one: True)
        assert (path is Path.LOST) == (bool(ways) and joined.isdisjoint(ways))
