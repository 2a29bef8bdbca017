"""Digests with the store: due, made, sent once each, and what is said to one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from appservice import digests as service
from appservice import newsroom
from appservice.digests import Press
from appservice.store import digests, tables
from appservice.store.database import Connection, Database
from bot.digests.items import Item, Period, Reader, Section
from bot.reply import line
from spaces import changes
from spaces.actions import Action, Say
from spaces.editions import Cadence, Schedule, Subscription
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.network import Access, Purpose
from tests.appservice.stage import ALICE, BEN, PlayedRooms, Stage, member, message, says, text_of
from tests.appservice.yard import ROOMS, SAM, told

on_both = pytest.mark.both_databases

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


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    monkeypatch.setattr(newsroom, "sources_of", lambda _: [board])
    return board


@pytest.fixture
async def house(stage: Stage, board: Board) -> House:
    return await House(stage, board).begin()


# -- when ---------------------------------------------------------------------------------------------


@on_both
async def test_one_digest_comes_at_its_hour_over_all_networks_with_each_item_once(house: House) -> None:
    await house.say(BEN, "digest daily")
    house.board.write(house.arts, at(1, 12), "A concert", key="shared")
    house.board.write(house.crafts, at(1, 12), "The concert again", key="shared")
    house.board.write(house.crafts, at(1, 13), "A loom", section=Section.MARKET)
    assert await house.ticks(at(2, 7, 59)) == []
    [said] = await house.digests(at(2, 8), BEN)
    assert said.splitlines() == [
        "Your digest, 1 May 2030 to 2 May 2030",
        "Stories",
        "A concert",
        "Offers and wants",
        "A loom",
        "`stop` ends these digests.".replace("`", ""),
    ]
    assert await house.ticks(at(2, 8, 1)) == []
    found = await house.subscription(BEN)
    assert (found.next_at, found.last_at) == (at(3, 8), at(2, 8))


async def test_nobody_gets_one_unasked_and_an_empty_one_is_not_sent(house: House) -> None:
    house.board.write(house.arts, at(1, 12), "A concert")
    house.board.write(house.crafts, at(2, 12), "12 messages in Looms", section=Section.LIVELY, quiet=True)
    assert await house.ticks(at(2, 9)) == []
    await house.say(BEN, "digest daily")
    assert await house.ticks(at(3, 9)) == []  # there is nothing but what is quiet
    assert (await house.subscription(BEN)).last_at == at(3, 8)
    house.board.write(house.arts, at(3, 10), "A play")
    house.board.write(house.crafts, at(3, 12), "13 messages in Looms", section=Section.LIVELY, quiet=True)
    [said] = await house.digests(at(4, 8), BEN)
    assert "A play" in said
    assert "13 messages" in said
    assert "12 messages" not in said


@pytest.mark.parametrize("days", [1, 3])
async def test_a75_after_an_outage_each_gets_one_digest_of_all_that_time(house: House, days: int) -> None:
    await house.subscribe(BEN, SAM)
    for day in range(1, days + 2):
        house.board.write(house.arts, at(day, 12), f"News of the {day}")
    done = await house.ticks(at(2 + days, 9))
    for who in (BEN, SAM):
        [said] = told(done, who)
        assert [f"News of the {day}" in said for day in range(1, days + 2)] == [True] * (days + 1)
        assert (await house.subscription(who)).next_at == at(3 + days, 8)
    assert await house.ticks(at(2 + days, 9, 1)) == []


async def test_a75_what_could_not_be_sent_for_a_day_comes_in_one_with_what_came_since(house: House) -> None:
    await house.subscribe(BEN)
    health = house.stage.works.surroundings.health
    for day in (1, 2, 3):
        house.board.write(house.arts, at(day, 12), f"News of the {day}")
    house.stage.clock.seconds = at(2, 8)
    await house.press.look()  # and cannot be sent
    health.homeserver_answers = False
    house.stage.clock.seconds = at(3, 8)
    await house.press.look()
    health.homeserver_answers = True
    [said] = await house.digests(at(4, 9), BEN)
    assert [f"News of the {day}" in said for day in (1, 2, 3)] == [True] * 3
    assert said.splitlines()[0] == "Your digest, 1 May 2030 to 4 May 2030"


async def test_a75_two_that_look_at_once_and_a_clock_set_back_send_one(house: House) -> None:
    await house.subscribe(BEN)
    house.board.write(house.arts, at(1, 12), "A concert")
    other = house.new_press()
    batch = await other._due(20)
    assert len(await house.digests(at(2, 8), BEN)) == 1
    await other._make(batch)
    assert await house.rooms.settle_all() == []
    house.stage.clock.seconds = at(2, 7)
    assert "every day at 08:00" in await house.say(BEN, "digest daily")
    house.board.write(house.arts, at(2, 7, 30), "Another")
    assert await house.ticks(at(2, 8)) == []
    async with house.stage.database.reading() as connection:
        assert len((await connection.execute(select(tables.digest_editions))).all()) == 1


async def test_it_comes_by_the_clock_of_the_person_else_of_their_networks(house: House) -> None:
    await house.say(SAM, "digest daily")
    assert (await house.subscription(SAM)).next_at == at(2, 8)
    await house.say(ALICE, "network describe arts --timezone Asia/Kathmandu")
    await house.say(SAM, "digest daily")
    assert (await house.subscription(SAM)).next_at == at(2, 3, 15)
    await house.say(SAM, "timezone Pacific/Auckland")
    assert (await house.subscription(SAM)).next_at == at(1, 21)
    await house.say(ALICE, "network describe crafts --timezone Europe/Dublin")
    assert "Europe/London" in await house.say(BEN, "timezone")  # theirs do not agree


async def test_what_cannot_be_made_holds_up_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.subscribe(ALICE, BEN, SAM)
    house.board.write(house.arts, at(1, 12), "A concert")
    asked = house.board.items

    async def items(reader: Reader, period: Period) -> Sequence[Item]:
        if reader.user == BEN:
            raise RuntimeError("Ben's cannot be made")
        return await asked(reader, period)

    monkeypatch.setattr(house.board, "items", items)
    house.stage.clock.seconds = at(2, 8)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await house.press.look()
    done = await house.ticks(at(2, 8, 3))
    assert [len(told(done, who)) for who in (ALICE, SAM)] == [1, 1]
    monkeypatch.setattr(house.board, "items", asked)
    assert len(await house.digests(at(2, 8, 4), BEN)) == 1


# -- what is read when it is sent ---------------------------------------------------------------------


async def test_a47_who_has_left_everything_or_is_banned_gets_nothing(house: House) -> None:
    await house.subscribe(BEN, SAM)
    house.board.write(house.arts, at(1, 12), "A concert")
    await house.moves(SAM, "leave", house.arts)
    await house.moves(BEN, "ban", house.arts)
    assert await house.ticks(at(2, 8)) == []
    assert SAM not in {who for who, _ in house.board.asked}


async def test_the_news_of_one_network_can_be_left_out(house: House) -> None:
    await house.subscribe(BEN)
    house.board.write(house.arts, at(1, 12), "A concert")
    house.board.write(house.crafts, at(1, 12), "A loom")
    await house.say(BEN, "digest off crafts")
    [said] = await house.digests(at(2, 8), BEN)
    assert "A concert" in said
    assert "A loom" not in said
    await house.say(BEN, "digest on crafts")
    house.board.write(house.crafts, at(2, 12), "A spindle")
    [said] = await house.digests(at(3, 8), BEN)
    assert "A spindle" in said


async def test_a_digest_now_moves_nothing(house: House) -> None:
    await house.subscribe(BEN)
    house.board.write(house.arts, at(1, 9), "A concert")
    assert "A concert" in await house.say(BEN, "digest now")
    assert (await house.subscription(BEN)).last_at == at(1, 8)
    assert "A concert" in (await house.digests(at(2, 8), BEN))[0]
    assert "Nothing to tell so far." in await house.say(BEN, "digest now")


@on_both
async def test_a46_what_still_waits_is_made_anew_and_not_sent_where_nothing_is_left(house: House) -> None:
    await house.subscribe(BEN, SAM)
    house.board.write(house.arts, at(1, 12), "A concert")
    house.board.write(house.crafts, at(1, 12), "A loom")
    house.stage.clock.seconds = at(2, 8)
    await house.press.look()
    assert len(await house.stage.waiting()) == 2
    house.board.lines = [one for one in house.board.lines if one[0] != house.arts]  # it became private
    house.stage.clock.seconds += 60
    await house.press.look()
    [said] = says(await house.rooms.settle_all())
    assert said.room == ROOMS[BEN]
    assert "A concert" not in text_of(said)
    assert "A loom" in text_of(said)
    assert await house.ticks(at(2, 8, 5)) == []


async def test_a46_what_its_reader_may_see_no_more_is_not_sent_even_at_once(house: House) -> None:
    await house.subscribe(BEN, SAM, house.arts)
    house.board.write(house.arts, at(1, 12), "A concert")
    house.stage.clock.seconds = at(2, 8)
    await house.press.look()

    async def held() -> list[bool]:
        async with house.stage.database.reading() as connection:
            return [await service.still_holds(connection, said) for said in await house.stage.waiting()]

    assert await held() == [True, True, True]
    await house.hears_of(SAM, "leave", house.arts)
    assert await held() == [True, False, True]
    async with house.stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, house.arts, topic="Other")
        await work.change(landscape, what="describe", about=house.arts)
    waiting = zip(await house.stage.waiting(), await held(), strict=True)
    assert [holds for action, holds in waiting if isinstance(action, Say)] == [False, False, False]
    house.stage.clock.seconds += 60
    await house.press.look()
    done = says(await house.rooms.settle_all())
    assert sorted(said.room for said in done) == sorted([ROOMS[BEN], house.news])


async def test_while_many_wait_no_more_are_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_MOST_WAITING", 1)
    monkeypatch.setattr(service, "_AT_ONCE", 1)
    await house.subscribe(ALICE, BEN)
    house.board.write(house.arts, at(1, 12), "A concert")
    house.stage.clock.seconds = at(2, 8)
    await house.press.look()
    await house.press.look()
    [first] = says(await house.rooms.settle_all())
    [second] = says(await house.ticks(at(2, 8, 1)))
    assert {first.room, second.room} == {ROOMS[ALICE], ROOMS[BEN]}


# -- once ---------------------------------------------------------------------------------------------


class Stopped(Exception):
    """The process is gone."""


def stop_at(patch: pytest.MonkeyPatch, database: Database, n: int, *, after: bool) -> None:
    """Stop at the n-th commit from now on, just before it or just after, until the patch is undone."""
    writing, left = database.writing, [n]

    @asynccontextmanager
    async def counted(*, urgent: bool = False) -> AsyncIterator[Connection]:
        left[0] -= 1
        async with writing(urgent=urgent) as connection:
            yield connection
            if left[0] == 0 and not after:
                raise Stopped
        if left[0] == 0:
            raise Stopped

    patch.setattr(database, "writing", counted)


async def sent_on(house: House, now: float, n: int, *, after: bool) -> tuple[list[Say], bool]:
    """All that is said on that day, stopped at the n-th commit; whether there were so many."""
    house.stage.clock.seconds, began = now, len(house.rooms.done)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, house.stage.database, n, after=after)
        try:
            await house.press.look()
            await house.rooms.settle_all()
            return says(house.rooms.done[began:]), False
        except Stopped:
            pass
    house.press = house.new_press()
    await house.ticks(now + 30)
    return says(house.rooms.done[began:]), True


@pytest.mark.parametrize("after", [False, True])
async def test_a75_stopped_at_any_commit_of_a_sending_nobody_gets_it_twice_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    await house.subscribe(ALICE, BEN, SAM, house.arts)
    stopped, day = True, 2
    while stopped:
        house.board.write(house.arts, at(day - 1, 12), f"News of the {day - 1}")
        done, stopped = await sent_on(house, at(day, 8), day - 1, after=after)
        # the homeserver takes what is said again under the same name for the same message
        rooms = sorted((said.room, said.said) for said in {said.said: said for said in done}.values())
        assert [room for room, _ in rooms] == sorted([*(ROOMS[who] for who in (ALICE, BEN, SAM)), house.news])
        assert all(f"News of the {day - 1}" in text_of(said) for said in done)
        day += 1
    assert day > 8  # two commits that make them, one for each that is sent


# -- what is said to one ------------------------------------------------------------------------------


def event_of(who: UserId, now: float) -> str:
    return f"$said-tell:{who}:digest:{int(now)}"


async def test_stop_ends_them_in_reply_to_a_digest_or_right_behind_it(house: House) -> None:
    await house.subscribe(BEN, SAM)
    house.board.write(house.arts, at(1, 12), "A concert")
    await house.ticks(at(2, 8))
    assert "no digests any more" in await house.say(SAM, "Stop.")
    await house.say(BEN, "whoami")
    assert "no digests any more" not in await house.say(BEN, "stop")
    assert "no digests any more" in await house.replies(BEN, "stop", event_of(BEN, at(2, 8)))
    house.board.write(house.arts, at(3, 12), "A play")
    assert await house.ticks(at(4, 7)) == []
    assert "every day at 08:00" in await house.say(BEN, "digest on")
    assert "A play" in (await house.digests(at(4, 8), BEN))[0]


async def test_a_reply_to_somebody_elses_digest_stops_nothing(house: House) -> None:
    await house.subscribe(BEN, SAM)
    house.board.write(house.arts, at(1, 12), "A concert")
    await house.ticks(at(2, 8))
    assert "no digests any more" not in await house.replies(BEN, "stop", event_of(SAM, at(2, 8)))


async def test_more_shows_the_rest_however_late_and_as_it_may_be_read_then(house: House) -> None:
    await house.subscribe(BEN)
    for number in range(40):
        house.board.write(house.arts, at(1, 12), f"Story {number}", weight=-number)
    house.board.write(house.crafts, at(1, 12), "A loom", section=Section.MARKET)
    house.board.write(house.crafts, at(1, 12), "A secret", section=Section.MARKET, weight=-1)
    first = (await house.digests(at(2, 8), BEN))[0].splitlines()
    assert first[1:7] == ["Stories", *(f"Story {number}" for number in range(5))]
    assert "A loom" in first
    assert first[-1] == "more shows the rest. stop ends these digests."
    house.board.lines = [one for one in house.board.lines if one[2].key != "A secret"]
    house.stage.clock.seconds = at(2, 20)
    pages = [await house.say(BEN, "more") for _ in range(3)]
    stories = [text for page in pages for text in page.splitlines() if text.startswith("Story")]
    assert stories == [f"Story {number}" for number in range(5, 40)]
    assert all(page.startswith("Stories") for page in pages)
    assert "There is more" not in pages[-1]
    assert "A secret" not in "".join(pages)
    assert "There is no more" in await house.say(BEN, "more")
    assert "Story 5" in await house.replies(BEN, "more", event_of(BEN, at(2, 8)))


# -- of a network -------------------------------------------------------------------------------------


async def test_a_networks_digest_stands_once_in_its_news_for_its_members(house: House) -> None:
    assert "every day at 08:00" in await house.say(ALICE, "digest schedule arts daily 08:00")
    house.board.write(house.arts, at(1, 9), "A concert")
    house.board.write(house.crafts, at(1, 9), "A loom")
    assert "A concert" in await house.say(ALICE, "digest preview arts")
    [said] = says(await house.ticks(at(2, 8)))
    assert said.room == house.news
    assert text_of(said).splitlines() == [
        "What happened in Arts, 1 May 2030 to 2 May 2030",
        "Stories",
        "A concert",
    ]
    assert (None, Period(at(1, 8), at(2, 8))) in house.board.asked
    assert await house.ticks(at(2, 9)) == []
    house.board.write(house.arts, at(2, 12), "A play")
    await house.say(ALICE, "network archive arts")
    await house.say(ALICE, "yes")
    assert [said.said for said in says(await house.ticks(at(3, 9)))] == []
    assert await house.say(ALICE, "digest schedule crafts off")


# -- forgotten ----------------------------------------------------------------------------------------


@on_both
async def test_a_person_is_forgotten(house: House) -> None:
    await house.say(BEN, "digest daily")
    await house.say(BEN, "timezone Europe/Dublin")
    await house.say(BEN, "digest off crafts")
    house.board.write(house.arts, at(1, 12), "A concert")
    await house.ticks(at(2, 8))
    async with house.stage.database.writing() as connection:
        await digests.forget_person(connection, BEN)
    async with house.stage.database.reading() as connection:
        for table in (
            *(tables.digest_subscriptions, tables.digest_editions),
            *(tables.digests_without, tables.timezones),
        ):
            assert (await connection.execute(select(table))).all() == []
