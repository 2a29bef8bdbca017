"""Places stand for their rooms, both ways."""

from __future__ import annotations

import pytest

from appservice.places import Places, Unplaced
from appservice.store.database import Database
from bot.reply import say
from spaces.actions import Say, StateEvent
from spaces.identifiers import NetworkId, PlaceId, RoomId
from tests.appservice.stage import ALICE, PlayedRooms, Stage

RULES = "m.room.join_rules"
ARTS, HEALTH = NetworkId("n.arts"), NetworkId("n.health")


def test_places_stand_for_their_rooms_when_something_is_sent() -> None:
    places = Places("hs.test")
    places.put(ARTS, RoomId("!arts"))
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": ARTS}]}
    assert places.resolve(rule)["allow"] == [{"type": "m.room_membership", "room_id": "!arts"}]
    assert places.resolve(["n.arts", {"x": "n.arts"}]) == ["n.arts", {"x": "n.arts"}], "text stays text"
    with pytest.raises(Unplaced):
        places.resolve({"x": (HEALTH,)})
    assert places.room(RoomId("!any")) == "!any"
    assert places.place(RoomId("!arts")) == ARTS
    assert places.place(RoomId("!any")) is None
    assert places.link(HEALTH) is None
    assert "!arts" in (places.link(ARTS) or "")


def test_rooms_of_ours_are_known_where_ids_belong_and_nowhere_else() -> None:
    places = Places("hs.test")
    places.put(ARTS, RoomId("!arts"))
    child = places.localise(StateEvent("m.space.child", {"via": ["hs.test"]}, "!arts"))
    assert (child.state_key, isinstance(child.state_key, PlaceId)) == (ARTS, True)
    topic = places.localise(StateEvent("m.room.topic", {"topic": "!arts"}))
    assert topic.content == {"topic": "!arts"}
    rules = places.localise(StateEvent(RULES, {"allow": [{"room_id": "!arts"}, {"room_id": "!x"}, 5, "y"]}))
    assert rules.content["allow"] == [{"room_id": ARTS}, {"room_id": "!x"}, 5, "y"]


async def test_a_direct_room_passes_the_gate_as_it_is(database: Database) -> None:
    stage = Stage(database)
    async with stage.work() as work:
        await work.tell(ALICE, say("Hello."), said="hello")
    rooms = PlayedRooms(stage)
    done = await rooms.settle_all()
    assert [type(action).__name__ for action in done] == [
        "CreateRoom",
        "ReadBack",
        "Invite",
        "MarkDirect",
        "Say",
    ]
    assert isinstance(done[-1], Say)
    found = await stage.conversation(RoomId(f"!{done[0].room}"))
    assert found is not None
    assert found.person == ALICE
