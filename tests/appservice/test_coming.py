"""Who comes to an event: counted by reactions that stand, and by what is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appservice import calendar as edge
from appservice.event import Event
from appservice.work import UnitOfWork
from spaces.actions import Say
from spaces.identifiers import EventId, UserId
from spaces.occasions import Occasion
from tests.appservice.hall import BEGIN, CAFE, CAFE_AT, FAR, Hall
from tests.appservice.stage import ALICE, BEN, BOT, Json, Stage, message
from tests.appservice.yard import ROOMS, RUTH, SAM

on_both = pytest.mark.both_databases


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await Hall(stage).begin()


@pytest.fixture
async def noted(hall: Hall) -> int:
    return await hall.notes()


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
    assert set(await hall.coming(number)) == {SAM, BEN}
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
@example(steps=[("tick", BEN, 0), ("un-react", BEN, 0), ("again", BEN, 0)])
@example(steps=[("tick", BEN, 0), ("tick", BEN, 0), ("un-react", BEN, 1), ("elsewhere", BEN, 0)])
@example(steps=[("tick", BEN, 0), ("no", BEN, 0), ("again", BEN, 0), ("yes", SAM, 0), ("no", SAM, 0)])
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
