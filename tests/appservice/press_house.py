"""A house of two networks and its press, with a board on which a test writes what there is to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from appservice.digests import Press
from appservice.store import digests
from bot.digests.items import Item, Period, Reader, Section
from bot.reply import line
from spaces.actions import Action
from spaces.editions import Cadence, Schedule, Subscription
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.network import Access, Purpose
from tests.appservice.stage import BEN, PlayedRooms, Stage, member, message
from tests.appservice.yard import ROOMS, SAM, told

LONDON = ZoneInfo("Europe/London")


def at(day: int, hour: int, minute: int = 0, month: int = 5) -> float:
    """In London, in 2030. The 6th of May is a Monday."""
    return datetime(2030, month, day, hour, minute, tzinfo=LONDON).timestamp()


@dataclass
class Board:
    """A source: what is written here, for who has its network among theirs."""

    lines: list[tuple[NetworkId, float, Item]] = field(default_factory=list)
    asked: list[tuple[UserId | None, Period]] = field(default_factory=list)

    def write(self, network: NetworkId, when: float, text: str, **more: Any) -> None:
        item = Item(more.pop("section", Section.STORIES), more.pop("key", text), line(text), **more)
        self.lines.append((network, when, item))

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        self.asked.append((reader.user, period))
        return [
            item
            for network, when, item in self.lines
            if network in reader.networks and period.start <= when < period.end
        ]


class House:
    """Arts and Crafts, which Alice looks after; Ben and Sam are in Arts, Ben in Crafts too; Ruth in none."""

    def __init__(self, stage: Stage, board: Board) -> None:
        self.stage, self.board = stage, board
        self.rooms = PlayedRooms(stage)
        self.events = 0
        self.arts = self.crafts = NetworkId("")
        self.news = PlaceId("")
        self.press = self.new_press()

    def new_press(self) -> Press:
        return Press(self.stage.works, self.stage.clock, lambda _: [self.board])

    async def begin(self) -> House:
        self.stage.clock.seconds = at(1, 10)
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.arts = await self.stage.found("Arts", access=Access.PRIVATE)
        self.crafts = await self.stage.found("Crafts", access=Access.PRIVATE)
        await self.rooms.settle_all()
        landscape = await self.stage.works.landscape()
        [self.news] = [g.id for g in landscape.groups_of(self.arts) if g.purpose is Purpose.NEWS]
        for who, network in ((BEN, self.arts), (BEN, self.crafts), (SAM, self.arts)):
            await self.moves(who, "join", network)
        return self

    async def moves(self, who: UserId, how: str, network: NetworkId) -> None:
        await self.hears_of(who, how, network)
        await self.rooms.settle_all()

    async def hears_of(self, who: UserId, how: str, network: NetworkId) -> None:
        self.events += 1
        room = self.stage.places.room(network)
        self.rooms.set(room, "m.room.member", {"membership": how}, key=who, by=who)
        await self.stage.hears(member(f"house{self.events}", who, how, room=room))

    async def say(self, who: UserId, text: str, **more: Any) -> str:
        """What they are answered."""
        self.events += 1
        said = message(f"house{self.events}", text, sender=who, room_id=ROOMS[who], **more)
        await self.stage.hears(said)
        return told(await self.rooms.settle_all(), who)[-1]

    async def replies(self, who: UserId, text: str, to: str) -> str:
        return await self.say(who, text, content={"m.relates_to": {"m.in_reply_to": {"event_id": to}}})

    async def ticks(self, now: float) -> list[Action]:
        self.stage.clock.seconds = now
        await self.press.look()
        return await self.rooms.settle_all()

    async def digests(self, now: float, who: UserId) -> list[str]:
        return told(await self.ticks(now), who)

    async def subscription(self, who: str) -> Subscription:
        async with self.stage.database.reading() as connection:
            found = await digests.subscription(connection, who)
        assert found is not None
        return found

    async def subscribe(self, *people: str, schedule: Schedule | None = None) -> None:
        """They have digests, daily at eight; the first is due on the 2nd."""
        async with self.stage.database.writing() as connection:
            for who in people:
                daily = schedule or Schedule(Cadence.DAILY)
                await digests.keep(connection, Subscription(who, daily, at(2, 8), at(1, 8)))
