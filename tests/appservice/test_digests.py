"""Digests with the store: due, made, sent once each, and what is said to one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from appservice import digests as service
from appservice import newsroom
from appservice.store import digests, tables
from bot.digests.items import Item, Period, Reader, Section
from spaces import changes
from spaces.actions import Say
from spaces.identifiers import UserId
from tests.appservice.press_house import Board, House, at
from tests.appservice.stage import ALICE, BEN, Stage, says, text_of
from tests.appservice.yard import ROOMS, SAM, told

on_both = pytest.mark.both_databases


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
