"""The service without its server and its homeserver: a store, a clock to set, and rooms that are played.

`Stage` hears transactions and shows what waits in the outbox. `PlayedRooms` does what waits as a
homeserver would, in memory, and hands what came of it to the settler.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.event import listen

from appservice.inbox import Inbox
from appservice.lanes import Entry
from appservice.listeners import Listeners
from appservice.mailbox import Mailbox
from appservice.outbox import Outbox
from appservice.performing import Outcome, Performer
from appservice.places import Places
from appservice.settling import Settler
from appservice.store import inbox, outbox, rooms, tables
from appservice.store.database import Database
from appservice.store.rooms import ConversationRow
from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.conversation import Conversation
from bot.repertoire import all_commands
from bot.reply import from_json, plain
from bot.stories.ports import Message
from config.blueprints import template
from spaces import changes
from spaces.actions import (
    Action,
    Ban,
    CreateRoom,
    Follow,
    Invite,
    ReadBack,
    ReadMessage,
    Remove,
    Renew,
    Say,
    SetState,
    TakeIn,
    Unban,
)
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access
from spaces.reconcile import Maker
from tests.clock import Clock

BOT = UserId("@hedgerow:hs.test")
ALICE = UserId("@alice:hs.test")
BEN = UserId("@ben:hs.test")
FAR = UserId("@far:elsewhere.test")
ADMIN = UserId("@admin:hs.test")
DIRECT = RoomId("!alice-and-the-bot")
SHARED = RoomId("!several-people")

Json = dict[str, Any]


class Arrived(asyncio.Event):
    """That something may have come in; `rests` is set when the inbox loop waits for that."""

    def __init__(self) -> None:
        super().__init__()
        self.rests = asyncio.Event()

    async def wait(self) -> Literal[True]:
        if not self.is_set():
            self.rests.set()
        return await super().wait()


def usual_listeners() -> Listeners:
    return Listeners(Conversation(all_commands(template), BOT), BOT)


class Stage:
    """Everything behind the server, on one database."""

    def __init__(
        self, database: Database, listeners: Listeners | None = None, admins: tuple[UserId, ...] = (ADMIN,)
    ) -> None:
        self.database = database
        self.commits = 0
        listen(database.engine.sync_engine, "commit", self._count)
        self.clock = Clock()
        surroundings = Surroundings(
            maker=Maker(BOT, "12"),
            admins=frozenset(admins),
            now=self.clock,
            health=Health(homeserver_answers=True),
            version="0.0",
            secret="made up",
            ids=RandomIds(),
        )
        self.works = Works(database, surroundings, lambda: None)
        self.places = Places(BOT.server)
        self.settler = Settler(self.works, self.places)
        self.mailbox = Mailbox(database, self.clock, health=surroundings.health)
        self.mailbox.arrived = self._arrived = Arrived()
        self._loop: asyncio.Task[None]
        self.is_usual = listeners is None
        self.listeners = listeners or usual_listeners()
        self.inbox = Inbox(self.mailbox, self.works, self.listeners)

    def _count(self, _: object) -> None:
        self.commits += 1

    # -- in --------------------------------------------------------------------------------------

    async def push(self, *events: Any, txn: str = "1") -> None:
        await self.mailbox.accept(txn, json.dumps({"events": events}).encode())

    async def work_off(self) -> None:
        """Let the inbox loop run until nothing waits."""
        async with self.running():
            await self.until_worked_off()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The inbox loop runs; if it dies, so does the test."""
        self._loop = asyncio.create_task(self.inbox.run())
        self._loop.add_done_callback(lambda _: self._arrived.rests.set())
        try:
            yield
        finally:
            self.inbox.stop()
            await self._loop
            self.inbox = Inbox(self.mailbox, self.works, self.listeners)

    async def until_worked_off(self) -> None:
        """Looked at whenever the loop rests: no transaction is being split then."""
        async with asyncio.timeout(30):
            while True:
                self._arrived.rests.clear()
                self.inbox.wake()
                await self._arrived.rests.wait()
                if self._loop.done():
                    self._loop.result()
                found = await self.events()
                if not (found.get("waiting") or found["transactions"]):
                    return
                await asyncio.sleep(0.005)

    async def hears(self, *events: Any) -> list[Action]:
        """What waits in the outbox after these."""
        await self.push(*events)
        await self.work_off()
        return await self.waiting()

    async def events(self) -> dict[str, int]:
        async with self.database.reading() as connection:
            return await inbox.counts(connection)

    async def stored(self) -> list[tuple[str, str, str | None, str | None]]:
        """Event id, status, body and reason of all events, in the order in which they came."""
        t = tables.events.c
        async with self.database.reading() as connection:
            rows = await connection.execute(select(t.event_id, t.status, t.body, t.reason).order_by(t.seq))
            return [(row.event_id, row.status, row.body, row.reason) for row in rows]

    # -- out -------------------------------------------------------------------------------------

    async def entries(self) -> list[Entry]:
        async with self.database.reading() as connection:
            return await outbox.waiting(connection)

    async def waiting(self) -> list[Action]:
        return [entry.action for entry in await self.entries()]

    async def put(self, *actions: Action, undertaking: int | None = None) -> list[Action]:
        async with self.database.writing() as connection:
            return await outbox.put(connection, actions, undertaking=undertaking, now=self.clock())

    # -- what is there ---------------------------------------------------------------------------

    async def knows(self, room: RoomId, person: UserId | None) -> None:
        """The bot is in `room`, which is the direct one of `person`, or nobody's."""
        async with self.database.writing() as connection:
            await rooms.save_conversation(connection, ConversationRow(room, person, None))

    async def conversation(self, room: RoomId) -> ConversationRow | None:
        async with self.database.reading() as connection:
            return await rooms.conversation(connection, room)

    async def found(
        self, name: str, *, access: Access = Access.PUBLIC, by: tuple[UserId, ...] = (ALICE,)
    ) -> NetworkId:
        """A network of that name is founded; its rooms wait to be made."""
        async with self.works.begin(ALICE) as work:
            landscape, network = changes.create_network(
                work.landscape, work.ids, name=name, access=access, coordinators=by
            )
            await work.change(landscape, what="founded", about=network)
        return network

    async def row(self, place: PlaceId) -> rooms.RoomRow | None:
        async with self.database.reading() as connection:
            return {row.place: row for row in await rooms.all_rooms(connection)}.get(place)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        async with self.works.begin("test") as work:
            yield work


class PlayedRooms:
    """Rooms in memory, as a homeserver keeps them. `state[room][type, key]` is a state event."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.state: dict[RoomId, dict[tuple[str, str], Json]] = {}
        self._events = itertools.count(1)
        self.done: list[Action] = []
        self.ready: dict[PlaceId, bool] = {}
        self.reads: Callable[[ReadMessage], Message | None] = lambda action: None

    async def settle_all(self, *, at_most: int = 300) -> list[Action]:
        """Do what waits, and what comes of it, the oldest first that can be done; returns what was done.

        What waits for a place that nobody makes is left.
        """
        began = len(self.done)
        while entries := [entry for entry in await self._stage.entries() if self._can(entry.action)]:
            assert len(self.done) - began < at_most, "it does not end"
            await self.settle(entries[0])
        left = await self._stage.waiting()
        assert all(set(action.needs) - self.ready.keys() for action in left), "something is held up"
        return self.done[began:]

    def _can(self, action: Action) -> bool:
        place = action.room
        is_made = isinstance(action, CreateRoom) or not isinstance(place, PlaceId) or place in self.ready
        return is_made and all(self.ready.get(place) for place in action.needs)

    async def settle(self, entry: Entry) -> bool | None:
        self.done.append(entry.action)
        passed = await self._stage.settler.settle(entry, self._perform(entry.action))
        place = entry.action.room
        if isinstance(entry.action, (Follow, Renew)):
            self.ready[entry.action.place if isinstance(entry.action, Follow) else PlaceId(place)] = False
        if isinstance(entry.action, TakeIn) and (taken := self._stage.places.place(RoomId(place))):
            self.ready.setdefault(taken, False)
        if isinstance(place, PlaceId) and not isinstance(entry.action, Renew):
            self.ready[place] = self.ready.get(place, False) if passed is None else passed
        return passed

    def _perform(self, action: Action) -> Outcome:
        places = self._stage.places
        if isinstance(action, CreateRoom):
            return Outcome(room=self._make(action))
        room = places.room(action.room)
        match action:
            case ReadBack():
                return Outcome(room, tuple(self.state[room].values()))
            case ReadMessage():
                return Outcome(message=self.reads(action))
            case Say(said=said):
                return Outcome(event=EventId(f"$said-{said}"))
            case SetState(event=event):
                key, content = places.resolve(event.state_key), places.resolve(event.content)
                self.set(room, event.type, content, key=key, by=BOT)
            case Renew():
                made = self._make(action)
                return Outcome(made, tuple(self.state[made].values()))
            case TakeIn() | Follow():
                return Outcome(room, tuple(self.state[room].values())) if room in self.state else Outcome()
            case Invite(user=user):
                self.set(room, "m.room.member", {"membership": "invite"}, key=user, by=BOT)
            case Remove(user=user) | Unban(user=user):
                self.set(room, "m.room.member", {"membership": "leave"}, key=user, by=BOT)
            case Ban(user=user):
                self.set(room, "m.room.member", {"membership": "ban"}, key=user, by=BOT)
            case _:
                pass
        return Outcome()

    def _make(self, action: CreateRoom | Renew) -> RoomId:
        places, room = self._stage.places, RoomId(f"!{action.room}")
        kind: Json = {"type": "m.space"} if action.space else {}
        if isinstance(action, Renew):
            room, kind = RoomId(f"{action.old}.new"), {**kind, "predecessor": {"room_id": action.old}}
        self.set(room, "m.room.create", {"room_version": action.version, **kind}, by=BOT)
        self.set(room, "m.room.member", {"membership": "join"}, key=BOT, by=BOT)
        for event in action.state:
            content, key = places.resolve(event.content), places.resolve(event.state_key)
            self.set(room, event.type, content, key=key, by=BOT)
        self.set(room, "m.room.power_levels", action.power_levels, by=BOT)
        return room

    def set(
        self, room: RoomId, kind: str, content: Mapping[str, Any], *, key: str = "", by: UserId = ALICE
    ) -> None:
        """Set state, by hand unless `by` the bot."""
        id_ = f"$set{next(self._events)}"
        event = {"type": kind, "state_key": key, "content": dict(content), "sender": by, "event_id": id_}
        self.state.setdefault(room, {})[kind, key] = event

    def content(self, room: RoomId, kind: str, key: str = "") -> Json:
        found: Json = self.state[room][kind, key]["content"]
        return found


# -- events -----------------------------------------------------------------------------------------


def message(n: int | str, body: Any = "help", **more: Any) -> Json:
    """A text message of Alice's in her direct room, but for `more`; `content` is merged."""
    content = {"msgtype": "m.text", "body": body, **more.pop("content", {})}
    event = {"event_id": f"$m{n}", "type": "m.room.message", "room_id": DIRECT, "sender": ALICE}
    return {**event, "content": content, **more}


def state(n: int | str, kind: str, content: Mapping[str, Any], *, key: str = "", **more: Any) -> Json:
    event = {"event_id": f"$s{n}", "type": kind, "room_id": SHARED, "sender": ALICE, "state_key": key}
    return {**event, "content": dict(content), **more}


def member(n: int | str, user: str, membership: Any, room: str = SHARED, **more: Any) -> Json:
    content = {"membership": membership, **more.pop("content", {})}
    return state(f"m{n}", "m.room.member", content, key=user, **{"room_id": room, "sender": user, **more})


def says(actions: list[Action]) -> list[Say]:
    return [action for action in actions if isinstance(action, Say)]


def text_of(said: Say) -> str:
    """All words of what is said, a line for each paragraph."""
    return plain(from_json(said.content["document"]))


@asynccontextmanager
async def delivering(stage: Stage, performer: Performer, now: Callable[[], float]) -> AsyncIterator[Outbox]:
    """What waits is delivered; what is under way at the end is finished."""
    loop = Outbox(stage.works, performer, stage.settler, stage.places, now)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await task
