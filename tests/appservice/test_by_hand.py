"""What people change in their own clients means what the command means, or is put back (H5, R1)."""

from __future__ import annotations

from appservice.store import tables
from spaces import changes
from spaces.actions import ReadBack
from spaces.identifiers import NetworkId, UserId
from spaces.network import Access
from tests.appservice.handwork import (
    AVATAR,
    CAROL,
    CHILD,
    VIA,
    audit,
    group,
    landscape,
    lift,
    reads,
    told,
)
from tests.appservice.scene import LEVELS, NAME, RULES, Scene
from tests.appservice.stage import ALICE, BEN, says, text_of

# -- names, topics, pictures ------------------------------------------------------------------------


async def test_a54_a_name_of_somebody_without_power_in_the_room_is_put_back(scene: Scene) -> None:
    """A homeserver lets them where the level for it was lowered before."""
    scene.set(NAME, {"name": "Mine"}, by=BEN)
    await reads(scene)
    assert scene.rooms.content(scene.room, NAME) == {"name": "Arts"}
    assert (await landscape(scene)).networks[scene.arts].name == "Arts"
    who, what, *_ = (await audit(scene))[-1]
    assert (who, what) == ("hedgerow", f"put back what {BEN} changed by hand: m.room.name")


async def test_h5_a_name_is_judged_by_who_its_giver_is_in_that_room_and_not_by_our_tables(
    scene: Scene,
) -> None:
    """Ben coordinates nothing, and has the power in this one group: it is his to name."""
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    lift(scene, room, {BEN: 50})
    await reads(scene, painting)
    scene.rooms.set(room, NAME, {"name": "Drawing"}, by=BEN)
    await reads(scene, painting)
    assert (await landscape(scene)).groups[painting].name == "Drawing"
    assert ("by hand: rename", BEN) in [(what, who) for who, what, *_ in await audit(scene)]


async def test_h5_a_name_counts_for_who_had_the_right_when_they_gave_it(scene: Scene) -> None:
    scene.set(NAME, {"name": "Arts and Crafts"})
    lift(scene, scene.room, {ALICE: 0, BEN: 50})
    await reads(scene)
    assert (await landscape(scene)).networks[scene.arts].name == "Arts and Crafts"


async def test_h5_a_picture_stays_and_is_in_the_audit_log(scene: Scene) -> None:
    scene.set(AVATAR, {"url": "mxc://hs.test/one"})
    await reads(scene)
    assert scene.rooms.content(scene.room, AVATAR) == {"url": "mxc://hs.test/one"}
    assert (await audit(scene))[-1] == (ALICE, "by hand: picture", None, "mxc://hs.test/one")
    before = len(await audit(scene))
    await reads(scene)
    assert len(await audit(scene)) == before, "what was dealt with once is not noted again"


async def test_h5_a_picture_of_somebody_without_the_right_is_put_back_to_what_it_was(scene: Scene) -> None:
    scene.set(AVATAR, {"url": "mxc://hs.test/one"})
    await reads(scene)
    scene.set(AVATAR, {"url": "mxc://hs.test/two"}, by=BEN)
    await reads(scene)
    assert scene.rooms.content(scene.room, AVATAR) == {"url": "mxc://hs.test/one"}


# -- roles ------------------------------------------------------------------------------------------


async def test_h5_who_is_lifted_in_the_space_looks_after_the_whole_network(scene: Scene) -> None:
    painting = await group(scene)
    lift(scene, scene.room, {BEN: 50})
    await reads(scene)
    assert set((await landscape(scene)).coordinators_of(scene.arts)) == {ALICE, BEN}
    levels = scene.rooms.content(scene.stage.places.room(painting), LEVELS)
    assert levels["users"][BEN] == 50
    notes = await audit(scene)
    assert (ALICE, f"by hand: power of {BEN}", "0", "50") in notes
    assert f"by hand: coordinator add {BEN}" in [what for _, what, *_ in notes]
    later = await group(scene, "Music")
    assert scene.rooms.content(scene.stage.places.room(later), LEVELS)["users"][BEN] == 50


async def test_a54_who_is_lifted_by_somebody_without_the_right_is_no_coordinator(scene: Scene) -> None:
    lift(scene, scene.room, {CAROL: 50}, by=BEN)
    await reads(scene)
    assert (await landscape(scene)).coordinators_of(scene.arts) == (ALICE,)


async def test_h5_who_is_lowered_in_the_space_loses_the_power_in_all_its_rooms(scene: Scene) -> None:
    painting = await group(scene)
    lift(scene, scene.room, {BEN: 50})
    await reads(scene)
    lift(scene, scene.room, {BEN: None})
    await reads(scene)
    assert (await landscape(scene)).coordinators_of(scene.arts) == (ALICE,)
    assert BEN not in scene.rooms.content(scene.stage.places.room(painting), LEVELS)["users"]
    assert BEN not in scene.rooms.content(scene.room, LEVELS)["users"]


async def test_a56_who_lowers_themselves_as_the_last_one_leaves_an_orphan_that_says_so(
    scene: Scene,
) -> None:
    lift(scene, scene.room, {ALICE: 0})
    await scene.stage.put(ReadBack(scene.arts))
    done = await scene.rooms.settle_all()
    after = await landscape(scene)
    assert after.coordinators_of(scene.arts) == ()
    [said] = [say for say in says(done) if say.said.startswith("orphaned:")]
    assert said.room == after.groups_of(scene.arts)[0].id, "in welcome"
    assert text_of(said).startswith("Nobody looks after Arts any more.")


async def test_r1_a_level_given_or_taken_in_one_group_is_for_that_group_and_stays(scene: Scene) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    lift(scene, scene.room, {CAROL: 50})
    await reads(scene)
    lift(scene, room, {BEN: 50, CAROL: None}, by=ALICE)
    await reads(scene, painting)
    assert set((await landscape(scene)).coordinators_of(scene.arts)) == {ALICE, CAROL}
    for _ in range(2):
        await reads(scene, painting, scene.arts)
        users = scene.rooms.content(room, LEVELS)["users"]
        assert (users[BEN], users.get(CAROL, 0), users[ALICE]) == (50, 0, 50)
    assert scene.rooms.content(scene.room, LEVELS)["users"][CAROL] == 50
    async with scene.stage.work() as work:  # what a command changes leaves it, too
        after = changes.add_coordinator(work.landscape, scene.arts, UserId("@dan:hs.test"))
        await work.change(after, what="coordinator add", about=scene.arts)
    await scene.rooms.settle_all()
    users = scene.rooms.content(room, LEVELS)["users"]
    assert (users[BEN], users.get(CAROL, 0), users[UserId("@dan:hs.test")]) == (50, 0, 50)


async def test_r1_what_a_failed_removal_left_behind_makes_nobody_a_coordinator_again(scene: Scene) -> None:
    lift(scene, scene.room, {BEN: 50})
    await reads(scene)
    async with scene.stage.work() as work:
        after = changes.remove_coordinator(work.landscape, scene.arts, BEN)
        await work.change(after, what="coordinator remove", about=scene.arts)
    for entry in await scene.stage.entries():
        async with scene.stage.database.writing() as connection:
            await connection.execute(tables.outbox.delete().where(tables.outbox.c.seq == entry.seq))
    assert scene.rooms.content(scene.room, LEVELS)["users"][BEN] == 50, "it was not delivered"
    await reads(scene)
    assert (await landscape(scene)).coordinators_of(scene.arts) == (ALICE,)
    assert BEN not in scene.rooms.content(scene.room, LEVELS)["users"]


# -- what stands in the Space -----------------------------------------------------------------------


async def other(scene: Scene, name: str, by: tuple[UserId, ...], access: Access = Access.PUBLIC) -> NetworkId:
    found = await scene.stage.found(name, by=by, access=access)
    await scene.rooms.settle_all()
    return found


async def test_h5_a_network_put_into_the_space_by_who_looks_after_both_is_linked(scene: Scene) -> None:
    health = await other(scene, "Health", (ALICE,))
    scene.set(CHILD, VIA, key=scene.stage.places.room(health))
    await reads(scene)
    link = (await landscape(scene)).links[scene.arts, health]
    assert link.holds
    parents = scene.rooms.state[scene.stage.places.room(health)]
    assert ("m.space.parent", scene.room) in parents
    assert (await audit(scene))[-1][:2] == (ALICE, "by hand: network link under " + await slug(scene))


async def slug(scene: Scene) -> str:
    return (await landscape(scene)).networks[scene.arts].slug


async def test_h5_a_network_of_others_waits_for_their_yes_and_stands_there_meanwhile(scene: Scene) -> None:
    health = await other(scene, "Health", (BEN,))
    room = scene.stage.places.room(health)
    scene.set(CHILD, VIA, key=room)
    await reads(scene)
    link = (await landscape(scene)).links[scene.arts, health]
    assert (link.parent_agreed, link.child_agreed) == (True, False)
    assert len(await told(scene, BEN)) == 1, "the other side is asked"
    assert scene.rooms.content(scene.room, CHILD, room) == VIA
    assert ("m.space.parent", scene.room) not in scene.rooms.state[room], "nothing of ours follows"
    async with scene.stage.work() as work:
        after = changes.decline(work.landscape, scene.arts, health)
        after = after if after is not work.landscape else work.landscape
        await work.change(after, what="declined", about=health)
    await scene.rooms.settle_all()
    assert scene.rooms.content(scene.room, CHILD, room) == {}, "after a no it is taken out again"


async def test_a58_what_would_close_a_loop_is_taken_out_and_told(scene: Scene) -> None:
    health = await other(scene, "Health", (ALICE,))
    scene.set(CHILD, VIA, key=scene.stage.places.room(health))
    await reads(scene)
    below = scene.stage.places.room(health)
    scene.rooms.set(below, CHILD, VIA, key=scene.room)
    await reads(scene, health)
    assert scene.rooms.content(below, CHILD, scene.room) == {}
    assert (health, scene.arts) not in (await landscape(scene)).links
    assert len(await told(scene)) == 2, "why it cannot be, and that it was put back"


async def test_a_network_that_they_may_not_know_of_is_to_them_a_room_like_any_other(scene: Scene) -> None:
    quiet = await other(scene, "Quiet", (BEN,), Access.INVITE)
    room = scene.stage.places.room(quiet)
    scene.set(CHILD, VIA, key=room)
    await reads(scene)
    assert (scene.arts, quiet) not in (await landscape(scene)).links
    assert await told(scene, BEN) == []
    [key] = await told(scene)
    assert key.startswith(f"Say:tell:{ALICE}:invite me:")


async def test_h5_what_is_taken_out_of_the_space_is_unlinked(scene: Scene) -> None:
    health = await other(scene, "Health", (ALICE,))
    room = scene.stage.places.room(health)
    scene.set(CHILD, VIA, key=room)
    await reads(scene)
    scene.set(CHILD, {}, key=room)
    await reads(scene)
    assert (scene.arts, health) not in (await landscape(scene)).links
    assert scene.rooms.content(room, "m.space.parent", scene.room) == {}


async def test_h5_a_group_taken_out_stays_and_is_only_unlisted(scene: Scene) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    scene.set(CHILD, {}, key=room)
    await reads(scene)
    await reads(scene)
    assert painting in (await landscape(scene)).groups
    assert scene.rooms.content(scene.room, CHILD, room) == {}
    assert ALICE in [who for who, what, *_ in await audit(scene) if what.startswith("by hand: taken off")]
    scene.set(CHILD, VIA, key=room)
    await reads(scene)
    assert scene.rooms.content(scene.room, CHILD, room) == VIA


async def test_a54_a_group_taken_out_by_somebody_without_the_right_comes_back(scene: Scene) -> None:
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    scene.set(CHILD, {}, key=room, by=BEN)
    await reads(scene)
    assert scene.rooms.content(scene.room, CHILD, room) != {}


async def test_h5_a_group_shared_by_who_looks_after_both_is_listed_by_both(scene: Scene) -> None:
    health = await other(scene, "Health", (ALICE,))
    painting = await group(scene)
    room = scene.stage.places.room(painting)
    scene.rooms.set(scene.stage.places.room(health), CHILD, VIA, key=room)
    await reads(scene, health)
    assert (await landscape(scene)).shares[painting, health].holds
    allow = scene.rooms.content(room, RULES)["allow"]
    assert scene.stage.places.room(health) in [rule["room_id"] for rule in allow]
    scene.rooms.set(scene.stage.places.room(health), CHILD, {}, key=room)
    await reads(scene, health)
    assert (await landscape(scene)).shares == {}
