"""Arts and Health with their groups, in which people say something; and what a digest would tell of it."""

from __future__ import annotations

from typing import Any

from appservice.activity import LivelySource
from appservice.event import Event
from bot.digests.items import Item, Period, Reader
from bot.reply import Document, Paragraph, plain
from spaces import changes, consent
from spaces.access import Standing
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.nearness import Nearness
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, Json, PlayedRooms, Stage

_BEGINNING = 1_800_000_000.0
SAM, RUTH = UserId("@sam:hs.test"), UserId("@ruth:hs.test")


class Square:
    """Alice looks after Arts (Painting, private, and Chess, for invited people) and Health (Walking, public).

    Painting is shared with Health. All that happens is heard ten seconds after what was before.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.events = 0
        stage.clock.seconds = _BEGINNING
        self.arts = self.health = NetworkId("")
        self.painting = self.chess = self.walking = GroupId("")

    @built_once
    async def begin(self) -> Square:
        self.arts = await self.stage.found("Arts", access=Access.PRIVATE)
        self.health = await self.stage.found("Health")
        self.painting = await self._group("Painting", self.arts, Access.PRIVATE)
        self.chess = await self._group("Chess", self.arts, Access.INVITE)
        self.walking = await self._group("Walking", self.health, Access.PUBLIC)
        async with self.stage.work() as work:
            agreed = {"home_agrees": True, "network_agrees": True}
            shared = consent.share(work.landscape, self.painting, self.health, **agreed)
            await work.change(shared, what="shared", about=self.painting)
        await self.rooms.settle_all()
        return self

    async def _group(self, name: str, home: NetworkId, access: Access) -> GroupId:
        async with self.stage.work() as work:
            landscape, group = changes.create_group(
                work.landscape, work.ids, name=name, home=home, access=access
            )
            await work.change(landscape, what="made", about=group)
        return group

    def room(self, place: PlaceId) -> RoomId:
        return self.stage.places.room(place)

    # -- what happens ----------------------------------------------------------------------------

    def event(self, place: PlaceId, who: UserId, kind: str, content: Json, **more: Any) -> Json:
        """One that is sent now, ten seconds after the last one."""
        self.events += 1
        self.stage.clock.seconds += 10
        sent = int(self.stage.clock() * 1000)
        event = {"event_id": f"$e{self.events}", "type": kind, "room_id": self.room(place), "sender": who}
        return {**event, "content": content, "origin_server_ts": sent, **more}

    def said(self, place: PlaceId, who: UserId, text: str = "Hello", **more: Any) -> Json:
        return self.event(place, who, "m.room.message", {"msgtype": "m.text", "body": text}, **more)

    def moved(self, place: PlaceId, who: UserId, how: str) -> Json:
        return self.event(place, who, "m.room.member", {"membership": how}, state_key=who)

    async def hears(self, *events: Json) -> None:
        """Each in a unit of work of its own, at once."""
        for raw in events:
            event = Event.parse(raw, self.stage.clock())
            async with self.stage.works.begin(event.sender) as work:
                await self.stage.listeners.hear(event, work)

    async def says(self, place: PlaceId, who: UserId = ALICE, text: str = "Hello", **more: Any) -> str:
        event = self.said(place, who, text, **more)
        await self.hears(event)
        return str(event["event_id"])

    async def moves(self, who: UserId, how: str, *places: PlaceId) -> None:
        for place in places:
            self.rooms.set(self.room(place), "m.room.member", {"membership": how}, key=who, by=who)
            await self.hears(self.moved(place, who, how))

    async def redacts(self, place: PlaceId, who: UserId, event: str) -> None:
        await self.hears(self.event(place, who, "m.room.redaction", {"redacts": event}))

    # -- what is told ----------------------------------------------------------------------------

    async def items(self, who: UserId | None, *networks: NetworkId, since: float = 0.0) -> list[Item]:
        """To a person, or to all members of the first of these networks, up to now."""
        async with self.stage.works.preview("test") as work:
            standing = Standing(UserId("@all:hs.test"), joined=frozenset(networks[:1]))
            standing = await work.standing_of(who) if who else standing
            sight = work.directory.sight_of(standing)
            told = frozenset(networks) or frozenset((self.arts, self.health))
            reader = Reader(who, standing, sight, told, Nearness(work.landscape, sight))
            found = await LivelySource(work).items(reader, Period(since, self.stage.clock() + 1))
        return sorted(found, key=lambda item: (-item.weight, _words(item)))

    async def told(self, who: UserId | None, *networks: NetworkId, since: float = 0.0) -> list[str]:
        return [_words(item) for item in await self.items(who, *networks, since=since)]


def _words(item: Item) -> str:
    return plain(Document((Paragraph(item.line),)))
