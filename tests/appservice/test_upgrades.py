"""A room that somebody upgrades in their client is replaced wherever it was known (H6, A51, A52)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from appservice.store import tables
from spaces import changes
from spaces.actions import (
    Action,
    Ban,
    Follow,
    Invite,
    Leave,
    MoveAlias,
    ReadBack,
    SetState,
    StateEvent,
    Withdraw,
)
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access
from tests.appservice.handwork import MADE, VIA, adopted, audit, landscape, lift, make_room, reads
from tests.appservice.scene import LEVELS, RULES, Scene
from tests.appservice.stage import ALICE, BEN, BOT, Stage, member, message, says, state, text_of

pytestmark = pytest.mark.both_databases

CAROL, DAN = UserId("@carol:hs.test"), UserId("@dan:hs.test")
NEW = RoomId("!new:hs.test")
CHILD, PARENT, STONE = "m.space.child", "m.space.parent", "m.room.tombstone"


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    scene = await Scene(stage).open()
    await stage.knows(RoomId("!alice-and-the-bot"), ALICE)
    return scene


async def made_by_hand(scene: Scene) -> GroupId:
    """Sketches, a room of Alice's that has become a group and where the bot has its power."""
    make_room(scene)
    await reads(scene)
    made = await adopted(scene)
    lift(scene, MADE, {BOT: 100})
    for user, how in ((BEN, "join"), (CAROL, "invite"), (DAN, "ban")):
        scene.rooms.set(MADE, "m.room.member", {"membership": how}, key=user)
    await reads(scene, made)
    return made


def upgrade(
    scene: Scene,
    old: RoomId = MADE,
    new: RoomId = NEW,
    by: UserId = ALICE,
    version: str = "11",
    predecessor: str | None = None,
    creator: UserId | None = None,
    levels: Mapping[str, int] | None = None,
    **more: Any,
) -> None:
    """Upgrade the room as a homeserver does for `by`; what does not fit can be given."""
    there, maker = scene.rooms.state[old], creator or by
    before = {"predecessor": {"room_id": old if predecessor is None else predecessor}}
    scene.rooms.set(new, "m.room.create", {"room_version": version, **before, **more}, by=maker)
    scene.rooms.set(new, "m.room.member", {"membership": "join"}, key=by, by=by)
    for (kind, key), event in list(there.items()):
        if kind not in ("m.room.create", "m.room.member", STONE) and not kind.startswith("m.space"):
            scene.rooms.set(new, kind, event["content"], key=key, by=by)
    if levels is not None:
        content = scene.rooms.content(new, LEVELS)
        scene.rooms.set(new, LEVELS, {**content, "users": dict(levels)}, by=by)
    scene.rooms.set(old, STONE, {"body": "", "replacement_room": new}, by=by)


def tombstone(n: int, old: RoomId = MADE, new: RoomId = NEW, by: UserId = ALICE, **more: Any) -> Any:
    return state(n, STONE, {"body": "", "replacement_room": new}, room_id=old, sender=by, **more)


async def rows(scene: Scene) -> list[tuple[str, str, str]]:
    async with scene.stage.database.reading() as connection:
        found = await connection.execute(select(tables.upgrades))
        return [(row.old_room, row.new_room, row.state) for row in found]


def told(done: list[Action]) -> list[str]:
    return [text_of(said) for said in says(done)]


def allows(scene: Scene, room: RoomId) -> list[str]:
    return [rule["room_id"] for rule in scene.rooms.content(room, RULES)["allow"]]


async def hears(scene: Scene, *events: Any) -> list[Action]:
    await scene.stage.hears(*events)
    return await scene.rooms.settle_all()


async def done_until_somebody_is_waited_for(scene: Scene) -> list[Action]:
    """All that can be done, though some of the rest waits for a room that is not closed."""
    began = len(scene.rooms.done)
    while entries := [entry for entry in await scene.stage.entries() if scene.rooms._can(entry.action)]:
        await scene.rooms.settle(entries[0])
    return scene.rooms.done[began:]


# -- it is replaced ---------------------------------------------------------------------------------


async def test_h6_a_group_upgraded_in_a_client_is_the_new_room_everywhere(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    done = await hears(scene, tombstone(1))
    assert scene.stage.places.room(made) == NEW
    assert scene.stage.places.place(MADE) is None
    assert scene.rooms.content(scene.room, CHILD, NEW)["via"] == ["hs.test"]
    assert scene.rooms.content(scene.room, CHILD, MADE) == {}
    assert scene.rooms.content(NEW, PARENT, scene.room)["canonical"]
    levels = scene.rooms.content(NEW, LEVELS)
    assert levels["users"] == {ALICE: 100, BOT: 100}
    invited = {action.user for action in done if isinstance(action, Invite)}
    assert invited == {BEN, CAROL}, "who is not there, and is not kept out"
    assert [a.user for a in done if isinstance(a, Ban)] == [DAN]
    assert done.index(next(a for a in done if isinstance(a, Ban))) < done.index(
        next(a for a in done if isinstance(a, Invite))
    )
    assert (ALICE, "by hand: upgrade", f"{MADE} (version 9)", f"{NEW} (version 11)") in await audit(scene)
    [said] = told(done)
    assert said.startswith("@alice:hs.test has upgraded Sketches to room version 11.")
    assert "2 members of the old room are invited." in said
    assert await rows(scene) == [(MADE, NEW, "done")]
    assert len((await landscape(scene)).groups) == 3, "welcome, news and this one"


async def test_h6_looking_again_changes_nothing_and_the_event_repeated_neither(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    await hears(scene, tombstone(1))
    before = {room: dict(there) for room, there in scene.rooms.state.items()}
    done = await hears(scene, tombstone(2))
    await reads(scene, made, scene.arts)
    assert scene.rooms.state == before
    assert told(done) == []


async def test_h6_a_group_upgraded_while_the_bot_was_away_is_found_at_the_next_look(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    await reads(scene, made)
    assert scene.stage.places.room(made) == NEW


async def test_h6_a_client_that_replaces_the_link_itself_unlinks_and_adds_nothing(scene: Scene) -> None:
    made = await made_by_hand(scene)
    scene.stage.works.surroundings.health.read.clear()
    upgrade(scene)
    scene.set(CHILD, {}, key=MADE)
    scene.set(CHILD, VIA, key=NEW)
    await reads(scene, scene.arts)
    assert scene.stage.places.room(made) == NEW
    assert len((await landscape(scene)).groups) == 3
    await reads(scene, scene.arts)
    assert scene.rooms.content(scene.room, CHILD, NEW)["via"] == ["hs.test"]
    assert scene.rooms.content(scene.room, CHILD, MADE) == {}
    what = [what for _, what, *_ in await audit(scene)]
    assert not [line for line in what if "taken" in line]


async def test_h6_nor_does_it_unlink_anything_while_that_very_link_waits_to_be_written(scene: Scene) -> None:
    stage = scene.stage
    crafts = await stage.found("Crafts")
    await scene.rooms.settle_all()
    old = stage.places.room(crafts)
    scene.rooms.set(old, "m.room.create", {"room_version": "11", "type": "m.space"}, by=ALICE)
    levels = scene.rooms.content(old, LEVELS)
    events = {**levels["events"], STONE: 100}
    scene.rooms.set(old, LEVELS, {**levels, "users": {ALICE: 100, BOT: 100}, "events": events})
    async with stage.work() as work:
        linked = changes.link(work.landscape, scene.arts, crafts, parent_agrees=True, child_agrees=True)
        await work.change(linked, what="linked", about=crafts)
    await scene.rooms.settle_all()
    await reads(scene, scene.arts, crafts)
    link = StateEvent(CHILD, scene.rooms.content(scene.room, CHILD, old), crafts)
    stage.works.surroundings.health.read.clear()
    upgrade(scene, old, type="m.space")
    scene.set(CHILD, {}, key=old)
    scene.set(CHILD, VIA, key=NEW)
    await stage.put(ReadBack(scene.arts), SetState(scene.arts, link))
    await scene.rooms.settle_all()
    assert stage.places.room(crafts) == NEW
    assert (await landscape(scene)).parents(crafts) == (scene.arts,)
    assert scene.rooms.content(scene.room, CHILD, NEW)["via"] == ["hs.test"]


async def test_h6_a_space_takes_its_ways_in_its_links_and_its_listing_along(stage: Stage) -> None:
    """As far as it is the bot's: at 100, in a version that lets somebody else at 100 upgrade it."""
    scene = await Scene(stage).open(Access.PUBLIC)
    async with stage.work() as work:
        after, inner = await _inner(work, scene.arts)
        await work.change(after, what="made", about=inner)
    await scene.rooms.settle_all()
    room, kit = stage.places.room(inner), (await landscape(scene)).groups_of(scene.arts)[0]
    old = scene.room
    assert allows(scene, room) == [old]
    scene.rooms.set(old, "m.room.create", {"room_version": "11", "type": "m.space"}, by=ALICE)
    levels = scene.rooms.content(old, LEVELS)
    events = {**levels["events"], STONE: 100}
    scene.set(LEVELS, {**levels, "users": {ALICE: 100, BOT: 100}, "events": events})
    scene.rooms.set(old, "m.room.member", {"membership": "join"}, key=BEN)
    scene.rooms.set(room, "m.room.member", {"membership": "join"}, key=BEN)
    await reads(scene, scene.arts, inner)
    upgrade(scene, old, type="m.space")
    done = await hears(scene, tombstone(1, old))
    assert stage.places.room(scene.arts) == NEW
    assert allows(scene, room) == [NEW]
    assert scene.rooms.content(room, PARENT, old) == {}
    assert scene.rooms.content(room, PARENT, NEW)["canonical"]
    assert scene.rooms.content(NEW, CHILD, room)["via"] == ["hs.test"]
    assert scene.rooms.content(NEW, CHILD, stage.places.room(kit.id))["suggested"]
    assert MoveAlias(scene.arts, "hedge_arts", old) in done
    assert Withdraw(old, scene.arts) in done
    async with stage.database.reading() as connection:
        t = tables.admissions.c
        named = (await connection.execute(select(t.place, t.user))).all()
    assert (inner, BEN) in [(place, user) for place, user in named], "who was a member stays inside"


async def _inner(work: Any, arts: NetworkId) -> Any:
    return changes.create_group(work.landscape, work.ids, name="Inner", home=arts, access=Access.PRIVATE)


async def test_h6_a_room_upgraded_twice_is_followed_to_the_last(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    upgrade(scene, NEW, RoomId("!newer:hs.test"))
    await hears(scene, tombstone(1))
    assert scene.stage.places.room(made) == "!newer:hs.test"


async def test_a52_there_is_an_end_to_a_chain_of_upgrades(scene: Scene) -> None:
    made = await made_by_hand(scene)
    old = MADE
    for n in range(50):
        upgrade(scene, old, new := RoomId(f"!chain{n:02}:hs.test"))
        old = new
    await hears(scene, tombstone(1, new=RoomId("!chain00:hs.test")))
    assert scene.stage.places.room(made) == "!chain09:hs.test"


# -- who stands above -------------------------------------------------------------------------------


async def test_h6_of_a_version_12_room_of_a_person_it_is_said_that_it_is_theirs(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene, version="12", levels={BOT: 100})
    [said] = told(await hears(scene, tombstone(1)))
    assert "The new room belongs to @alice:hs.test, who has made it: in room version 12 and later" in said
    assert "I cannot stand above a room's creator." in said
    assert scene.rooms.content(NEW, LEVELS)["users"] == {BOT: 100}, "a creator is not named"
    assert scene.stage.places.room(made) == NEW


async def test_h6_without_power_in_the_new_room_the_bot_asks_for_it_and_lists_it_all_the_same(
    scene: Scene,
) -> None:
    made = await made_by_hand(scene)
    upgrade(scene, levels={ALICE: 100})
    await scene.stage.hears(tombstone(1))
    done = await done_until_somebody_is_waited_for(scene)
    [said] = told(done)
    assert "I have no power in the new room. Give @hedgerow:hs.test level 100" in said
    assert not [action for action in done if isinstance(action, Invite)]
    assert scene.rooms.content(scene.room, CHILD, NEW)["via"] == ["hs.test"]
    assert scene.rooms.content(scene.room, CHILD, MADE) == {}
    lift(scene, NEW, {BOT: 100})
    await reads(scene, made)
    assert scene.rooms.content(NEW, PARENT, scene.room)["canonical"]
    assert scene.rooms.content(NEW, "m.room.member", BEN) == {"membership": "invite"}


# -- the bot has to be let in -----------------------------------------------------------------------


async def test_h6_where_the_bot_cannot_get_in_it_asks_once_and_comes_when_it_is_invited(
    scene: Scene,
) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    there = scene.rooms.state.pop(NEW)
    [said] = told(await hears(scene, tombstone(1)))
    assert "I cannot get into the new room. Invite @hedgerow:hs.test to it" in said
    assert scene.stage.places.room(made) == MADE
    assert told([*await hears(scene, tombstone(2))]) == []
    scene.rooms.state[NEW] = there
    await hears(scene, member(1, BOT, "invite", NEW, sender=ALICE))
    assert scene.stage.places.room(made) == NEW


# -- what is not followed ---------------------------------------------------------------------------

FORGED: dict[str, dict[str, Any]] = {
    "no predecessor": {"predecessor": ""},
    "another predecessor": {"predecessor": "!elsewhere:hs.test"},
    "made by somebody else": {"creator": DAN},
    "a Space for a room": {"type": "m.space"},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a52_a_room_that_is_not_the_next_one_by_its_own_word_is_left(
    scene: Scene, forged: dict[str, Any]
) -> None:
    made = await made_by_hand(scene)
    upgrade(scene, **forged)
    done = await hears(scene, tombstone(1))
    assert scene.stage.places.room(made) == MADE
    assert Leave(NEW) in done
    assert [said for said in told(done) if "I do not follow" in said]
    assert (ALICE, "by hand: upgrade not followed", None, NEW) in await audit(scene)
    assert scene.rooms.content(scene.room, CHILD, MADE) == VIA
    again = await hears(scene, tombstone(2))
    assert not [action for action in again if isinstance(action, (Follow, Leave))]
    assert told(again) == []
    assert await scene.stage.waiting() == []


async def test_a52_who_has_not_the_right_moves_nothing_and_the_bot_looks_nowhere(scene: Scene) -> None:
    made = await made_by_hand(scene)
    levels = scene.rooms.content(MADE, LEVELS)
    scene.rooms.set(MADE, LEVELS, {**levels, "events": {STONE: 0}})
    upgrade(scene, by=BEN)
    done = await hears(scene, tombstone(1, by=BEN))
    assert scene.stage.places.room(made) == MADE
    assert not [action for action in done if isinstance(action, Follow)]


@pytest.mark.parametrize("named", [None, 5, "", "#alias:hs.test", MADE])
async def test_a51_a_tombstone_that_names_no_other_room_is_none(scene: Scene, named: object) -> None:
    made = await made_by_hand(scene)
    scene.rooms.set(MADE, STONE, {"replacement_room": named})
    assert told(await hears(scene, state(1, STONE, {"replacement_room": named}, room_id=MADE))) == []
    assert scene.stage.places.room(made) == MADE
    assert await rows(scene) == []


async def test_a51_a_tombstone_without_a_state_key_or_with_another_is_none(scene: Scene) -> None:
    await made_by_hand(scene)
    content = {"replacement_room": NEW}
    await hears(scene, message(1, type=STONE, content=content, room_id=MADE))
    await hears(scene, state(2, STONE, content, room_id=MADE, key="x"))
    assert await rows(scene) == []


async def test_h6_a_tombstone_that_was_taken_back_is_forgotten(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    scene.rooms.state.pop(NEW)
    await hears(scene, tombstone(1))
    scene.rooms.set(MADE, STONE, {})
    await reads(scene, made)
    assert await rows(scene) == []


# -- at the same time -------------------------------------------------------------------------------


async def test_h6_what_is_asked_for_while_the_room_moves_reaches_the_new_one(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    await scene.stage.hears(tombstone(1))
    async with scene.stage.work() as work:
        after = changes.rename(work.landscape, work.ids, made, "Drawings")
        await work.change(after, what="rename", about=made)
    await scene.rooms.settle_all()
    assert scene.rooms.content(NEW, "m.room.name") == {"name": "Drawings"}
    assert (await landscape(scene)).groups[made].name == "Drawings"


async def test_h6_an_old_reading_that_comes_late_is_not_taken_for_the_new_room(scene: Scene) -> None:
    made = await made_by_hand(scene)
    upgrade(scene)
    await scene.stage.put(ReadBack(made))
    [entry] = [e for e in await scene.stage.entries() if e.action == ReadBack(made)]
    late = scene.rooms._perform(entry.action)
    await hears(scene, tombstone(1))
    await scene.stage.put(ReadBack(made))
    [entry] = [e for e in await scene.stage.entries() if e.action == ReadBack(made)]
    assert await scene.stage.settler.settle(entry, late) is False
    async with scene.stage.work() as work:
        expected = await work.expected_of(PlaceId(made))
    assert expected is not None
    assert expected.version == "11"
