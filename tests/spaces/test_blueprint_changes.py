"""A blueprint put into a landscape."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from spaces.blueprint import Blueprint, BlueprintRefused, WantedBridge, WantedGroup, WantedNetwork
from spaces.blueprint_changes import apply_blueprint
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Kind, Network, Status

ALICE, BOB, ADMIN = (UserId(f"@{name}:hs.test") for name in ("alice", "bob", "admin"))


class Counted:
    def __init__(self) -> None:
        self._numbers = count(1)

    def network(self, *_: object) -> NetworkId:
        return NetworkId(f"n.{next(self._numbers):016}")

    def group(self, *_: object) -> GroupId:
        return GroupId(f"g.{next(self._numbers):016}")

    def suffix(self) -> str:
        return f"{next(self._numbers):04}"


IDS = Counted()
ARTS = WantedNetwork("Arts UK", groups=(WantedGroup("Painting"),))
HEALTH = WantedNetwork("Health UK")
SOMERSET = WantedNetwork("Somerset", Kind.ECOSYSTEM, coordinators=(ALICE,), networks=(ARTS, HEALTH))
BRIDGE = WantedBridge("Arts & Health", ("Arts UK", "Health UK"), groups=(WantedGroup("Singing"),))
WHOLE = Blueprint((SOMERSET,), (BRIDGE,))


def put(blueprint: Blueprint, into: Landscape, *, prune: bool = False) -> Landscape:
    return apply_blueprint(into, IDS, blueprint, by=None, admins=[ADMIN], prune=prune)


def called(landscape: Landscape, name: str) -> Network:
    [found] = [network for network in landscape.networks.values() if network.name == name]
    return found


def test_applied_again_it_changes_nothing() -> None:
    once = put(WHOLE, Landscape())
    assert put(WHOLE, once) is once


def test_who_applies_it_consents_for_what_it_makes() -> None:
    landscape = put(WHOLE, Landscape())
    assert called(landscape, "Arts & Health").status is Status.ACTIVE
    assert all(link.holds for link in landscape.links.values())


def test_networks_without_coordinators_take_those_at_their_top_and_else_the_admins() -> None:
    landscape = put(WHOLE, Landscape())
    assert landscape.coordinators_of(called(landscape, "Arts UK").id) == (ALICE,)
    assert landscape.coordinators_of(called(landscape, "Arts & Health").id) == (ALICE,)
    alone = put(Blueprint((WantedNetwork("Alone"),)), Landscape())
    assert alone.coordinators_of(called(alone, "Alone").id) == (ADMIN,)


def test_a_parent_that_has_coordinators_already_is_asked_and_the_bridge_with_its_groups_waits() -> None:
    before = put(Blueprint((SOMERSET,)), Landscape())
    landscape = put(Blueprint((), (BRIDGE,)), before)
    bridge = called(landscape, "Arts & Health")
    assert bridge.status is Status.PROPOSED
    assert {group.status for group in landscape.groups_of(bridge.id)} == {Status.PROPOSED}
    assert len(landscape.proposals_of(bridge.id)) == 2


def test_what_differs_is_changed_and_what_is_left_out_stays() -> None:
    before = put(WHOLE, Landscape())
    landscape = put(Blueprint((WantedNetwork("Somerset", Kind.ECOSYSTEM, topic="Ours"),)), before)
    assert called(landscape, "Somerset").topic == "Ours"
    assert called(landscape, "Arts UK") == called(before, "Arts UK")


def test_a_network_speaks_the_language_of_the_blueprint_and_keeps_it_where_that_says_none() -> None:
    welsh = Blueprint((WantedNetwork("Celf", language="cy"),))
    landscape = put(welsh, Landscape())
    assert called(landscape, "Celf").language == "cy"
    assert put(Blueprint((WantedNetwork("Celf"),)), landscape) is landscape
    english = put(Blueprint((WantedNetwork("Celf", language="en"),)), landscape)
    assert called(english, "Celf").language == "en"


def test_pruned_it_archives_what_it_leaves_out_and_named_again_that_is_restored() -> None:
    before = put(WHOLE, Landscape())
    small = Blueprint((WantedNetwork("Somerset", Kind.ECOSYSTEM, networks=(WantedNetwork("Arts UK"),)),))
    pruned = put(small, before, prune=True)
    assert called(pruned, "Health UK").status is Status.ARCHIVED
    assert called(pruned, "Arts & Health").status is Status.ARCHIVED
    arts = called(pruned, "Arts UK")
    assert {g.name: g.status for g in pruned.groups_of(arts.id)}["Painting"] is Status.ARCHIVED
    again = put(WHOLE, pruned)
    assert again.networks == before.networks
    assert again.groups == before.groups


def test_a_bridge_to_a_network_that_is_not_there_is_refused() -> None:
    bridge = WantedBridge("Arts & Sport", ("Arts UK", "Sport UK"), line=7)
    with pytest.raises(BlueprintRefused, match="line 7: There is no network called “Sport UK”"):
        put(Blueprint((SOMERSET,), (bridge,)), Landscape())


def test_a_fresh_one_takes_over_nothing_that_bears_its_name() -> None:
    before = put(Blueprint((SOMERSET,)), Landscape())
    landscape = apply_blueprint(before, IDS, Blueprint((SOMERSET,)), by=BOB, admins=(), fresh=True)
    assert [n.name for n in landscape.networks.values()].count("Somerset") == 2
    assert all(landscape.networks[n] == before.networks[n] for n in before.networks)


def painting(landscape: Landscape) -> Group:
    [found] = [group for group in landscape.groups.values() if group.name == "Painting"]
    return found


def arts(access: Access | None, group: WantedGroup, **said: bool) -> Blueprint:
    return Blueprint((WantedNetwork("Arts UK", access=access, groups=(group,), **said),))


def test_a_blueprint_that_says_access_says_whether_one_may_ask_and_one_that_does_not_leaves_it() -> None:
    oils = WantedGroup("Painting", Access.PRIVATE, ask=True)
    before = put(arts(Access.INVITE, oils, listed=True), Landscape())
    assert called(before, "Arts UK").listed
    assert painting(before).ask
    assert put(arts(None, WantedGroup("Painting")), before) is before
    landscape = put(arts(Access.INVITE, replace(oils, ask=False)), before)
    assert not called(landscape, "Arts UK").listed
    assert not painting(landscape).ask


def test_a_network_and_its_public_groups_are_closed_and_opened_by_one_blueprint() -> None:
    before = put(arts(Access.PUBLIC, WantedGroup("Painting", Access.PUBLIC)), Landscape())
    shut = put(arts(Access.INVITE, WantedGroup("Painting", Access.PRIVATE)), before)
    assert (called(shut, "Arts UK").access, painting(shut).access) == (Access.INVITE, Access.PRIVATE)
    again = put(arts(Access.PUBLIC, WantedGroup("Painting", Access.PUBLIC)), shut)
    assert (called(again, "Arts UK").access, painting(again).access) == (Access.PUBLIC, Access.PUBLIC)
    with pytest.raises(Conflict, match="“Painting” cannot be public"):
        put(arts(None, WantedGroup("Painting", Access.PUBLIC)), shut)


def test_what_belongs_to_a_network_outside_the_blueprint_too_is_not_pruned() -> None:
    sport = WantedNetwork("Sport UK")
    below = (WantedNetwork("Choirs", groups=(WantedGroup("Altos"),)),)
    shared = WantedBridge("Arts & Sport", ("Arts UK", "Sport UK"), networks=below)
    before = put(Blueprint((SOMERSET, sport), (BRIDGE, shared)), Landscape())
    pruned = put(Blueprint((replace(SOMERSET, networks=(ARTS,)),)), before, prune=True)
    statuses = {n.name: n.status for n in pruned.networks.values() if n.status is Status.ARCHIVED}
    assert statuses.keys() == {"Health UK", "Arts & Health"}
    assert all(g.status is Status.ACTIVE for g in pruned.groups.values() if g.name == "Altos")


def test_a_blueprint_that_names_the_bot_a_coordinator_is_refused() -> None:
    bot = UserId("@hedgerow:hs.test")
    child = replace(ARTS, coordinators=(ALICE, bot), line=4)
    blueprint = Blueprint((replace(SOMERSET, networks=(child,)),))
    with pytest.raises(BlueprintRefused, match=r"line 4: @hedgerow:hs\.test is Hedgerow itself.*“Arts UK”"):
        apply_blueprint(Landscape(), IDS, blueprint, by=None, admins=[ADMIN], bot=bot)
