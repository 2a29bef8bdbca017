"""What waits is handled together: with the same end as one by one, and in few commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import pytest
from sqlalchemy import select

from appservice import handling
from appservice.event import Event
from appservice.keyloop import KeyLoop
from appservice.sealed import NotMeant, Sealed
from appservice.store import inbox, tables
from appservice.store.database import Connection, Database
from spaces import announcements
from spaces.identifiers import GroupId, UserId
from tests.appservice.square import RUTH, SAM, Square
from tests.appservice.stage import ALICE, BEN, BOT, Json, Stage, message
from tests.databases import Databases, driven


def _text(square: Square, who: UserId, body: object = "x", **more: Any) -> Json:
    content = {"msgtype": "m.text", "body": body, **more}
    return square.event(square.walking, who, "m.room.message", content)


def _to(event: Json, kind: str = "") -> Json:
    """What relates a message to that event, as a reply unless it is of another kind."""
    id_ = event["event_id"]
    return {"rel_type": kind, "event_id": id_} if kind else {"m.in_reply_to": {"event_id": id_}}


HAPPENED: dict[str, Callable[[Square], list[Json]]] = {
    "people talk": lambda s: [s.said(s.painting, who, "Hello") for who in (BEN, SAM, RUTH, BEN)],
    "one speaks to the bot": lambda s: [
        s.said(s.walking, SAM),
        s.said(s.walking, BEN, "!hedge help"),
        s.said(s.walking, SAM, f"{BOT}: help"),
    ],
    "somebody answers with a bare word": lambda s: [
        s.said(s.walking, BEN, "yes"),
        s.said(s.walking, BEN, "more"),
    ],
    "it is taken back": lambda s: [
        said := s.said(s.painting, BEN),
        s.event(s.painting, BEN, "m.room.redaction", {"redacts": said["event_id"]}),
        s.said(s.painting, BEN, "Hello again"),
    ],
    "it is a story": lambda s: [
        said := s.said(s.walking, SAM),
        _text(s, BEN, "story", **{"m.relates_to": _to(said)}),
    ],
    "a question is answered in its thread": lambda s: [
        said := _text(s, BEN, "!hedge find"),
        _text(s, BEN, "Walking", **{"m.relates_to": _to(said, "m.thread")}),
    ],
    "it is changed": lambda s: [
        said := s.said(s.walking, BEN),
        _text(s, BEN, **{"m.relates_to": _to(said, "m.replace"), "m.new_content": {}}),
        _text(s, BEN, **{"m.relates_to": _to(said, "m.thread")}),
    ],
    "the same comes twice": lambda s: [said := s.said(s.painting, BEN), said],
    "who looks after it speaks": lambda s: [s.said(s.walking, ALICE), s.said(s.walking, ALICE)],
    "who looks after it speaks in the news": lambda s: [
        s.said(s.news, BEN, "Is it open?"),
        s.said(s.news, ALICE, "We are open on Monday"),
    ],
    "it is sealed, a notice, a picture, or odd": lambda s: [
        s.event(
            s.painting, BEN, "m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}
        ),
        _text(s, BEN, msgtype="m.notice"),
        _text(s, BEN, msgtype="m.image"),
        _text(s, BEN, 7),
        s.said(s.painting, BEN, state_key=""),
    ],
    "people come and go between": lambda s: [
        s.said(s.walking, SAM),
        s.moved(s.walking, BEN, "join"),
        s.said(s.walking, BEN),
        s.moved(s.walking, BEN, "leave"),
        s.said(s.walking, SAM),
    ],
}


class Town(Square):
    """With a room for the news of Health."""

    news = GroupId("")

    async def begin(self) -> Town:
        await super().begin()
        found = announcements.news_of((await self.stage.works.landscape()), self.health)
        assert found is not None
        self.news = found
        return self

    async def end(self) -> dict[str, list[Any]]:
        """What is kept of all this, without the ids drawn at random."""
        m, a = tables.messages.c, tables.announcements.c
        kept = select(m.event_id, m.sender, m.at, m.said_at, m.is_open).order_by(m.event_id)
        async with self.stage.database.reading() as connection:
            found = {
                "messages": [tuple(row) for row in await connection.execute(kept)],
                "announcements": [tuple(row) for row in await connection.execute(select(a.text, a.author))],
                "stories": [tuple(row) for row in await connection.execute(select(tables.stories.c.text))],
            }
        return found | {"waiting": [type(action).__name__ for action in await self.stage.waiting()]}


@asynccontextmanager
async def town(databases: Databases) -> AsyncIterator[Town]:
    with databases.empty() as url:
        database = Database(driven(url))
        try:
            yield await Town(Stage(database)).begin()
        finally:
            await database.close()


@pytest.mark.parametrize("happened", HAPPENED.values(), ids=HAPPENED.keys())
async def test_together_or_one_by_one_the_end_is_the_same(
    databases: Databases, happened: Callable[[Square], list[Json]]
) -> None:
    async with AsyncExitStack() as stack:
        one_by_one, together = [await stack.enter_async_context(town(databases)) for _ in range(2)]
        for some in (one_by_one, together):
            await some.stage.hears(
                some.said(some.walking, ALICE)
            )  # whom the bot knows to be there from now on
        for event in happened(one_by_one):
            await one_by_one.stage.hears(event)
        await together.stage.hears(*happened(together))
        assert await together.end() == await one_by_one.end()
        assert set(await together.stage.events()) == {"handled", "transactions"}


class Commits:
    """Counts what is written."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self._writing = 0, stage.database.writing
        monkeypatch.setattr(stage.database, "writing", self._counted)
        monkeypatch.setattr(handling, "_TOGETHER_SECONDS", 60.0)

    @asynccontextmanager
    async def _counted(self, **how: Any) -> AsyncIterator[Any]:
        self.count += 1
        async with self._writing(**how) as connection:
            yield connection


@pytest.mark.both_databases
async def test_a_thousand_messages_cost_few_commits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    square = await Square(stage).begin()
    commits = Commits(stage, monkeypatch)
    for number in range(10):
        await stage.push(*(square.said(square.painting, BEN) for _ in range(100)), txn=str(number))
    await stage.work_off()
    assert await stage.events() == {"handled": 1000, "transactions": 0}
    assert commits.count <= 10 + 10 + 5 + 1  # kept, split, and handled 200 at a time
    async with stage.database.reading() as connection:
        assert len((await connection.execute(select(tables.messages.c.event_id))).all()) == 1000


@pytest.mark.both_databases
async def test_those_before_one_in_the_way_are_kept_together(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = await Square(stage).begin()
    commits = Commits(stage, monkeypatch)
    said = [square.said(square.painting, BEN) for _ in range(60)]
    unknown = message(1, room_id="!nobody-knows")
    await stage.push(*said[:40], {**message(2), "sender": "nobody"}, *said[40:], unknown, message(3))
    await stage.work_off()
    statuses = {event_id: status for event_id, status, _, _ in await stage.stored()}
    assert [statuses.pop("$m2"), "$m1" in statuses] == ["set aside", False]  # it is asked for once more
    assert set(statuses.values()) == {"handled"}
    assert len(statuses) == 61
    assert commits.count < 15


class NobodyIsMeant:
    """In the place of what opens what is encrypted."""

    def is_sealed(self, event: Event) -> bool:
        return event.type == "m.room.encrypted"

    async def open(self, event: Event) -> None:
        raise NotMeant(event.id)


async def test_what_is_sealed_goes_alone_and_the_rest_is_not_read_again_for_each(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    square, asked, next_events = await Square(stage).begin(), list[int](), inbox.next_events

    async def counted(connection: Connection, most: int) -> list[inbox.Arrived]:
        asked.append(most)
        return await next_events(connection, most)

    monkeypatch.setattr(inbox, "next_events", counted)
    stage.inbox.deciphers(cast(Sealed, NobodyIsMeant()), cast(KeyLoop, NoKeys()))
    sealed = [square.event(square.painting, BEN, "m.room.encrypted", {"ciphertext": "x"}) for _ in range(80)]
    await stage.push(*sealed, *(square.said(square.painting, BEN) for _ in range(20)))
    await stage.work_off()
    assert await stage.events() == {"handled": 100, "transactions": 0}
    assert sum(asked) < 1000


class NoKeys:
    async def take_transaction(self, transaction: object) -> None:
        pass
