"""What people change in their own clients means what the command means, or is put back (H5, R1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from appservice.reconciler import Reconciler
from appservice.store import tables
from appservice.succession import look_for_silence
from spaces import changes
from spaces.actions import ReadBack, Say, SetState, TakeIn
from spaces.by_hand import CLOSING_SECONDS
from spaces.identifiers import GroupId, NetworkId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Pause
from tests.appservice.scene import LEVELS, NAME, RULES, TOPIC, Scene
from tests.appservice.stage import ALICE, BEN, BOT, Stage, member, message, says, text_of

AVATAR = "m.room.avatar"
CHILD = "m.space.child"
CAROL = UserId("@carol:hs.test")
DAN = UserId("@dan:hs.test")
MADE = RoomId("!made-by-hand:hs.test")
VIA = {"via": ["hs.test"]}


async def landscape(scene: Scene) -> Landscape:
    return await scene.stage.works.landscape()


async def audit(scene: Scene) -> list[tuple[str, str, str | None, str | None]]:
    async with scene.stage.database.reading() as connection:
        rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
        return [(row.who, row.what, row.before, row.after) for row in rows]


async def told(scene: Scene, who: UserId = ALICE) -> list[str]:
    """What waits to be said to somebody, or was said to them."""
    async with scene.stage.database.reading() as connection:
        t = tables.outbox.c
        rows = await connection.execute(select(t.key).where(t.key.startswith(f"Say:tell:{who}:")))
        return [str(key) for key in rows.scalars()]


def lift(scene: Scene, room: RoomId, levels: Mapping[str, int | None], by: UserId = ALICE) -> None:
    """Set the levels of people in their client; None leaves somebody out."""
    content = scene.rooms.content(room, LEVELS)
    users = {**content["users"], **levels}
    users = {user: level for user, level in users.items() if level is not None}
    scene.rooms.set(room, LEVELS, {**content, "users": users}, by=by)


async def reads(scene: Scene, *places: Any) -> None:
    """Read these back and do all that comes of it."""
    await scene.stage.put(*(ReadBack(place) for place in places or (scene.arts,)))
    await scene.rooms.settle_all()


async def group(scene: Scene, name: str = "Painting", access: Access = Access.PRIVATE) -> GroupId:
    async with scene.stage.work() as work:
        after, made = changes.create_group(
            work.landscape, work.ids, name=name, home=scene.arts, access=access
        )
        await work.change(after, what="made", about=made)
    await scene.rooms.settle_all()
    return made


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


# -- rooms of others --------------------------------------------------------------------------------


def make_room(scene: Scene, *, bots_level: int | None = None, version: str = "9") -> None:
    """A room as Element makes one by hand, restricted to the Space, encrypted, its maker at 100."""
    rooms = scene.rooms
    rooms.set(MADE, "m.room.create", {"room_version": version})
    users = {ALICE: 100, **({BOT: bots_level} if bots_level is not None else {})}
    rooms.set(MADE, LEVELS, {"users": users, "invite": 0, "events": {"m.room.tombstone": 100}})
    rooms.set(MADE, NAME, {"name": "Sketches"})
    rooms.set(MADE, TOPIC, {"topic": "On Mondays"})
    allow = [{"type": "m.room_membership", "room_id": scene.room}]
    rooms.set(MADE, RULES, {"join_rule": "restricted", "allow": allow})
    rooms.set(MADE, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 7})
    rooms.set(MADE, "m.space.parent", {"via": ["hs.test"], "canonical": True}, key=scene.room)
    rooms.set(MADE, "m.room.member", {"membership": "join"}, key=ALICE)
    scene.set(CHILD, VIA, key=MADE)


async def adopted(scene: Scene) -> GroupId:
    [found] = [g for g in (await landscape(scene)).groups.values() if g.name == "Sketches"]
    return found.id


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
