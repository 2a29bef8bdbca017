"""What breaks the rules is put back and told, and left alone while it is paused (H5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from appservice.reconciler import Reconciler
from spaces import changes
from spaces.actions import ReadBack, SetState
from spaces.by_hand import CLOSING_SECONDS
from spaces.network import Pause
from tests.appservice.handwork import (
    MADE,
    adopted,
    audit,
    group,
    landscape,
    lift,
    make_room,
    reads,
    told,
)
from tests.appservice.scene import LEVELS, NAME, RULES, TOPIC, Scene
from tests.appservice.stage import BEN, BOT, says, text_of

# -- what is put back, and told ---------------------------------------------------------------------


async def test_h5_what_was_put_back_is_told_in_one_message_with_the_thing_and_who(scene: Scene) -> None:
    levels = scene.rooms.content(scene.room, LEVELS)
    scene.set(LEVELS, {**levels, "invite": 0, "users_default": 50})
    scene.set(RULES, {"join_rule": "public"})
    await scene.stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    [said] = [text_of(say) for say in says(done)]
    assert said.startswith("@alice:hs.test changed Arts in a way that I do not keep, and I have put it back:")
    for part in ("needed to invite: 50", "everyone has: 0", "Who may join: people who are invited"):
        assert part in said
    assert scene.rooms.content(scene.room, LEVELS) == levels


async def test_h5_the_same_is_not_told_again_within_the_hour(scene: Scene) -> None:
    for seconds, count in ((0, 1), (700, 1), (3000, 2)):
        scene.stage.clock.seconds += seconds
        scene.set(RULES, {"join_rule": "public"})
        await reads(scene)
        assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}
        assert len(await told(scene)) == count


async def test_h5_a_fight_ends_with_a_pause_of_that_room_and_a_word(scene: Scene) -> None:
    for _ in range(5):
        scene.set(RULES, {"join_rule": "public"})
        await reads(scene)
        assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}
        scene.stage.clock.seconds += 60
    assert (await landscape(scene)).networks[scene.arts].paused is Pause.FIGHT
    scene.set(NAME, {"name": "Mine"}, by=BEN)
    await reads(scene)
    assert scene.rooms.content(scene.room, NAME) == {"name": "Mine"}
    assert len(await told(scene)) == 2


async def test_a53_a_room_that_is_fought_over_is_closed_within_a_minute_and_not_in_a_race(
    scene: Scene,
) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    rule = scene.rooms.content(room, RULES)
    levels = scene.rooms.content(room, LEVELS)
    for _ in range(5):
        scene.rooms.set(room, RULES, {"join_rule": "public"})
        await reads(scene, painting)
    assert (await landscape(scene)).groups[painting].paused is Pause.FIGHT

    async def is_ready() -> bool:
        row = await scene.stage.row(painting)
        return row is not None and row.ready

    async def opened() -> bool:
        scene.rooms.set(room, RULES, {"join_rule": "public"})
        scene.rooms.set(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
        scene.rooms.set(room, LEVELS, {**levels, "invite": 0, "users_default": 50})
        await reads(scene, painting)
        return bool(scene.rooms.content(room, RULES) == {"join_rule": "public"})

    assert await opened(), "not at once again"
    assert not await is_ready(), "and nothing of ours follows into an open room"
    for _ in range(3):
        scene.stage.clock.seconds += CLOSING_SECONDS
        await reads(scene, painting)  # as the tick does
        assert scene.rooms.content(room, RULES) == rule
        assert scene.rooms.content(room, "m.room.history_visibility") == {"history_visibility": "shared"}
        assert scene.rooms.content(room, LEVELS) == levels
        assert await is_ready()
        assert await opened()
    assert (await landscape(scene)).groups[painting].paused is Pause.FIGHT
    assert len([key for key in await told(scene) if "put back" in key]) <= 4, "what is new, and no more"


async def test_h5_the_rooms_that_are_fought_over_are_those_that_the_tick_reads(scene: Scene) -> None:
    painting = await group(scene)
    async with scene.stage.work() as work:
        fought = replace(work.landscape.groups[painting], paused=Pause.FIGHT)
        await work.change(work.landscape.having(fought), what="paused after a fight", about=painting)
    await scene.rooms.settle_all()
    reconciler = Reconciler(scene.stage.works, Any, scene.stage.inbox, scene.stage.places)
    await reconciler.look_at_fights()
    assert await scene.waiting() == [ReadBack(painting)]


async def test_h5_a_private_room_made_public_stays_so_while_a_coordinator_has_it_paused(scene: Scene) -> None:
    await pauses(scene, Pause.ALL)
    scene.set(RULES, {"join_rule": "public"})
    await reads(scene)
    assert scene.rooms.content(scene.room, RULES) == {"join_rule": "public"}
    assert not await scene.is_ready(), "but nothing of ours follows into an open room"
    scene.set(RULES, {"join_rule": "knock"})
    await reads(scene)
    [said] = await told(scene)
    assert "left open" in said, "they are told once, since it may not be they who did it"
    await pauses(scene, Pause.NONE)
    await reads(scene)
    assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}


async def test_five_repairs_in_an_hour_are_no_fight(scene: Scene) -> None:
    for _ in range(7):
        scene.set(RULES, {"join_rule": "public"})
        await reads(scene)
        scene.stage.clock.seconds += 200
    assert (await landscape(scene)).networks[scene.arts].paused is Pause.NONE


async def test_a53_what_the_homeserver_lost_is_put_back_and_told_once(scene: Scene) -> None:
    for count in (1, 1):
        scene.set(RULES, {"join_rule": "public"}, by=BOT)  # an event of long ago is the room's state again
        assert await scene.read() is False, "no invitations meanwhile"
        await scene.rooms.settle_all()
        assert scene.rooms.content(scene.room, RULES) == {"join_rule": "invite"}
        assert len(await told(scene)) == count
    lost = "put back what the homeserver had lost: m.room.join_rules"
    assert ("hedgerow", lost) in [(who, what) for who, what, *_ in await audit(scene)]


async def test_a56_when_the_bot_loses_its_power_in_a_room_of_others_it_asks_for_it_again(
    scene: Scene,
) -> None:
    make_room(scene, bots_level=100)
    await reads(scene)
    made = await adopted(scene)
    await reads(scene, made)
    asked = len(await told(scene))
    lift(scene, MADE, {BOT: 0})
    await reads(scene, made)
    await reads(scene, made)
    assert len(await told(scene)) == asked + 1
    assert [a for a in await scene.waiting() if isinstance(a, SetState)] == []


# -- pause ------------------------------------------------------------------------------------------


async def pauses(scene: Scene, word: Pause) -> None:
    async with scene.stage.work() as work:
        network = replace(work.landscape.networks[scene.arts], paused=word)
        await work.change(work.landscape.having(network), what="pause", about=scene.arts)


async def test_h5_while_paused_nothing_is_put_back_and_what_is_a_coordinators_is_taken_over(
    scene: Scene,
) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    await pauses(scene, Pause.ALL)
    scene.rooms.set(room, LEVELS, {**scene.rooms.content(room, LEVELS), "invite": 0})
    scene.rooms.set(room, NAME, {"name": "Drawing"})
    await reads(scene, painting)
    async with scene.stage.work() as work:
        after = changes.describe(work.landscape, work.ids, painting, topic="Still done")
        await work.change(after, what="described", about=painting)
    await scene.rooms.settle_all()
    assert scene.rooms.content(room, LEVELS)["invite"] == 0
    assert scene.rooms.content(room, TOPIC) == {"topic": "Still done"}
    assert (await landscape(scene)).groups[painting].name == "Drawing"
    assert await told(scene) == []
    await pauses(scene, Pause.NONE)
    await reads(scene, painting)
    assert scene.rooms.content(room, LEVELS)["invite"] == 50
    assert await told(scene) == [], "who resumes knows what is put back"
