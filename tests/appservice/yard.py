"""Yard, where people ask to be let in, and what comes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from appservice.applications import Attendance
from appservice.store import tables
from appservice.store.database import Database
from spaces import changes
from spaces.actions import Action
from spaces.identifiers import NetworkId, RoomId, UserId
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    DIRECT,
    Json,
    PlayedRooms,
    Stage,
    message,
    says,
    text_of,
)

SAM, RUTH = UserId("@sam:hs.test"), UserId("@ruth:hs.test")
ROOMS = {ALICE: DIRECT} | {who: RoomId(f"!{who.localpart}-and-the-bot") for who in (BEN, SAM, RUTH, ADMIN)}
DAY = 86_400.0


class Yard:
    """Yard, where one may ask: Alice and Ben look after it, Ruth after Garden, above it. Sam asks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.numbers = 0
        self.yard = self.garden = NetworkId("")

    @built_once
    async def begin(self, coordinators: tuple[UserId, ...] = (ALICE, BEN)) -> Yard:
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.garden = await self.stage.found("Garden", access=Access.PRIVATE, by=(RUTH,))
        async with self.stage.work() as work:
            landscape, self.yard = changes.create_network(
                work.landscape,
                work.ids,
                name="Yard",
                access=Access.PRIVATE,
                ask=True,
                under=(self.garden,),
                agreed=(self.garden,),
                coordinators=coordinators,
            )
            await work.change(landscape, what="founded", about=self.yard)
        await self.rooms.settle_all()
        return self

    @property
    def room(self) -> RoomId:
        return self.stage.places.room(self.yard)

    def said(self, who: UserId, text: str) -> Json:
        self.numbers += 1
        return message(f"{who}{self.numbers}", text, sender=who, room_id=ROOMS[who])

    async def hears(self, *events: Json) -> list[Action]:
        """What is done because of these."""
        await self.stage.hears(*events)
        return await self.rooms.settle_all()

    async def say(self, who: UserId, text: str) -> list[Action]:
        return await self.hears(self.said(who, text))

    async def reacts(self, who: UserId, key: str, on: str, **more: Any) -> list[Action]:
        self.numbers += 1
        relates = {"rel_type": "m.annotation", "event_id": on, "key": key}
        event = {"event_id": f"$r{self.numbers}", "type": "m.reaction", "room_id": ROOMS[who], "sender": who}
        return await self.hears({**event, "content": {"m.relates_to": relates}, **more})

    async def ticks(self) -> list[Action]:
        await Attendance(self.stage.works, self.stage.clock).look()
        return await self.rooms.settle_all()

    async def rows(self) -> list[Any]:
        async with self.stage.database.reading() as connection:
            t = tables.applications
            return list((await connection.execute(select(t).order_by(t.c.number))).all())

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def restarted(self, database: Database) -> Yard:
        """The same in another process, its rooms as they are."""
        again = Yard(Stage(database))
        again.yard, again.garden, again.rooms = self.yard, self.garden, self.rooms
        again.numbers, again.stage.clock.seconds = self.numbers, self.stage.clock.seconds
        self.rooms._stage = again.stage
        for place, room in self.stage.places.all():
            again.stage.places.put(place, room)
        return again


def told(actions: list[Action], who: UserId) -> list[str]:
    return [text_of(said) for said in says(actions) if said.room == ROOMS[who]]


def notice_to(who: UserId, number: int = 1) -> str:
    """The event by which the bot has told a coordinator of an application."""
    return f"$said-tell:{who}:application {number}"
