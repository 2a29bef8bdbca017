"""A58: Spaces as others may leave them: loops, claims, depth and size."""

from __future__ import annotations

from itertools import pairwise

import pytest

from appservice.places import Places
from appservice.readback import read_state
from spaces import changes
from spaces.errors import Conflict
from spaces.hierarchy import descendants, parents_first, path_down
from spaces.identifiers import NetworkId, RoomId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Link, Network
from spaces.reconcile import FoundRoom, Maker, project_room, reconcile
from spaces.wanted import wanted_room

BOT, EVE = UserId("@hedgerow:hs.test"), UserId("@eve:hs.test")
MAKER = Maker(BOT, "12")
TOP, BELOW = NetworkId("n.top"), NetworkId("n.below")


def chain(length: int) -> tuple[Landscape, list[NetworkId]]:
    ids = [NetworkId(f"n.{number:04}") for number in range(length)]
    networks = [Network(one, f"Network {one}", Slug(one[2:])) for one in ids]
    return Landscape().having(*networks, *(Link(up, down) for up, down in pairwise(ids))), ids


def two() -> Landscape:
    top, below = Network(TOP, "Top", Slug("top")), Network(BELOW, "Below", Slug("below"))
    return Landscape().having(top, below, Link(TOP, BELOW))


def places() -> Places:
    known = Places("hs.test")
    known.put(TOP, RoomId("!top"))
    known.put(BELOW, RoomId("!below"))
    return known


def settled(landscape: Landscape, network: NetworkId) -> FoundRoom:
    wanted = wanted_room(landscape, network, "hs.test")
    assert wanted is not None
    return project_room(None, reconcile([wanted], {}, MAKER), MAKER)


def child(room: str, sender: str) -> dict[str, object]:
    return {"type": "m.space.child", "state_key": room, "sender": sender, "content": {"via": ["hs.test"]}}


def test_a58_a_loop_that_somebody_makes_by_hand_is_left_alone_and_never_followed() -> None:
    landscape = two()
    wanted = wanted_room(landscape, BELOW, "hs.test")
    assert wanted is not None
    read = read_state([child("!top", EVE)], BOT, places())
    found = settled(landscape, BELOW)
    looped = FoundRoom(found.version, {**found.state, **read.found.state}, read.found.by_hand, found.aliases)
    steps = reconcile([wanted], {BELOW: looped}, MAKER)
    assert [
        step for step in steps if getattr(step, "event", None) and step.event.type == "m.space.child"
    ] == []
    assert descendants(landscape, BELOW) == frozenset()
    with pytest.raises(Conflict, match="loop: top → below → top"):
        changes.link(landscape, BELOW, TOP, parent_agrees=True, child_agrees=True, by=EVE)


def test_a58_a_strangers_claim_to_be_below_ours_makes_no_link() -> None:
    claim = {
        "type": "m.space.parent",
        "state_key": "!top",
        "sender": EVE,
        "content": {"via": ["evil.example"]},
    }
    read = read_state([claim], BOT, places())
    landscape = two()
    assert read.found.state
    assert landscape.children(TOP) == (BELOW,)
    wanted = wanted_room(landscape, TOP, "hs.test")
    assert wanted is not None
    assert set(wanted.children) == {BELOW}


def test_a58_five_thousand_children_of_other_peoples_making_stay_as_they_are() -> None:
    landscape = two()
    wanted = wanted_room(landscape, TOP, "hs.test")
    assert wanted is not None
    events = [child(f"!stranger{number}", EVE) for number in range(5000)]
    read = read_state(events, BOT, places())
    found = settled(landscape, TOP)
    crowded = FoundRoom(
        found.version, {**found.state, **read.found.state}, read.found.by_hand, found.aliases, found.published
    )
    assert len(crowded.state) > 5000
    assert reconcile([wanted], {TOP: crowded}, MAKER) == []


def test_a58_two_hundred_levels_are_walked_without_recursion() -> None:
    landscape, ids = chain(2000)
    assert len(path_down(landscape, ids[0], ids[-1]) or ()) == 2000
    assert parents_first(landscape, ids) == ids
    with pytest.raises(Conflict, match="loop"):
        changes.link(landscape, ids[-1], ids[0], parent_agrees=True, child_agrees=True, by=EVE)
