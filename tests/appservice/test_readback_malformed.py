"""Whatever somebody put into a room's state, it is read as the most private, and nothing breaks."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appservice.places import Places
from appservice.readback import read_state
from appservice.store import outbox
from spaces.actions import ReadBack
from spaces.identifiers import NetworkId, RoomId
from tests.appservice.scene import LEVELS, NAME, RULES, TOPIC, Scene
from tests.appservice.stage import ALICE, BEN, BOT


async def test_a35_a_membership_that_is_none_is_no_membership(scene: Scene) -> None:
    scene.set("m.room.member", {"membership": "join"}, key=BEN, by=BEN)
    await scene.read()
    for odd in ("owner", 5, None, ["join"], {"membership": "join"}):
        scene.set("m.room.member", {"membership": odd}, key=BEN, by=BEN)
        await scene.read()
        async with scene.stage.work() as work:
            assert scene.arts not in (await work.standing_of(BEN)).joined


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4)
    | st.sampled_from(["public", "restricted", "custom", "100", BOT, ALICE, "$place", 10**30, -(10**30)]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["users", "events", "invite", "room_id", "type", "$place", "$event", BOT, ALICE])
        | st.text(max_size=3),
        inner,
        max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip
contents = st.dictionaries(
    st.sampled_from(["join_rule", "allow", "users", "events", "users_default", "invite", "membership",
                     "history_visibility", "guest_access", "name", "topic", "via", "alias", "room_version",
                     "$place"]),
    values,
    max_size=3,
)  # fmt: skip
KINDS = [RULES, LEVELS, "m.room.history_visibility", "m.room.guest_access", "m.room.member", "m.space.child",
         "m.space.parent", "m.room.canonical_alias", NAME, TOPIC, "m.room.encryption"]  # fmt: skip
state_keys = st.sampled_from(["", ALICE, BEN, "!foreign", "x\0y", "\ud800", "n.abc", "x" * 300])
changes_by_hand = st.lists(st.tuples(st.sampled_from(KINDS), state_keys, contents), max_size=4)


@given(by_hand=changes_by_hand)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the room is put right after each
)
async def test_a35_whatever_is_put_into_a_private_room_it_ends_closed_and_nothing_breaks(
    scene: Scene, by_hand: list[tuple[str, str, dict[str, Any]]]
) -> None:
    whole = {key: scene.rooms.content(scene.room, key) for key in (RULES, "m.room.guest_access")}
    scene.stage.clock.seconds += 3600  # nobody fights: in between is an hour
    for kind, key, content in by_hand:
        scene.set(kind, content, key=key)
    await scene.stage.put(ReadBack(scene.arts))
    await scene.rooms.settle_all()
    assert await scene.is_ready()
    assert {key: scene.rooms.content(scene.room, key) for key in whole} == whole
    levels = scene.rooms.content(scene.room, LEVELS)
    assert (levels["invite"], levels["users_default"], levels["events_default"]) == (50, 0, 50)
    assert levels["users"].get(BEN, 0) < 100
    async with scene.stage.work() as work:
        await work.settle([scene.arts])
        assert work.gathered == (), "and what was kept of it can be read"
    async with scene.stage.database.reading() as connection:
        assert await outbox.failures(connection) == []


events = st.dictionaries(
    st.sampled_from(["type", "state_key", "content", "sender", "event_id"]), values, max_size=5
)
plausible = st.fixed_dictionaries(
    {"type": st.sampled_from([*KINDS, "m.room.create"]), "state_key": state_keys, "content": contents},
    optional={"sender": values},
)


@given(st.lists(events | plausible, max_size=6))
@settings(max_examples=300, deadline=None)
def test_a35_state_events_of_any_shape_can_be_read(state: list[dict[str, Any]]) -> None:
    places = Places("hs.test")
    places.put(NetworkId("n.abc"), RoomId("!foreign"))
    read = read_state(state, BOT, places)
    assert BOT not in read.members
    assert set(read.members.values()) <= {"join", "invite", "leave", "ban", "knock"}
