"""Arts, which Alice looks after and where Ben, Sam and Ruth are, with the bot's direct rooms and its news."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from appservice.calendar import Reminders
from appservice.store import calendar
from spaces.actions import Action, Say
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access
from spaces.occasions import Occasion, news_of
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, BOT, Json, PlayedRooms, Stage, member, message, says, text_of
from tests.appservice.yard import DAY, ROOMS, RUTH, SAM, told

HOUR = 3_600.0
BEGIN = datetime(2027, 2, 1, 12, tzinfo=UTC).timestamp()
CAFE_AT = BEGIN + 33 * DAY + 2 * HOUR  # 6 March 2027, 14:00 in London
FAR = UserId("@far:elsewhere.test")
CAFE = 'event "Repair café" 2027-03-06 14:00 --until 16:00 --at "Village hall" --in arts'


class Hall:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.events = 0
        self.arts, self.news_place = NetworkId(""), PlaceId("")

    @built_once
    async def begin(self, access: Access = Access.PUBLIC) -> Hall:
        self.stage.clock.seconds = BEGIN
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.arts = await self.stage.found("Arts", access=access)
        await self.rooms.settle_all()
        self.news_place = news_of(await self.stage.works.landscape(), self.arts) or PlaceId("")
        await self.hears(*(self.moved(who, "join") for who in (ALICE, BEN, SAM, RUTH)))
        return self

    @property
    def news(self) -> RoomId:
        return self.stage.places.room(self.news_place)

    # -- what people do --------------------------------------------------------------------------

    async def moves(self, who: UserId, how: str, place: PlaceId | None = None) -> list[Action]:
        return await self.hears(self.moved(who, how, place))

    def moved(self, who: UserId, how: str, place: PlaceId | None = None) -> Json:
        room = self.stage.places.room(place or self.arts)
        self.rooms.set(room, "m.room.member", {"membership": how}, key=who, by=who)
        return member(self.fresh(), who, how, room=room)

    async def say(self, who: UserId, text: str) -> list[Action]:
        return await self.hears(message(self.fresh(), text, sender=who, room_id=ROOMS[who]))

    async def answer(self, who: UserId, text: str) -> str:
        return told(await self.say(who, text), who)[-1]

    async def notes(self, text: str = CAFE) -> int:
        """The number of what Alice puts into the calendar; its message is in the news."""
        return int((await self.answer(ALICE, text)).partition("Event ")[2].split(",")[0])

    async def hears(self, *events: Json) -> list[Action]:
        await self.stage.hears(*events)
        return await self.rooms.settle_all()

    def fresh(self) -> str:
        self.events += 1
        return f"hall{self.events}"

    def reaction(self, who: UserId, number: int, key: str = "✅", **more: Any) -> Json:
        relates = {"rel_type": "m.annotation", "event_id": f"$said-occasion:{number}", "key": key}
        event = {"event_id": f"$r{self.fresh()}", "type": "m.reaction", "room_id": self.news, "sender": who}
        return {**event, "content": {"m.relates_to": relates}, **more}

    def redaction(self, who: UserId, of: Json, **more: Any) -> Json:
        event = {"event_id": f"$x{self.fresh()}", "type": "m.room.redaction", "sender": who}
        return {**event, "room_id": of["room_id"], "content": {"redacts": of["event_id"]}, **more}

    async def reacts(self, who: UserId, number: int, key: str = "✅", **more: Any) -> Json:
        event = self.reaction(who, number, key, **more)
        await self.hears(event)
        return event

    async def takes_back(self, who: UserId, of: Json, **more: Any) -> None:
        await self.hears(self.redaction(who, of, **more))

    async def ticks(self) -> list[Action]:
        await Reminders(self.stage.works, self.stage.clock).look()
        return await self.rooms.settle_all()

    # -- what is there ---------------------------------------------------------------------------

    async def occasion(self, number: int) -> Occasion:
        async with self.stage.database.reading() as connection:
            found = await calendar.numbered(connection, number)
        assert found is not None
        return found

    async def coming(self, number: int) -> list[UserId]:
        async with self.stage.works.preview(BOT) as work:
            found = await work.calendar.numbered(number)
            assert found is not None
            return list(await work.calendar.coming(found))

    def in_news(self, actions: list[Action]) -> list[Say]:
        return [said for said in says(actions) if said.room == self.news_place]


def words_in(said: list[Say]) -> list[str]:
    return [text_of(one) for one in said]
