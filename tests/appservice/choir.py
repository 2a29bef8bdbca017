"""Arts under Somerset, with people who sing, and what becomes of what they say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from appservice.newsroom import sources_of
from appservice.store import stories, tables
from appservice.story_news import StoriesSource
from bot.digests.items import Item, Period, Reader
from bot.reply import plain_text
from bot.stories.ports import Message
from spaces import changes
from spaces.actions import Action, ReadMessage
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.nearness import Nearness
from spaces.network import Access
from spaces.stories import Story
from tests.appservice.built import built_once
from tests.appservice.stage import (
    ALICE,
    BEN,
    PlayedRooms,
    Stage,
    member,
    message,
)
from tests.appservice.yard import ROOMS, RUTH, SAM, told

UNA, MOD = UserId("@una:hs.test"), UserId("@mod:hs.test")


class Hall:
    """Arts under Somerset, with the group Singing: Alice looks after Arts, Ruth after Somerset, Ben and Sam
    sing."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.messages: dict[tuple[RoomId, EventId], Message] = {}
        self.rooms.reads = self.read
        self.events = 0
        self.somerset = self.arts = NetworkId("")
        self.singing = GroupId("")

    def read(self, action: ReadMessage) -> Message | None:
        return self.messages.get((RoomId(action.room), action.event))

    @built_once
    async def begin(self, access: Access = Access.PRIVATE, *, encrypted: bool = False) -> Hall:
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.somerset = await self.stage.found("Somerset", access=Access.PUBLIC, by=(RUTH,))
        async with self.stage.work() as work:
            landscape, self.arts = changes.create_network(
                work.landscape,
                work.ids,
                name="Arts",
                access=Access.PRIVATE,
                under=(self.somerset,),
                agreed=(self.somerset,),
                coordinators=(ALICE,),
            )
            landscape, self.singing = changes.create_group(
                landscape, work.ids, name="Singing", home=self.arts, access=access, encrypted=encrypted
            )
            await work.change(landscape, what="founded", about=self.arts)
        await self.rooms.settle_all()
        for who in (BEN, SAM):
            await self.joins(who)
        return self

    @property
    def room(self) -> RoomId:
        return self.stage.places.room(self.singing)

    async def joins(self, who: UserId, place: Any = None, how: str = "join") -> None:
        self.events += 1
        room = self.stage.places.room(place or self.singing)
        name = {"displayname": who.localpart.title()}
        await self.hears(member(f"h{self.events}", who, how, room=room, content=name))

    async def hears(self, *events: Any) -> list[Action]:
        await self.stage.hears(*events)
        return await self.rooms.settle_all()

    async def writes(self, who: UserId, text: str) -> EventId:
        """Somebody says something in Singing."""
        self.events += 1
        said = message(f"h{self.events}", text, sender=who, room_id=self.room)
        await self.hears(said)
        event = EventId(said["event_id"])
        self.messages[self.room, event] = Message(who, text)
        return event

    async def replies(self, who: UserId, on: str, word: str = "story") -> list[Action]:
        self.events += 1
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": on}}}
        return await self.hears(
            message(f"h{self.events}", word, sender=who, room_id=self.room, content=relation)
        )

    async def stars(self, who: UserId, on: str, key: str = "⭐\ufe0f", room: str = "") -> list[Action]:
        self.events += 1
        relates = {"rel_type": "m.annotation", "event_id": on, "key": key}
        event = {"event_id": f"$h{self.events}", "type": "m.reaction", "room_id": room or self.room}
        return await self.hears({**event, "sender": who, "content": {"m.relates_to": relates}})

    async def edits(self, who: UserId, event: str, text: str) -> None:
        self.events += 1
        relation = {"rel_type": "m.replace", "event_id": event}
        new = {"m.new_content": {"msgtype": "m.text", "body": text}, "m.relates_to": relation}
        edit = message(f"h{self.events}", f"* {text}", sender=who, room_id=self.room, content=new)
        await self.hears(edit)

    async def redacts(self, who: UserId, event: str, room: str = "") -> list[Action]:
        self.events += 1
        about = {"event_id": f"$h{self.events}", "type": "m.room.redaction", "room_id": room or self.room}
        return await self.hears({**about, "sender": who, "content": {"redacts": event}})

    async def say(self, who: UserId, text: str, **more: Any) -> list[str]:
        self.events += 1
        said = message(f"h{self.events}", text, sender=who, room_id=ROOMS[who], **more)
        return told(await self.hears(said), who)

    async def story(self) -> Story:
        [found] = await self.all()
        return found

    async def all(self) -> list[Story]:
        async with self.stage.database.reading() as connection:
            numbers = (await connection.execute(select(tables.stories.c.number))).scalars()
            return await stories.numbered(connection, list(numbers))

    async def taken(self, text: str = "We sang for two hours", by: UserId = SAM) -> int:
        """The number of what Ben wrote, which Arts and Somerset have taken."""
        event = await self.writes(BEN, text)
        await self.stars(by, event)
        [number] = [one.number for one in await self.all() if one.event == event]
        await self.say(ALICE, f"story take {number} --headline Singing helps")
        await self.say(RUTH, f"story take {number}")
        return number

    def period(self) -> Period:
        now = self.stage.clock()
        return Period(now - 3_600, now + 3_600)

    async def items(self, who: UserId, period: Period | None = None) -> list[Item]:
        async with self.stage.work() as work:
            standing = await work.standing_of(who)
            sight = work.directory.sight_of(standing)
            networks = sight.member_of
            reader = Reader(who, standing, sight, networks, Nearness(work.landscape, sight))
            [source] = [one for one in sources_of(work) if isinstance(one, StoriesSource)]
            return list(await source.items(reader, period or self.period()))

    async def lines(self, who: UserId) -> list[str]:
        return [plain_text(one.line) for one in await self.items(who)]
