"""People with rooms of their own, and a service into whose networks they bring them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.store import tables
from spaces import changes
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.fake import FakeHomeserver, FakeUser, Registration
from tests.hedgerow import running, settings_for

_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
ALICE = "@alice:hs.test"
BEN = "@ben:hs.test"
LEVELS, RULES, CHILD, PARENT = (
    "m.room.power_levels",
    "m.room.join_rules",
    "m.space.child",
    "m.space.parent",
)
VIA = {"via": ["hs.test"]}
SHUT = ": I am not let in, or you are not in it."
_CALM = 6


def without_links(text: str) -> str:
    return _LINK.sub("", text)


@dataclass
class Town:
    """Alice looks after Arts, and Ben after Quiet, which nobody else may know of."""

    fake: FakeHomeserver
    service: Hedgerow
    people: dict[str, FakeUser] = field(default_factory=dict)
    direct: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        for user in (ALICE, BEN):
            self.people[user] = self.fake.add_user(user)
            self.direct[user] = await self.people[user].create_dm(self.fake.bot)
        for name, access, user in (("Arts", Access.PUBLIC, ALICE), ("Quiet", Access.INVITE, BEN)):
            async with self.service.engine.works.begin("test") as work:
                after, network = changes.create_network(
                    work.landscape, work.ids, name=name, access=access, coordinators=[UserId(user)]
                )
                await work.change(after, what="made", about=network)
        await self.calm()

    @property
    def alice(self) -> FakeUser:
        return self.people[ALICE]

    @property
    def ben(self) -> FakeUser:
        return self.people[BEN]

    @property
    def bot(self) -> str:
        return self.fake.bot

    async def landscape(self) -> Landscape:
        return await self.service.engine.works.landscape()

    async def asks(self, text: str, who: str = ALICE) -> str:
        """What is answered, the last version of it."""
        room = self.direct[who]
        before = len(self.said(room))
        self.people[who].send(room, text)
        await self.calm(lambda: len(self.said(room)) > before and not self.said(room)[-1].endswith("…"))
        return self.said(room)[-1]

    def said(self, room: str) -> list[str]:
        timeline = self.fake.world.rooms[room].timeline
        return [
            without_links(event.content.get("m.new_content", event.content)["body"])
            for event in timeline
            if event.type == "m.room.message" and event.sender == self.bot
        ]

    async def calm(self, is_so: Callable[[], bool] = lambda: True) -> None:
        """Until it is so, and the homeserver has been quiet for a while."""
        calm, seen = 0, -1
        async with asyncio.timeout(30):
            while calm < _CALM or not is_so():
                await asyncio.sleep(0.05)
                calm = calm + 1 if len(self.fake.calls) == seen else 0
                seen = len(self.fake.calls)

    def content(self, room: str, kind: str, key: str = "") -> Any:
        return self.fake.room(room).content(kind, key)

    def writes(self) -> list[str]:
        """The bot's writes but for what it says."""
        calls = [c for c in self.fake.calls if c.as_user == self.bot and c.method != "GET"]
        return [f"{c.method} {c.path}" for c in calls if "/send/" not in c.path]

    def lift(self, room: str, user: str, level: int, by: str = ALICE) -> None:
        levels = self.content(room, LEVELS)
        users = {**levels["users"], user: level}
        self.people[by].set_state(room, LEVELS, {**levels, "users": users})

    async def audit(self) -> list[tuple[str, str, str]]:
        async with self.service.foundation.database.reading() as connection:
            rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
            return [(row.who, row.what, row.source) for row in rows]

    async def space(self, *rooms: str, by: str = ALICE, **more: Any) -> str:
        made = await self.people[by].create_room(
            name="Choirs", creation_content={"type": "m.space"}, room_version="11", **more
        )
        for room in rooms:
            self.people[by].set_state(made, CHILD, VIA, room)
        return made


@asynccontextmanager
async def opened(database: str) -> AsyncIterator[Town]:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait = 0.05
    async with fake:
        settings = settings_for(fake.base_url, fake.registration, database)
        async with running(settings) as service:
            town = Town(fake, service)
            await town.open()
            yield town


async def room(town: Town, by: str = ALICE, **more: Any) -> str:
    wanted = {"name": "Town Choir", "topic": "On Mondays", "room_version": "10", **more}
    return await town.people[by].create_room(**wanted)
