"""What a room's state, read just now, means: the gate, the repairs, and what people changed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from appservice.readback import MOST_ROUNDS
from appservice.store import outbox, tables
from spaces.actions import Action, Invite, Publish, ReadBack, Say, SetState, StateEvent
from spaces.identifiers import RoomId, UserId
from spaces.network import Access
from tests.appservice.scene import LEVELS, NAME, RULES, TOPIC, Scene
from tests.appservice.stage import ALICE, BEN, BOT, PlayedRooms, Stage


def types(actions: list[Action]) -> list[str]:
    return [a.event.type if isinstance(a, SetState) else type(a).__name__ for a in actions]


# -- the gate ---------------------------------------------------------------------------------------


async def test_a_room_that_is_as_it_should_be_passes_and_nothing_is_put(scene: Scene) -> None:
    assert await scene.read() is True
    assert await scene.waiting() == []
    assert await scene.is_ready()


async def test_what_a_space_is_only_going_to_list_was_not_taken_out_of_it(stage: Stage) -> None:
    """It is read before its rooms are there: none of them is asked for once more."""
    played = PlayedRooms(stage)
    arts = await stage.found("Arts")
    wanted = await stage.entries()
    read = next(entry for entry in wanted if entry.action == ReadBack(arts))
    for entry in wanted[: wanted.index(read) + 1]:
        await played.settle(entry)
    assert await stage.entries() == wanted[wanted.index(read) + 1 :]
    done = await played.settle_all()
    assert [a.room for a in done].count(arts) >= 2, "it lists its rooms"


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
        "Say",
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
    assert types(done) == [RULES, "ReadBack", "Invite", "Say"]
    assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}
    assert await scene.is_ready()


async def test_p5_who_gets_in_changes_in_its_turn_but_nobody_else_gets_in_meanwhile(scene: Scene) -> None:
    allowed = [{"type": "m.room_membership", "room_id": scene.room}]
    scene.set(RULES, {"join_rule": "restricted", "allow": allowed})
    shut = SetState(
        scene.arts, StateEvent(RULES, {"join_rule": "invite"}), closing=True, behind=("the link",)
    )
    await scene.stage.put(shut)
    assert await scene.read() is True
    assert await _waiting_but_for_words(scene) == [shut, ReadBack(scene.arts, behind=(shut.key,))]
    allowed.append({"type": "m.room_membership", "room_id": "!foreign"})
    scene.set(RULES, {"join_rule": "restricted", "allow": allowed})
    assert await scene.read() is False
    assert await _waiting_but_for_words(scene) == [replace(shut, behind=()), ReadBack(scene.arts, 1)]


async def _waiting_but_for_words(scene: Scene) -> list[Action]:
    """Coordinators are told of what is put back."""
    return [step for step in await scene.waiting() if not isinstance(step, Say)]


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
    assert str(reason).startswith("make sure that “Arts” is closed as it should be: ")
    assert str(reason).endswith("does not keep its settings (m.room.join_rules)")
    assert not await scene.is_ready()


async def test_what_waits_for_a_room_that_does_not_hold_goes_on_waiting(stage: Stage) -> None:
    scene = await Scene(stage).open()
    await stage.put(Invite(scene.arts, BEN), Publish(scene.arts, scene.arts))
    scene.set(RULES, {"join_rule": "public"})
    await stage.put(ReadBack(scene.arts, MOST_ROUNDS))
    [entry] = [e for e in await stage.entries() if isinstance(e.action, ReadBack)]
    assert await scene.rooms.settle(entry) is False
    waiting = [e for e in await stage.entries() if isinstance(e.action, (Invite, Publish))]
    assert len(waiting) == 2
    assert {e.undertaking for e in waiting} == {None}, "nobody is kept waiting with them"
    assert not await scene.is_ready()


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


async def test_the_audit_log_says_who_changed_it_by_hand(scene: Scene) -> None:
    scene.set(NAME, {"name": "Arts and Crafts"})
    await scene.read()
    async with scene.stage.database.reading() as connection:
        said = (await connection.execute(select(tables.audit).order_by(tables.audit.c.id))).all()
        assert (said[-1].who, said[-1].what, said[-1].at) == (ALICE, "by hand: rename", scene.stage.clock())
        assert (said[-1].before, said[-1].after) == (
            "Arts · private · active · ",
            "Arts and Crafts · private · active · ",
        )


async def test_a_name_set_by_hand_that_looks_like_one_that_they_may_see_is_put_back(scene: Scene) -> None:
    await scene.stage.found("Cop", access=Access.PUBLIC)
    await scene.rooms.settle_all()
    scene.set(NAME, {"name": "Сор"})
    assert await scene.read() is True
    assert (await scene.stage.works.landscape()).networks[scene.arts].name == "Arts"
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, NAME) == {"name": "Arts"}


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
