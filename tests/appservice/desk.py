"""An admin who speaks with the whole service in a direct room, on a homeserver in memory."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appservice.app import Hedgerow
from tests.fake import FakeHomeserver, FakeUser
from tests.hedgerow import running, settings_for
from tests.waiting import nothing_waits

_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
_SECONDS = 60.0


@dataclass
class Desk:
    """A service that can be stopped and started, and an admin who speaks with it in a direct room."""

    fake: FakeHomeserver
    database: str
    admin: FakeUser
    room: str = ""
    service: Hedgerow = field(init=False)

    def serving(self) -> Any:
        return running(settings_for(self.fake.base_url, self.fake.registration, self.database))

    async def open(self, service: Hedgerow) -> None:
        self.service = service
        if not self.room:
            self.room = await self.admin.create_dm(self.fake.bot)
            await self.ask("network create Arts UK")

    def said(self, who: FakeUser, room: str) -> list[str]:
        """What the bot has said there, each message as it stands now."""
        said: dict[str, str] = {}
        for event in who.events(room):
            if event.type != "m.room.message" or event.sender != self.fake.bot:
                continue
            relates = event.content.get("m.relates_to", {})
            edits = relates["event_id"] if relates.get("rel_type") == "m.replace" else event.event_id
            said[edits] = event.content.get("m.new_content", event.content)["body"]
        return [_LINK.sub("", body) for body in said.values()]

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(_SECONDS):
            while True:
                if is_so():
                    return
                await asyncio.sleep(0.02)

    async def ask(self, text: str) -> str:
        """What is answered in the end."""
        before = len(self.said(self.admin, self.room))
        self.admin.send(self.room, text)
        await self.until(lambda: len(self.said(self.admin, self.room)) > before)
        await self.until(lambda: not self.said(self.admin, self.room)[-1].endswith("…"))
        return self.said(self.admin, self.room)[-1]

    async def quiet(self) -> None:
        async with asyncio.timeout(_SECONDS):
            calm = 0
            while calm < 3:
                await self.fake.pushed()
                calm = calm + 1 if await nothing_waits(self.service) else 0
                await asyncio.sleep(0.05)

    def space(self, name: str) -> str:
        """The id of the Space of that name."""
        for room in self.fake.world.rooms.values():
            if room.state.get(("m.room.name", "")) and room.state["m.room.name", ""].content["name"] == name:
                return room.room_id
        raise KeyError(name)

    def invitations(self, room: str) -> Counter[str]:
        """How often each person was invited there."""
        timeline = self.fake.world.rooms[room].timeline
        invited = [e for e in timeline if e.type == "m.room.member" and e.content["membership"] == "invite"]
        return Counter(str(event.state_key) for event in invited)
