"""Arts, a private network whose rooms are made, closed and read back."""

from __future__ import annotations

from typing import Any

from spaces.actions import Action, ReadBack
from spaces.identifiers import NetworkId, RoomId, UserId
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, PlayedRooms, Stage

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

    @built_once
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
