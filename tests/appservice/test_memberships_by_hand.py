"""Who is brought in or taken out by hand, and who looks after a network then (H5, R2)."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.succession import look_for_silence
from spaces.actions import Say
from tests.appservice.handwork import (
    CAROL,
    DAN,
    audit,
    group,
    landscape,
    lift,
    reads,
    told,
)
from tests.appservice.scene import Scene
from tests.appservice.stage import ALICE, BEN, BOT, Stage, member, message, says, text_of

pytestmark = pytest.mark.both_databases

# -- memberships ------------------------------------------------------------------------------------


async def test_h5_who_invites_takes_out_and_bans_whom_is_in_the_audit_log(scene: Scene) -> None:
    await scene.stage.hears(
        member(1, BEN, "invite", scene.room, sender=ALICE),
        member(2, BEN, "join", scene.room),
        member(3, BEN, "leave", scene.room, sender=ALICE),
        member(4, BEN, "ban", scene.room, sender=ALICE),
        member(5, BEN, "leave", scene.room, sender=ALICE),
    )
    notes = [(who, what) for who, what, *_ in await audit(scene) if what.startswith("by hand")]
    assert notes == [(ALICE, f"by hand: {deed} {BEN}") for deed in ("invite", "kick", "ban", "unban")]


async def test_h5_what_was_done_with_memberships_and_not_heard_of_is_treated_the_same(scene: Scene) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    lift(scene, scene.room, {BEN: 50})
    await reads(scene)
    await scene.stage.hears(
        *(member(n, who, "join", scene.room) for n, who in enumerate((ALICE, BEN, CAROL))),
        *(member(n, who, "join", room) for n, who in enumerate((ALICE, CAROL), 5)),
    )
    for where, who, how, by in (
        (room, CAROL, "leave", ALICE),
        (room, DAN, "invite", ALICE),
        (scene.room, CAROL, "ban", ALICE),
        (scene.room, BEN, "leave", BEN),
    ):
        scene.rooms.set(where, "m.room.member", {"membership": how, "reason": "spam"}, key=who, by=by)
    for _ in range(2):  # noted once
        await reads(scene, scene.arts, painting)
        notes = [(who, what) for who, what, *_ in await audit(scene) if what.startswith("by hand: ")]
        done = [note for note in notes if "power" not in note[1] and "add" not in note[1]]
        assert sorted(done) == [
            (ALICE, f"by hand: ban {CAROL}"),
            (ALICE, f"by hand: invite {DAN}"),
            (ALICE, f"by hand: kick {CAROL}"),
            (BEN, f"by hand: coordinator remove {BEN}"),
        ]
    after = await landscape(scene)
    assert after.coordinators_of(scene.arts) == (ALICE,)
    assert [(ban.place, ban.who) for ban in after.bans.values()] == [(scene.arts, CAROL)]


async def test_h5_a_room_that_was_read_before_the_last_event_tells_nothing_of_memberships(
    scene: Scene,
) -> None:
    gone = member(2, BEN, "leave", scene.room, sender=ALICE)
    again = member(3, BEN, "join", scene.room)
    await scene.stage.hears(member(1, BEN, "join", scene.room), gone, again)
    before = await audit(scene)
    scene.rooms.state[scene.room]["m.room.member", BEN] = gone
    await reads(scene)
    assert await audit(scene) == before


async def test_r2_who_came_since_nobody_looks_after_a_network_has_a_say_after_a_week(scene: Scene) -> None:
    """Three accounts made in a minute take over nothing; who was there has a say at once."""
    begun = scene.stage.clock()
    await scene.stage.hears(member(1, ALICE, "join", scene.room), member(2, BEN, "join", scene.room))
    scene.stage.clock.seconds += 60
    lift(scene, scene.room, {ALICE: 0})
    await reads(scene)
    scene.stage.clock.seconds += 60
    await scene.stage.hears(member(3, CAROL, "join", scene.room))
    renamed = member(4, BEN, "join", scene.room, content={"displayname": "Ben"})
    await scene.stage.hears(renamed)
    scene.rooms.set(scene.room, "m.room.member", {"membership": "join"}, key=CAROL, by=CAROL)
    scene.rooms.set(scene.room, "m.room.member", {"membership": "join", "displayname": "B"}, key=BEN, by=BEN)
    scene.stage.clock.seconds += 60
    await reads(scene)
    async with scene.stage.work() as work:
        nominations = work.nominations
        since = await nominations.unattended_since(scene.arts)
        came = [await nominations.came_at(scene.arts, who) for who in (BEN, CAROL, DAN)]
    assert (since, came) == (begun + 60, [begun, begun + 120, None])
    await scene.stage.hears(member(5, BEN, "leave", scene.room), member(6, BEN, "join", scene.room))
    async with scene.stage.work() as work:
        assert await work.nominations.came_at(scene.arts, BEN) == begun + 180, "who comes again comes anew"


async def test_r2_a_coordinator_who_leaves_the_space_in_their_client_has_given_up_the_role(
    scene: Scene,
) -> None:
    lift(scene, scene.room, {BEN: 50})
    await reads(scene)
    await scene.stage.hears(
        member(1, BEN, "invite", scene.room, sender=BOT), member(2, BEN, "leave", scene.room)
    )
    assert BEN in (await landscape(scene)).coordinators_of(scene.arts), "a no to an invitation is none"
    await scene.stage.hears(member(3, BEN, "join", scene.room), member(4, BEN, "leave", scene.room))
    assert (await landscape(scene)).coordinators_of(scene.arts) == (ALICE,)
    said = says(await scene.stage.hears(member(5, ALICE, "join", scene.room)))
    assert said == []
    said = says(await scene.stage.hears(member(6, ALICE, "leave", scene.room)))
    assert [type(say) for say in said] == [Say]
    assert said[0].said.startswith("orphaned:")


async def test_r2_after_a_long_silence_the_members_are_told_once_until_a_coordinator_is_heard_of(
    scene: Scene,
) -> None:
    def told_in_welcome(actions: list[Any]) -> int:
        return len([say for say in says(actions) if say.said.startswith("silent:")])

    async def looks(days: float) -> int:
        scene.stage.clock.seconds += days * 86_400
        async with scene.stage.work() as work:
            await look_for_silence(work, 180 * 86_400)
        return told_in_welcome(await scene.rooms.settle_all())

    assert [await looks(0), await looks(179), await looks(2), await looks(200)] == [0, 0, 1, 0]
    async with scene.stage.work() as work:
        assert await work.nominations.is_silent(scene.arts)
    await scene.stage.hears(message(1, "good morning"))
    async with scene.stage.work() as work:
        assert not await work.nominations.is_silent(scene.arts)
    await scene.rooms.settle_all()
    assert [await looks(179), await looks(2)] == [0, 1]


async def test_a56_a_bot_taken_out_of_a_room_says_so_to_who_looks_after_it(scene: Scene) -> None:
    actions = await scene.stage.hears(member(1, BOT, "leave", scene.room, sender=BEN))
    [said] = says(actions)
    assert text_of(said).startswith("@ben:hs.test took me out of Arts")


async def test_the_stage_is_as_it_seems(stage: Stage) -> None:
    scene = await Scene(stage).open()
    await reads(scene)
    assert await scene.waiting() == []
    assert await told(scene) == []
