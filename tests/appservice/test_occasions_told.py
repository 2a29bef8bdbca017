"""Events that are told of: in reminders, once, and in digests, to who may read of them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from appservice.calendar import OccasionsSource, Reminders
from appservice.work import UnitOfWork
from bot.digests.items import Item, Period, Reader
from bot.reply import EventLink, plain_text
from spaces.access import Standing
from spaces.identifiers import NetworkId, UserId
from spaces.nearness import Nearness
from spaces.network import Access
from tests.appservice.hall import BEGIN, CAFE, CAFE_AT, HOUR, Hall
from tests.appservice.stage import ALICE, BEN, Stage
from tests.appservice.yard import DAY, SAM, told

on_both = pytest.mark.both_databases


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await Hall(stage).begin()


# -- reminders ----------------------------------------------------------------------------------------


@on_both
async def test_those_who_come_are_reminded_once_a_day_before(hall: Hall) -> None:
    number, clock = await hall.notes(), hall.stage.clock
    await hall.reacts(BEN, number)
    clock.seconds = CAFE_AT - DAY - 1
    assert await hall.ticks() == []
    clock.seconds += 1
    done = await hall.ticks()
    assert "“Repair café” in Arts is near" in told(done, BEN)[0]
    assert told(done, SAM) == told(done, ALICE) == []
    assert await hall.ticks() == []
    await hall.say(ALICE, f"event edit {number} --date 2027-03-13")
    clock.seconds = CAFE_AT + 6 * DAY
    assert len(told(await hall.ticks(), BEN)) == 1, "it is another day now"


async def test_after_an_outage_nobody_is_reminded_of_what_has_begun(hall: Hall) -> None:
    number, clock = await hall.notes(), hall.stage.clock
    await hall.reacts(BEN, number)
    clock.seconds = CAFE_AT
    assert await hall.ticks() == []
    clock.seconds = CAFE_AT - HOUR
    assert len(told(await hall.ticks(), BEN)) == 1


async def test_who_has_left_or_taken_it_back_is_not_reminded(hall: Hall) -> None:
    number = await hall.notes()
    tick = await hall.reacts(BEN, number)
    await hall.reacts(SAM, number)
    await hall.takes_back(BEN, tick)
    await hall.moves(SAM, "leave")
    hall.stage.clock.seconds = CAFE_AT - DAY
    assert await hall.ticks() == []
    assert (await hall.occasion(number)).remind_at is None


class Killed(BaseException):
    """The process ends here."""


async def test_a_kill_within_a_reminding_leaves_nobody_out_and_reminds_nobody_twice(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of its commits once: what is said, and that it is, stand in one."""
    for text in (CAFE, CAFE.replace("Repair", "Second")):
        number = await hall.notes(text)
        for who in (BEN, SAM):
            await hall.reacts(who, number)
    hall.stage.clock.seconds = CAFE_AT - DAY
    for survived in (0, 1):
        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "flush", _dying(UnitOfWork.flush, survived))
            with pytest.raises(Killed):
                await Reminders(hall.stage.works, hall.stage.clock).look()
    done = [*await hall.rooms.settle_all(), *await hall.ticks()]
    for who in (BEN, SAM):
        assert len([text for text in told(done, who) if "is near" in text]) == 2
    assert await hall.ticks() == []


def _dying(flush: Any, after: int) -> Any:
    """Does as `flush` does, so many times, and writes all but the last; then the process ends."""
    commits = itertools.count()

    async def flush_or_die(work: UnitOfWork) -> None:
        await flush(work)
        if next(commits) == after:
            raise Killed

    return flush_or_die


# -- in digests ---------------------------------------------------------------------------------------


async def items(
    hall: Hall, who: UserId | None, period: Period, joined: frozenset[NetworkId] | None = None
) -> list[Item]:
    async with hall.stage.works.preview("test") as work:
        standing = (
            await work.standing_of(who)
            if who
            else Standing(UserId("@onlooker"), joined=joined or frozenset())
        )
        sight = work.directory.sight_of(standing)
        reader = Reader(who, standing, sight, frozenset({hall.arts}), Nearness(work.landscape, sight))
        return list(await OccasionsSource(work).items(reader, period))


async def test_a_digest_tells_what_is_near_and_what_is_new_the_sooner_the_higher(hall: Hall) -> None:
    soon = await hall.notes(CAFE.replace("2027-03-06", "2027-02-10"))
    sooner = await hall.notes(CAFE.replace("2027-03-06", "2027-02-09"))
    far = await hall.notes()
    cancelled = await hall.notes(CAFE.replace("2027-03-06", "2027-02-08"))
    await hall.say(ALICE, f"event cancel {cancelled}")
    await hall.say(ALICE, "yes")
    made, week, day = (BEGIN, BEGIN + 10), 7 * DAY, DAY
    found = await items(hall, BEN, Period(made[0] - week, made[1]))
    by_weight = [one.key for one in sorted(found, key=lambda one: -one.weight)]
    assert by_weight == [f"occasion:{number}" for number in (sooner, soon, far)]
    later = BEGIN + DAY
    assert [one.key for one in await items(hall, BEN, Period(later, later + week - DAY))] == [
        f"occasion:{number}" for number in (sooner, soon)
    ]
    assert await items(hall, BEN, Period(later, later + day)) == []
    assert [one.key for one in await items(hall, BEN, Period(later, later + 5 * day))] != []
    assert len(await items(hall, BEN, Period(BEGIN + 6 * day, BEGIN + 7 * day))) == 2
    hall.stage.clock.seconds = BEGIN + 8 * DAY + 3 * HOUR
    again = await items(hall, BEN, Period(BEGIN + day, BEGIN + 7 * day))
    assert [one.key for one in again] == [f"occasion:{soon}"], "what has begun meanwhile is past"


async def test_a_digest_links_to_the_message_for_who_is_in_the_news(hall: Hall) -> None:
    number, period = await hall.notes(), Period(BEGIN - DAY, BEGIN + 1)
    [item] = await items(hall, BEN, period)
    assert (
        plain_text(item.line) == "Repair café: Saturday, 6 March 2027, 14:00 to 16:00, Village hall, in Arts"
    )
    assert not isinstance(item.line[0].parts["event"], EventLink)
    await hall.moves(BEN, "join", hall.news_place)
    [item] = await items(hall, BEN, period)
    assert item.line[0].parts["event"] == EventLink("Repair café", hall.news, f"$said-occasion:{number}")
    [item] = await items(hall, None, period, frozenset({hall.arts}))
    assert isinstance(item.line[0].parts["event"], EventLink)
    assert await items(hall, ALICE, period) == [], "it is her own doing"


async def test_what_the_edition_before_has_told_of_is_no_reason_for_another_one(hall: Hall) -> None:
    await hall.notes(CAFE.replace("2027-03-06", "2027-02-19"))  # 18 days ahead
    week = 7 * DAY
    quiet = [
        [one.quiet for one in await items(hall, BEN, Period(start, start + week))]
        for start in (BEGIN - week + 1, BEGIN + 1, BEGIN + week + 1)
    ]
    assert quiet == [[False], [False], [True]], "new; then near for the first time; then told of before"


async def test_a47_who_has_left_a_private_network_is_told_nothing_of_it(stage: Stage) -> None:
    hall = await Hall(stage).begin(Access.PRIVATE)
    await hall.notes()
    period = Period(BEGIN - DAY, BEGIN + 1)
    assert len(await items(hall, BEN, period)) == 1
    await hall.moves(BEN, "leave")
    assert await items(hall, BEN, period) == []
    assert await items(hall, None, period) == []
