"""What each room should be: who finds it, who gets in, what is shown above and below it."""

import pytest
from hypothesis import given

from spaces import changes
from spaces.landscape import Landscape
from spaces.network import Access, Group, Kind, Status
from spaces.power_levels import RoomKind
from spaces.wanted import wanted_room
from tests.spaces.worlds import PEOPLE, CountedIds, group_named, landscapes, moderate, network

ADA, BEN, CAT, DAN = PEOPLE
SERVER = "hs.test"


def want(landscape, place):
    room = wanted_room(landscape, place, SERVER)
    assert room is not None
    return room


def allowed(room):
    rules = room.state["m.room.join_rules", ""]
    return [entry["room_id"] for entry in rules.get("allow", ())]


def join_rule(room):
    return room.state["m.room.join_rules", ""]["join_rule"]


def parents_shown(room):
    return {
        key: content["canonical"] for (kind, key), content in room.state.items() if kind == "m.space.parent"
    }


# -- PRODUCT's table, read by hand ----------------------------------------------------------------


def test_p1_a_public_network_is_open_listed_and_has_a_kit(arts):
    landscape, home = arts
    space = want(landscape, home)
    assert space.kind is RoomKind.SPACE
    assert space.state["m.room.name", ""] == {"name": "Arts UK"}
    assert join_rule(space) == "public"
    assert space.state["m.room.history_visibility", ""] == {"history_visibility": "shared"}
    assert space.state["m.room.guest_access", ""] == {"guest_access": "forbidden"}
    assert space.state["m.room.canonical_alias", ""] == {"alias": "#hedge_arts-uk:hs.test"}
    assert (space.alias, space.published_under, space.invited) == ("hedge_arts-uk", {home}, (ADA,))
    welcome, news = (g.id for g in landscape.groups_of(home))
    assert space.children == {
        welcome: {"via": [SERVER], "suggested": True, "order": "!a"},
        news: {"via": [SERVER], "suggested": True, "order": "!b"},
    }


def test_the_kit_bears_its_network_in_its_name_and_news_is_for_coordinators_to_write(arts):
    landscape, home = arts
    welcome, news = (want(landscape, g.id) for g in landscape.groups_of(home))
    assert welcome.state["m.room.name", ""] == {"name": "Arts UK: welcome"}
    assert (welcome.kind, news.kind) == (RoomKind.TALK, RoomKind.NEWS)
    assert welcome.alias == "hedge_arts-uk_welcome"
    assert welcome.invited == ()
    renamed = changes.rename(landscape, CountedIds(), welcome.place, "Front door")
    assert want(renamed, welcome.place).state["m.room.name", ""] == {"name": "Front door"}


@pytest.mark.parametrize(
    ("access", "of_space", "of_kit", "history", "linked_above"),
    [
        (Access.PUBLIC, "public", "public", "shared", True),
        (Access.PRIVATE, "restricted", "restricted", "shared", True),
        (Access.INVITE, "invite", "restricted", "invited", False),
    ],
)
def test_the_kit_takes_its_networks_word(arts, ids, access, of_space, of_kit, history, linked_above):
    landscape, top = arts
    landscape, below = network(landscape, ids, "Quiet", under=[top], access=access)
    space, kit = want(landscape, below), want(landscape, group_named(landscape, below, "welcome"))
    assert (join_rule(space), join_rule(kit)) == (of_space, of_kit)
    assert space.state["m.room.history_visibility", ""] == {"history_visibility": history}
    assert kit.state["m.room.history_visibility", ""] == {"history_visibility": history}
    assert allowed(space) == ([top] if access is Access.PRIVATE else [])
    assert allowed(kit) == ([] if access is Access.PUBLIC else [below])
    assert kit.place in space.children
    assert (below in want(landscape, top).children) is linked_above
    assert parents_shown(space) == {top: True}


def test_a49_an_invite_place_has_its_parent_but_is_no_child_listed_or_not(arts, ids):
    landscape, home = arts
    landscape, group = changes.create_group(landscape, ids, name="Core", home=home, access=Access.INVITE)
    room = want(landscape, group)
    assert join_rule(room) == "invite"
    assert parents_shown(room) == {home: True}
    assert group not in want(landscape, home).children
    assert room.invited == (ADA,)
    listed = changes.describe(landscape, ids, group, listed=True)
    assert group not in want(listed, home).children


def test_h3_a_bridge_lets_in_the_members_of_each_parent_and_no_one_else(ids):
    landscape, arts = network(Landscape(), ids, "Arts")
    landscape, health = network(landscape, ids, "Health")
    landscape, bridge = changes.create_network(
        landscape, ids, name="Both", kind=Kind.BRIDGE, under=[arts, health], agreed=[arts, health]
    )
    room = want(landscape, bridge)
    assert (join_rule(room), allowed(room)) == ("restricted", sorted([arts, health]))
    assert parents_shown(room) == {arts: True, health: False}
    assert bridge in want(landscape, arts).children
    assert bridge in want(landscape, health).children
    parted = changes.unlink(landscape, arts, bridge)
    assert allowed(want(parted, bridge)) == [health]
    assert parents_shown(want(parted, bridge)) == {health: True}


def test_h2_nothing_of_a_bridge_is_in_matrix_before_each_parent_has_said_yes(ids):
    landscape, arts = network(Landscape(), ids, "Arts")
    landscape, health = network(landscape, ids, "Health")
    landscape, bridge = changes.create_network(
        landscape, ids, name="Both", kind=Kind.BRIDGE, under=[arts, health], agreed=[arts]
    )
    for place in landscape.places_of(bridge):
        assert wanted_room(landscape, place, SERVER) is None
    assert bridge not in want(landscape, arts).children
    agreed = changes.accept(landscape, health, bridge)
    for place in agreed.places_of(bridge):
        assert wanted_room(agreed, place, SERVER) is not None
    assert bridge in want(agreed, arts).children


def test_a_shared_group_lets_in_members_of_both_networks_and_shows_its_home_as_the_way_up(arts, ids):
    landscape, home = arts
    landscape, other = network(landscape, ids, "Health")
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
    landscape = changes.share(landscape, group, other, home_agrees=True, network_agrees=False)
    assert allowed(want(landscape, group)) == [home]
    landscape = changes.accept_share(landscape, group, other)
    assert allowed(want(landscape, group)) == [home, other]
    assert parents_shown(want(landscape, group)) == {home: True, other: False}
    assert group in want(landscape, other).children
    asleep = changes.archive(landscape, other)
    assert allowed(want(asleep, group)) == [home]


def test_a_private_network_at_the_top_is_for_those_invited(ids):
    landscape, alone = network(Landscape(), ids, "Alone", access=Access.PRIVATE)
    assert join_rule(want(landscape, alone)) == "invite"
    assert want(landscape, alone).alias is None


def test_p6_an_archive_is_unlinked_withdrawn_and_read_only_with_its_groups_and_comes_back_the_same(arts, ids):
    landscape, top = arts
    landscape, below = network(landscape, ids, "Painting", under=[top], by=[BEN])
    landscape, group = changes.create_group(landscape, ids, name="Oils", home=below, access=Access.PUBLIC)
    asleep, closed = changes.create_group(landscape, ids, name="Core", home=below, access=Access.INVITE)
    asleep = changes.archive(asleep, below)
    space, room = want(asleep, below), want(asleep, group)
    for place in (space, room, want(asleep, closed)):
        assert place.archived
        assert place.state["m.room.name", ""]["name"].endswith(" (archived)")
        assert (place.alias, place.published_under, place.invited) == (None, set(), ())
        assert parents_shown(place) == {}
    assert space.children == {}
    assert below not in want(asleep, top).children
    back = changes.restore(changes.archive(landscape, below), below)
    assert all(want(back, p) == want(landscape, p) for p in [*landscape.networks, *landscape.groups])


def test_encryption_and_topic_are_there_where_they_were_asked_for_and_only_there(arts, ids):
    landscape, home = arts
    landscape, group = changes.create_group(
        landscape, ids, name="Safe", home=home, encrypted=True, topic="Speak freely"
    )
    assert want(landscape, group).state["m.room.topic", ""] == {"topic": "Speak freely"}
    assert want(landscape, group).state["m.room.encryption", ""] == {"algorithm": "m.megolm.v1.aes-sha2"}
    assert ("m.room.encryption", "") not in want(landscape, home).state
    assert ("m.room.topic", "") not in want(landscape, home).state


def test_a_coordinator_of_a_parent_is_none_in_its_children(arts, ids):
    landscape, top = arts
    landscape, below = network(landscape, ids, "Painting", under=[top], by=[BEN])
    for place in landscape.places_of(below):
        assert want(landscape, place).coordinators == (BEN,)


# -- the same for every landscape -----------------------------------------------------------------


def word_of(landscape, place):
    if isinstance(place, Group) and place.is_kit:
        return landscape.networks[place.home].access
    return place.access


def rooms_of(landscape):
    for place in [*landscape.networks, *landscape.groups]:
        room = wanted_room(landscape, place, SERVER)
        if room is not None:
            yield landscape.place(place), room


@moderate
@given(landscapes())
def test_a59_allow_is_exactly_what_the_table_says(landscape):
    for place, room in rooms_of(landscape):
        word = word_of(landscape, place)
        if word is Access.PUBLIC:
            assert join_rule(room) == "public"
            assert allowed(room) == []
        elif isinstance(place, Group):
            private = word is Access.PRIVATE or place.is_kit
            assert set(allowed(room)) == ({place.home, *landscape.shares_of(place.id)} if private else set())
        else:
            expected = set(landscape.parents(place.id)) if word is Access.PRIVATE else set()
            assert set(allowed(room)) == expected
        assert join_rule(room) == (
            "public" if word is Access.PUBLIC else "restricted" if allowed(room) else "invite"
        )


@moderate
@given(landscapes())
def test_a49_no_invite_place_is_a_child_anywhere_unless_it_is_kit(landscape):
    for _, room in rooms_of(landscape):
        for child in map(landscape.place, room.children):
            is_kit = isinstance(child, Group) and child.is_kit
            assert is_kit or child.access is not Access.INVITE
            assert landscape.status_of(child.id) is Status.ACTIVE


@moderate
@given(landscapes())
def test_exactly_one_parent_is_canonical_wherever_there_is_one(landscape):
    for _, room in rooms_of(landscape):
        shown = parents_shown(room)
        assert list(shown.values()).count(True) == min(1, len(shown))


@moderate
@given(landscapes())
def test_only_what_is_public_and_awake_has_an_alias_and_no_two_have_the_same(landscape):
    rooms = list(rooms_of(landscape))
    for place, room in rooms:
        is_open = word_of(landscape, place) is Access.PUBLIC and not room.archived
        assert (room.alias is not None) is is_open
        shown = {"alias": f"#{room.alias}:{SERVER}"} if is_open else {}
        assert room.state["m.room.canonical_alias", ""] == shown
    aliases = [room.alias for _, room in rooms if room.alias]
    assert len(aliases) == len(set(aliases))


@moderate
@given(landscapes())
def test_only_a_networks_own_coordinators_have_power_in_its_rooms(landscape):
    for place, room in rooms_of(landscape):
        home = place.home if isinstance(place, Group) else place.id
        assert room.coordinators == landscape.coordinators_of(home)
        assert set(room.former).isdisjoint(room.coordinators)
        assert set(room.invited) <= set(room.coordinators)


@moderate
@given(landscapes())
def test_every_room_that_a_room_refers_to_has_one_itself(landscape):
    made = {room.place for _, room in rooms_of(landscape)}
    for _, room in rooms_of(landscape):
        assert made.issuperset({*room.children, *parents_shown(room), *allowed(room)})
