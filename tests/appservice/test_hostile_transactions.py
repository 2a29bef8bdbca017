"""Transactions of a hundred hostile events, again and again, in any order and in part."""

from __future__ import annotations

import random
from typing import Any

import pytest

from appservice.store.database import Database
from spaces.actions import Action
from tests.appservice.stage import ALICE, DIRECT, PlayedRooms, Stage, message, says
from tests.crashes.hostile_events import hundred, transaction
from tests.crashes.rounds import loud, unexpected

pytestmark = pytest.mark.both_databases


async def placed(stage: Stage) -> str:
    """The room of a network that there is."""
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    return f"!{arts}"


async def contents(stage: Stage) -> tuple[Any, list[Action], list[Any]]:
    """What it has come to: places, what is to be done, and what became of each event."""
    kept = sorted((event, status) for event, status, _, _ in await stage.stored())
    return await stage.works.landscape(), await stage.waiting(), kept


async def test_a35_a62_a_transaction_of_a_hundred_hostile_events_is_worked_off_and_the_next_one_too(
    stage: Stage,
) -> None:
    room = await placed(stage)
    before = await stage.works.landscape()
    with loud() as log:
        await stage.mailbox.accept("1", transaction(hundred(room)))
        actions = await stage.hears(message(1))
    assert "answer:$m1" in {said.said for said in says(actions)}
    assert await stage.works.landscape() == before
    assert unexpected(log) == []
    statuses = {status for _, status, _, _ in await stage.stored()}
    assert statuses <= {"handled", "set aside"}


async def test_a8_the_same_hostile_transaction_again_and_again_does_nothing_more(stage: Stage) -> None:
    body = transaction(hundred(await placed(stage)))
    await stage.mailbox.accept("1", body)
    await stage.work_off()
    once = await contents(stage)
    for n in range(5):
        await stage.mailbox.accept(str(n), body)
    await stage.work_off()
    assert await contents(stage) == once


async def test_a10_a14_in_any_order_in_part_and_twice_each_message_is_answered_once(stage: Stage) -> None:
    chance, room = random.Random(14), await placed(stage)
    events = [*hundred(room), *(message(f"plain-{n}") for n in range(10))]
    for txn in range(6):
        some = chance.sample(events, 40) if txn < 5 else chance.sample(events, len(events))
        await stage.mailbox.accept(str(chance.randrange(20)), transaction(some))
    await stage.work_off()
    answered = [said.said for said in says(await stage.waiting())]
    assert len(answered) == len(set(answered))
    assert {f"answer:$mplain-{n}" for n in range(10)} <= set(answered)


async def test_a11_a_process_that_stops_in_the_middle_of_a_hostile_transaction_goes_on_with_the_rest(
    database: Database,
) -> None:
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.mailbox.accept("1", transaction([*hundred(await placed(stage)), message("last")]))
    for _ in range(5):
        async with stage.running():
            pass  # stopped as soon as it has begun
    actions = await stage.hears(message("later"))
    answered = [said.said for said in says(actions)]
    assert answered.count("answer:$mlast") == answered.count("answer:$mlater") == 1
