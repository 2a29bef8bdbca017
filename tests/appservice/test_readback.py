"""What a room's state, read just now, means: the gate, the repairs, and what people changed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appservice.places import Places, Unplaced
from appservice.readback import MOST_ROUNDS, read_state
from appservice.store import outbox
from appservice.store.database import Database
from bot.reply import say
from spaces.actions import Action, Invite, Publish, ReadBack, Say, SetState, StateEvent
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access
from spaces.power_levels import level_of
from tests.appservice.stage import ALICE, BEN, BOT, PlayedRooms, Stage

LEVELS = "m.room.power_levels"
RULES = "m.room.join_rules"
NAME = "m.room.name"
TOPIC = "m.room.topic"


class Scene:
    """Arts, a private network whose rooms are made, closed and read back."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.arts: NetworkId
        self.room: RoomId

    async def open(self, access: Access = Access.PRIVATE) -> Scene:
        self.arts = await self.stage.found("Arts", access=access)
        await self.rooms.settle_all()
        self.room = self.stage.places.room(self.arts)
        return self

    async def read(self) -> bool | None:
        """Read Arts back once; whether the gate is passed. What it leads to waits."""
        await self.stage.put(ReadBack(self.arts))
        [entry] = [e for e in await self.stage.entries() if e.action == ReadBack(self.arts)]
        return await self.rooms.settle(entry)

    async def waiting(self) -> list[Action]:
        return await self.stage.waiting()

    def set(self, kind: str, content: Any, key: str = "", by: UserId = ALICE) -> None:
        self.rooms.set(self.room, kind, content, key=key, by=by)

    def lose(self, *kinds: str) -> None:
        for kind in kinds:
            del self.rooms.state[self.room][kind, ""]

    async def is_ready(self) -> bool:
        row = await self.stage.row(self.arts)
        return row is not None and row.ready


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    return await Scene(stage).open()


def types(actions: list[Action]) -> list[str]:
    return [a.event.type if isinstance(a, SetState) else type(a).__name__ for a in actions]


# -- the gate ---------------------------------------------------------------------------------------


async def test_a_room_that_is_as_it_should_be_passes_and_nothing_is_put(scene: Scene) -> None:
    assert await scene.read() is True
    assert await scene.waiting() == []
    assert await scene.is_ready()


async def test_a29_a_half_made_room_is_closed_and_read_again_before_anything_else(scene: Scene) -> None:
    whole = {key: event["content"] for key, event in scene.rooms.state[scene.room].items()}
    scene.lose(LEVELS, RULES, "m.room.history_visibility", "m.room.guest_access", NAME)
    assert await scene.read() is False
    assert not await scene.is_ready()
    actions = await scene.waiting()
    assert types(actions) == [
        LEVELS,
        RULES,
        "m.room.history_visibility",
        "m.room.guest_access",
        "ReadBack",
        NAME,
    ]
    assert ReadBack(scene.arts, 1) in actions
    for action in actions[:4]:
        assert isinstance(action, SetState)
        assert action.closing, "it does not wait for the gate"
        assert scene.arts not in action.needs
    await scene.rooms.settle_all()
    assert await scene.is_ready()
    assert {key: event["content"] for key, event in scene.rooms.state[scene.room].items()} == whole


async def test_a53_a_private_room_opened_by_hand_is_closed_first_and_unready_meanwhile(scene: Scene) -> None:
    await scene.stage.put(Invite(scene.arts, BEN))
    scene.set(RULES, {"join_rule": "public"})
    assert await scene.read() is False
    assert not await scene.is_ready()
    done = await scene.rooms.settle_all()
    assert types(done) == [RULES, "ReadBack", "Invite"]
    assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}
    assert await scene.is_ready()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        ("m.room.guest_access", {"guest_access": "can_join"}),
        (LEVELS, {"users": {ALICE: 50}, "invite": 0}),
        (RULES, {"join_rule": "knock"}),
        (RULES, {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": "!foreign"}]}),
    ],
)
async def test_a50_whatever_opens_a_private_room_is_put_back(
    scene: Scene, kind: str, content: dict[str, Any]
) -> None:
    before = scene.rooms.content(scene.room, kind)
    scene.set(kind, content)
    assert await scene.read() is False
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, kind) == before


async def test_what_the_homeserver_never_keeps_is_given_up_aloud_after_some_rounds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await Scene(stage).open()
    kept = scene.rooms.set

    def forgetful(room: RoomId, kind: str, content: Any, *, key: str = "", by: UserId = ALICE) -> None:
        if not (kind == RULES and by == BOT):
            kept(room, kind, content, key=key, by=by)

    scene.set(RULES, {"join_rule": "public"})
    monkeypatch.setattr(scene.rooms, "set", forgetful)
    await stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    assert [a.round for a in done if isinstance(a, ReadBack)] == list(range(MOST_ROUNDS + 1))
    async with stage.database.reading() as connection:
        [reason] = await outbox.failures(connection)
    assert reason == "ReadBack in Arts: the homeserver does not keep its settings (m.room.join_rules)"
    assert not await scene.is_ready()


async def test_what_waits_for_a_room_that_does_not_hold_is_dropped_and_never_done(stage: Stage) -> None:
    scene = await Scene(stage).open()
    await stage.put(Invite(scene.arts, BEN), Publish(scene.arts, scene.arts))
    scene.set(RULES, {"join_rule": "public"})
    await stage.put(ReadBack(scene.arts, MOST_ROUNDS))
    [entry] = [e for e in await stage.entries() if isinstance(e.action, ReadBack)]
    assert await scene.rooms.settle(entry) is None
    assert not [a for a in await stage.waiting() if isinstance(a, (Invite, Publish))]


async def test_what_is_under_way_is_not_put_twice(scene: Scene) -> None:
    scene.set(RULES, {"join_rule": "public"})
    await scene.read()
    before = await scene.waiting()
    await scene.read()
    assert [a for a in await scene.waiting() if isinstance(a, SetState)] == [
        a for a in before if isinstance(a, SetState)
    ]


# -- changed by hand --------------------------------------------------------------------------------


async def test_a_name_and_a_topic_set_by_hand_are_taken_over(scene: Scene) -> None:
    scene.set(NAME, {"name": "Arts and Crafts"})
    scene.set(TOPIC, {"topic": "Brushes and courage"})
    assert await scene.read() is True
    network = (await scene.stage.works.landscape()).networks[scene.arts]
    assert (network.name, network.topic) == ("Arts and Crafts", "Brushes and courage")
    done = await scene.rooms.settle_all()
    assert NAME not in [a.event.type for a in done if isinstance(a, SetState) and a.room == scene.arts]
    assert scene.rooms.content(scene.room, NAME) == {"name": "Arts and Crafts"}


ODD_NAMES = [
    "",
    "  ",
    "@room",
    "#arts:hs.test",
    "x" * 81,
    "a\u202eb",
    "a\0b",
    "\ud800",
    "!!!",
    5,
    None,
    ["Arts"],
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=range(len(ODD_NAMES)))
async def test_a32_an_odd_name_set_by_hand_is_put_back(scene: Scene, name: Any) -> None:
    scene.set(NAME, {"name": name})
    assert await scene.read() is True
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, NAME) == {"name": "Arts"}
    assert (await scene.stage.works.landscape()).networks[scene.arts].name == "Arts"


@pytest.mark.parametrize("topic", ["a\0b", "\ud800", "x" * 1001, 5, None])
async def test_a32_an_odd_topic_set_by_hand_is_put_back(scene: Scene, topic: Any) -> None:
    scene.set(TOPIC, {"topic": topic})
    assert await scene.read() is True
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, TOPIC) == {"topic": ""}


async def test_what_the_bot_itself_had_set_is_taken_over_by_nobody(scene: Scene) -> None:
    scene.set(NAME, {"name": "Left over"}, by=BOT)
    await scene.read()
    assert (await scene.stage.works.landscape()).networks[scene.arts].name == "Arts"
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, NAME) == {"name": "Arts"}


async def test_a_level_that_a_coordinator_gave_by_hand_stays(scene: Scene) -> None:
    levels = scene.rooms.content(scene.room, LEVELS)
    scene.set(LEVELS, {**levels, "users": {**levels["users"], BEN: 25}})
    assert await scene.read() is True
    assert await scene.waiting() == []


async def test_memberships_that_were_read_are_kept(scene: Scene) -> None:
    scene.set("m.room.member", {"membership": "join"}, key=BEN, by=BEN)
    scene.set("m.room.member", {"membership": "ban"}, key="@bad:hs.test")
    await scene.read()
    async with scene.stage.work() as work:
        members = await work.members_of(scene.arts)
        assert (members[BEN], members[UserId("@bad:hs.test")]) == ("join", "ban")
        assert BOT not in members


# -- malformed --------------------------------------------------------------------------------------


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
    for kind, key, content in by_hand:
        scene.set(kind, content, key=key)
    await scene.stage.put(ReadBack(scene.arts))
    await scene.rooms.settle_all()
    assert await scene.is_ready()
    assert {key: scene.rooms.content(scene.room, key) for key in whole} == whole
    levels = scene.rooms.content(scene.room, LEVELS)
    assert (levels["invite"], levels["users_default"], levels["events_default"]) == (50, 0, 50)
    assert level_of(BEN, levels) < 100
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
