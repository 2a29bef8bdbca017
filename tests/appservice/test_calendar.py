"""Events with the store: told in the news, counted by reactions, reminded of once, and in digests."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from appservice import calendar as edge
from appservice.calendar import OccasionsSource, Reminders
from appservice.codec import action_from_json, action_to_json
from appservice.event import Event
from appservice.store import audit, calendar, tables
from appservice.work import UnitOfWork
from bot.digests.items import Item, Period, Reader
from bot.reply import EventLink, plain_text
from spaces import changes
from spaces.access import Standing
from spaces.actions import Say
from spaces.identifiers import EventId, NetworkId, UserId
from spaces.nearness import Nearness
from spaces.network import Access
from spaces.occasions import Occasion
from tests.appservice.hall import BEGIN, CAFE, Hall, words_in
from tests.appservice.stage import ALICE, BEN, BOT, Json, Stage, message, text_of
from tests.appservice.yard import DAY, ROOMS, RUTH, SAM, told

on_both = pytest.mark.both_databases
FAR = UserId("@far:elsewhere.test")
HOUR = 3_600.0
CAFE_AT = BEGIN + 33 * DAY + 2 * HOUR  # 6 March 2027, 14:00 in London


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await Hall(stage).begin()


@pytest.fixture
async def noted(hall: Hall) -> int:
    return await hall.notes()


# -- in the news --------------------------------------------------------------------------------------


async def test_an_event_is_told_in_the_news_with_its_day_its_hours_and_its_place(hall: Hall) -> None:
    done = await hall.say(ALICE, CAFE)
    [said] = hall.in_news(done)
    number = int(said.said.partition(":")[2])
    assert text_of(said).splitlines() == [
        "Repair café",
        "When: Saturday, 6 March 2027, 14:00 to 16:00",
        "Where: Village hall",
        f"React ✅ to say that you come, or tell me: event yes {number}.",
    ]
    assert said.said == f"occasion:{number}"
    found = await hall.occasion(number)
    assert (found.starts_at, found.room, found.event) == (CAFE_AT, hall.news, f"$said-occasion:{number}")
    assert 10_000 <= number < 100_000


async def test_what_changes_is_edited_in_the_news_and_told_to_those_who_come(hall: Hall) -> None:
    number = await hall.notes()
    await hall.reacts(BEN, number)
    done = await hall.say(ALICE, f"event edit {number} --time 15:00")
    [said] = hall.in_news(done)
    assert said.content["edits"] == f"$said-occasion:{number}"
    assert "15:00 to 17:00" in text_of(said)
    assert "has changed" in told(done, BEN)[0]
    assert told(done, SAM) == []
    found = await hall.occasion(number)
    assert (found.sequence, found.event) == (1, f"$said-occasion:{number}")
    done = await hall.say(ALICE, f"event edit {number} --name Mending")
    assert told(done, BEN) == [], "the same time and the same place"


async def test_an_edit_of_what_is_long_said_names_its_event_since_what_was_said_is_forgotten(
    hall: Hall,
) -> None:
    number = await hall.notes()
    done = await hall.say(ALICE, f"event edit {number} --time 15:00")
    [said] = hall.in_news(done)
    assert action_from_json(action_to_json(said)) == said
    assert str(said.content["edits"]).startswith("$")


async def test_cancelling_is_confirmed_told_in_the_news_and_to_each_who_comes_once(hall: Hall) -> None:
    number = await hall.notes()
    for _ in range(2):
        await hall.reacts(BEN, number)
    shown = await hall.answer(ALICE, f"event cancel {number}")
    assert "One person has said yes" in shown
    done = await hall.say(ALICE, "yes")
    assert words_in(hall.in_news(done))[0].startswith("Cancelled: Repair café\n")
    assert len([text for text in told(done, BEN) if "is cancelled" in text]) == 1
    assert told(done, SAM) == []
    assert (await hall.occasion(number)).remind_at is None
    assert "is cancelled" in await hall.answer(SAM, f"event yes {number}")


async def test_in_a_network_of_welsh_the_message_is_in_its_language(hall: Hall) -> None:
    async with hall.stage.work() as work:
        landscape = work.landscape
        await work.change(
            landscape.having(replace(landscape.networks[hall.arts], language="cy")), what="", about=hall.arts
        )
    [said] = hall.in_news(await hall.say(ALICE, CAFE))
    assert "6 Mawrth 2027" in text_of(said)


async def test_what_coordinators_do_stands_in_the_audit_log(hall: Hall) -> None:
    number = await hall.notes()
    await hall.say(ALICE, f"event edit {number} --at Church")
    async with hall.stage.database.reading() as connection:
        entries = await audit.page(connection, [hall.arts], before=None, most=20, unbound=False)
    noted = [(entry.who, entry.what) for entry in entries if str(number) in entry.what]
    assert noted == [(ALICE, f"event edit {number}"), (ALICE, f"event {number}")]


# -- who comes ----------------------------------------------------------------------------------------


@on_both
async def test_of_two_ticks_of_one_person_one_taken_back_leaves_one(hall: Hall) -> None:
    number = await hall.notes()
    first = await hall.reacts(BEN, number)
    second = await hall.reacts(BEN, number, "✔️")
    await hall.reacts(SAM, number, "✅\ufe0f")
    await hall.reacts(RUTH, number, "👍")
    assert await hall.coming(number) == [BEN, SAM]
    await hall.takes_back(BEN, first)
    assert await hall.coming(number) == [BEN, SAM]
    await hall.takes_back(BEN, second)
    assert await hall.coming(number) == [SAM]
    await hall.hears({**first, "event_id": "$again"})
    assert await hall.coming(number) == [BEN, SAM]


async def test_a41_a_redaction_in_another_room_and_of_another_event_changes_nothing(hall: Hall) -> None:
    number = await hall.notes()
    tick = await hall.reacts(BEN, number)
    await hall.takes_back(BEN, tick, room_id=ROOMS[BEN])
    await hall.takes_back(BEN, tick, content={"redacts": "$unknown"})
    await hall.takes_back(BEN, tick, content={"redacts": 7})
    await hall.hears(hall.reaction(SAM, number, room_id=ROOMS[SAM]))
    await hall.hears(hall.reaction(SAM, number, content={"m.relates_to": {"key": "✅"}}))
    assert await hall.coming(number) == [BEN]
    await hall.takes_back(BEN, tick, content={}, redacts=tick["event_id"])
    assert await hall.coming(number) == [], "before room version 11 it stands beside the content"


async def test_somebody_of_another_server_takes_back_only_what_they_may(hall: Hall) -> None:
    number = await hall.notes()
    await hall.moves(FAR, "join")
    tick, theirs = await hall.reacts(BEN, number), await hall.reacts(FAR, number)
    await hall.takes_back(FAR, tick)
    assert await hall.coming(number) == [BEN, FAR]
    await hall.takes_back(FAR, theirs)
    assert await hall.coming(number) == [BEN]


async def test_who_has_left_or_is_banned_does_not_count(hall: Hall) -> None:
    number = await hall.notes()
    for who in (BEN, SAM, RUTH):
        await hall.reacts(who, number)
    await hall.moves(BEN, "leave")
    assert await hall.coming(number) == [SAM, RUTH]
    await hall.say(ALICE, f"ban {SAM} --in arts")
    await hall.say(ALICE, "yes")
    assert await hall.coming(number) == [RUTH]
    assert "One person comes." in await hall.answer(RUTH, f"event {number}")


async def test_yes_and_no_can_be_said_in_words_and_the_last_of_them_holds(hall: Hall) -> None:
    number = await hall.notes()
    tick = await hall.reacts(BEN, number)
    await hall.say(SAM, f"event yes {number}")
    assert await hall.coming(number) == [BEN, SAM]
    await hall.say(BEN, f"event no {number}")
    assert await hall.coming(number) == [SAM]
    await hall.takes_back(BEN, tick)
    await hall.say(BEN, f"event yes {number}")
    assert await hall.coming(number) == [SAM, BEN] or await hall.coming(number) == [BEN, SAM]
    await hall.say(SAM, f"event no {number}")
    await hall.say(SAM, f"event yes {number}")
    assert SAM in await hall.coming(number)


async def test_a_tick_that_comes_before_the_message_is_known_counts_once_it_is(hall: Hall) -> None:
    await hall.stage.hears(message(hall.fresh(), CAFE, sender=ALICE, room_id=ROOMS[ALICE]))
    [waiting] = [a for a in await hall.stage.waiting() if isinstance(a, Say) and a.room == hall.news_place]
    number = int(waiting.said.partition(":")[2])
    await hall.stage.hears(hall.reaction(BEN, number), hall.reaction(SAM, 7))
    assert await hall.coming(number) == []
    await hall.rooms.settle_all()
    assert await hall.coming(number) == [BEN]


async def test_who_comes_after_it_has_begun_is_not_asked_any_more(hall: Hall) -> None:
    number = await hall.notes()
    hall.stage.clock.seconds = CAFE_AT
    await hall.reacts(BEN, number)
    assert await hall.coming(number) == []
    assert "has begun" in await hall.answer(BEN, f"event yes {number}")
    assert "has begun" in await hall.answer(ALICE, f"event cancel {number}")


_WHAT = ("tick", "thumb", "un-react", "again", "elsewhere", "by another", "yes", "no")
_STEPS = st.lists(
    st.tuples(st.sampled_from(_WHAT), st.sampled_from((BEN, SAM, RUTH)), st.integers(0, 3)), max_size=16
)


class Ticks:
    """A naive list of what people have said, beside the tables, in one unit of work."""

    def __init__(self, hall: Hall, work: UnitOfWork, occasion: Occasion) -> None:
        self.hall, self.work, self.occasion = hall, work, occasion
        self.standing: list[tuple[UserId, Json]] = []
        self.all: list[tuple[UserId, Json]] = []
        self.words: set[UserId] = set()

    async def does(self, what: str, who: UserId, index: int) -> None:
        mine = [event for person, event in self.all if person == who]
        if what in ("tick", "thumb"):
            event = self.hall.reaction(who, self.occasion.number, "✅" if what == "tick" else "👍")
            await self._hears(event)
            self.standing += [(who, event)] if what == "tick" else []
            self.all += [(who, event)] if what == "tick" else []
        elif what == "yes":
            await self.work.calendar.say_yes(self.occasion, who)
            self.words.add(who)
        elif what == "no":
            await self.work.calendar.say_no(self.occasion, who)
            self.words.discard(who)
            self.standing = [one for one in self.standing if one[0] != who]
        elif mine:
            await self._with_one_of_theirs(what, who, mine[index % len(mine)])

    async def _with_one_of_theirs(self, what: str, who: UserId, event: Json) -> None:
        if what == "again":
            await self._hears(event)
        elif what == "un-react":
            await self._hears(self.hall.redaction(who, event))
            self.standing = [one for one in self.standing if one[1] is not event]
        elif what == "elsewhere":
            await self._hears(self.hall.redaction(who, event, room_id=ROOMS[who]))
        else:
            await self._hears(self.hall.redaction(FAR, event))

    async def _hears(self, raw: Json) -> None:
        event = Event.parse(raw, BEGIN)
        if event.type == "m.reaction":
            await edge.reacted(event, self.work)
        else:
            await edge.redacted(event, EventId(raw["content"]["redacts"]), self.work)


@given(steps=_STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_however_people_react_and_take_it_back_the_count_is_that_of_a_naive_list(
    hall: Hall, noted: int, steps: list[tuple[str, UserId, int]]
) -> None:
    async with hall.stage.works.preview(BOT) as work:
        occasion = replace(await hall.occasion(noted), number=8, event=EventId("$said-occasion:8"))
        await work.calendar.keep(occasion)
        ticks = Ticks(hall, work, occasion)
        for step in steps:
            await ticks.does(*step)
        found = await work.calendar.coming(occasion)
        assert set(found) == ticks.words | {who for who, _ in ticks.standing}
        assert len(found) == len(set(found))
        await work.connection.rollback()


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


# -- who sees it --------------------------------------------------------------------------------------


async def test_what_is_hidden_and_what_is_not_there_are_answered_alike(stage: Stage) -> None:
    hall = await Hall(stage).begin(Access.INVITE)
    number = await hall.notes(CAFE.replace(" --in arts", ""))
    await hall.moves(SAM, "leave")
    for command in (
        "event {}",
        "show event {}",
        "event yes {}",
        "event no {}",
        "event edit {}",
        "event cancel {}",
    ):
        unknown = await hall.answer(SAM, command.format(7))
        assert (await hall.answer(SAM, command.format(number))).replace(str(number), "7") == unknown
    assert "Repair" not in await hall.answer(SAM, "events")
    assert "Repair" in await hall.answer(BEN, "events")


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


async def test_a47_who_has_left_a_private_network_is_told_nothing_of_it(stage: Stage) -> None:
    hall = await Hall(stage).begin(Access.PRIVATE)
    await hall.notes()
    period = Period(BEGIN - DAY, BEGIN + 1)
    assert len(await items(hall, BEN, period)) == 1
    await hall.moves(BEN, "leave")
    assert await items(hall, BEN, period) == []
    assert await items(hall, None, period) == []


# -- forgetting ---------------------------------------------------------------------------------------


@on_both
async def test_what_is_long_over_is_forgotten_and_so_is_a_person(hall: Hall) -> None:
    number = await hall.notes()
    later = await hall.notes(CAFE.replace("2027-03-06", "2027-05-06"))
    for one in (number, later):
        for who in (BEN, SAM):
            await hall.reacts(who, one)
    async with hall.stage.database.writing() as connection:
        await calendar.forget(connection, now=CAFE_AT + 31 * DAY)
        await calendar.forget_person(connection, BEN)
        await calendar.forget_person(connection, ALICE)
        left = (await connection.execute(select(tables.occasions.c.number, tables.occasions.c.owner))).all()
        who = (await connection.execute(select(tables.occasion_answers.c.person))).scalars().all()
    assert [tuple(row) for row in left] == [(later, "")]
    assert who == [SAM]


async def test_a_network_that_is_released_takes_its_calendar_along(hall: Hall) -> None:
    async with hall.stage.work() as work:
        sleeping = changes.archive(work.landscape, hall.arts)
        await work.change(sleeping, what="", about=hall.arts)
    assert "not active" in await hall.answer(ALICE, CAFE) or "know no" in await hall.answer(ALICE, CAFE)
