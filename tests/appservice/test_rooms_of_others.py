"""Rooms of others that are put into a Space by hand (H5)."""

from __future__ import annotations

import pytest

from spaces.actions import ReadBack, SetState, TakeIn
from spaces.network import Access
from tests.appservice.handwork import (
    CHILD,
    MADE,
    VIA,
    adopted,
    audit,
    landscape,
    lift,
    make_room,
    reads,
    told,
)
from tests.appservice.scene import LEVELS, Scene
from tests.appservice.stage import ALICE, BOT, member, says, text_of

# -- rooms of others --------------------------------------------------------------------------------


async def test_h5_a_room_added_by_hand_becomes_a_group_and_its_maker_is_asked_for_power(scene: Scene) -> None:
    make_room(scene)
    await scene.stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    assert [action for action in done if isinstance(action, TakeIn)] == [
        TakeIn(MADE, scene.arts, ALICE, ("hs.test",))
    ]
    made = (await landscape(scene)).groups[await adopted(scene)]
    assert (made.home, made.topic, made.access, made.encrypted) == (
        scene.arts,
        "On Mondays",
        Access.PRIVATE,
        True,
    )
    assert scene.stage.places.room(made.id) == MADE
    assert [a for a in done if isinstance(a, SetState) and a.room in (made.id, MADE)] == []
    assert scene.rooms.content(scene.room, CHILD, MADE) == VIA
    said = [text_of(say) for say in says(done)]
    assert [text for text in said if "is a group of it now" in text]
    assert [text for text in said if "I have no power in it" in text]
    assert (ALICE, "by hand: group create") in [(who, what) for who, what, *_ in await audit(scene)]


async def test_h5_once_it_has_power_the_bot_looks_after_the_room_beside_its_maker(scene: Scene) -> None:
    make_room(scene)
    await reads(scene)
    made = await adopted(scene)
    lift(scene, MADE, {BOT: 100})
    await reads(scene, made)
    levels = scene.rooms.content(MADE, LEVELS)
    assert levels["users"] == {ALICE: 100, BOT: 100}, "nobody can lower who is level with them"
    assert (levels["invite"], levels["events"]["m.room.join_rules"]) == (50, 100)
    assert scene.rooms.content(MADE, "m.room.encryption")["rotation_period_msgs"] == 7
    assert not [key for key in await told(scene) if "put back" in key], "who does as asked is not told off"
    await reads(scene, made)
    assert [a for a in await scene.waiting() if isinstance(a, SetState)] == []


async def test_h5_a_room_that_the_bot_cannot_get_into_is_left_and_its_adder_asked_to_invite(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_room(scene)
    state = scene.rooms.state.pop(MADE)
    await scene.stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    [asked] = [text_of(say) for say in says(done)]
    assert asked.startswith("You have added a room to Arts that I cannot get into. Invite @hedgerow:hs.test")
    assert scene.rooms.content(scene.room, CHILD, MADE) == VIA
    scene.rooms.state[MADE] = state
    waiting = await scene.stage.hears(member(1, BOT, "invite", MADE, sender=ALICE))
    assert waiting == [TakeIn(MADE, scene.arts, ALICE)]
    await scene.rooms.settle_all()
    assert scene.stage.places.room(await adopted(scene)) == MADE


async def test_h5_a_space_of_others_is_no_group(scene: Scene) -> None:
    make_room(scene)
    scene.rooms.set(MADE, "m.room.create", {"room_version": "9", "type": "m.space"})
    await scene.stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    assert not [g for g in (await landscape(scene)).groups.values() if g.name == "Sketches"]
    [said] = [text_of(say) for say in says(done)]
    assert said.startswith("You have added a Space to Arts that others have made.")
