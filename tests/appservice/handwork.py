"""What people change in their own clients, for the tests of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from appservice.store import tables
from spaces import changes
from spaces.actions import ReadBack
from spaces.identifiers import GroupId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.appservice.scene import LEVELS, NAME, RULES, TOPIC, Scene
from tests.appservice.stage import ALICE, BOT

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
