"""Transactions come in, are kept, and each event is handled once, whatever it looks like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import update

from appservice import mailbox
from appservice.event import Event
from appservice.listeners import Listeners
from appservice.store import database as database_module
from appservice.store import inbox, tables
from appservice.store.database import Database, StoreError
from appservice.work import UnitOfWork
from bot.conversation import Conversation
from bot.networks import network_commands
from config.blueprints import template
from spaces.actions import ReadBack
from spaces.identifiers import RoomId
from tests.appservice.stage import (
    ALICE,
    BEN,
    BOT,
    DIRECT,
    PlayedRooms,
    Stage,
    member,
    message,
    says,
    state,
    text_of,
)

pytestmark = pytest.mark.both_databases


class Failing(Listeners):
    """Breaks on the events of these ids."""

    def __init__(self, *ids: str) -> None:
        super().__init__(Conversation(network_commands(template), BOT), BOT)
        self.breaks_on = set(ids)

    async def hear(self, event: Event, work: UnitOfWork) -> None:
        if event.id in self.breaks_on:
            raise RuntimeError("made to fail")
        await super().hear(event, work)


# -- the database fails -----------------------------------------------------------------------------


@asynccontextmanager
async def outage(database: Database) -> AsyncIterator[None]:
    """SQLite: somebody else holds the lock. PostgreSQL: it ends all sessions and takes no new ones."""
    if database.is_sqlite:
        other = Database(database.url.render_as_string())
        async with other.writing():
            yield
        await other.close()
        return
    url = database.url.set(drivername="postgresql", database="postgres").render_as_string()
    name = database.url.database
    operator = await asyncpg.connect(url)
    await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await operator.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await operator.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits for a lock for 50 ms instead of five seconds."""
    monkeypatch.setitem(database_module._PRAGMAS, "busy_timeout", 50)


@pytest.mark.usefixtures("impatient")
async def test_a12_while_the_database_fails_nothing_is_accepted_and_afterwards_nothing_is_lost(
    stage: Stage,
) -> None:
    async with outage(stage.database):
        with pytest.raises((StoreError, OSError)):
            await stage.push(message(1))
    assert stage.mailbox.transactions == 0
    assert (await stage.events())["transactions"] == 0
    actions = await stage.hears(message(1))
    assert [said.said for said in says(actions)] == ["answer:$m1"]


@pytest.mark.usefixtures("impatient")
async def test_a12_a_loop_that_meets_an_outage_goes_on_when_it_is_over(stage: Stage) -> None:
    async with stage.running():
        await stage.push(message(1))
        await stage.until_worked_off()
        async with outage(stage.database):
            stage.inbox.wake()
            await asyncio.sleep(0.2)
        await stage.push(message(2))
        await stage.until_worked_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"]


# -- the same again ---------------------------------------------------------------------------------


async def test_a8_the_same_transaction_a_hundred_times_is_handled_once(stage: Stage) -> None:
    for _ in range(100):
        await stage.push(message(1), message(2))
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"]
    assert stage.mailbox.transactions == 100
    assert (await stage.events())["handled"] == 2


async def test_a8_twenty_times_at_once_while_the_loop_works_it_is_handled_once(stage: Stage) -> None:
    async with stage.running():
        await asyncio.gather(*(stage.push(message(1), message(2)) for _ in range(20)))
        await stage.until_worked_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"]


async def test_a9_the_same_transaction_id_with_other_events_is_handled(stage: Stage) -> None:
    await stage.push(message(1), txn="1")
    await stage.work_off()
    await stage.push(message(2), txn="1")
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m2"]


async def test_a9_a_transaction_id_that_falls_is_a_sign_of_a_restart(stage: Stage) -> None:
    for txn in ("7", "8", "8", "9"):
        await stage.push(txn=txn)
    assert stage.mailbox.restarts_seen == 0
    await stage.push(txn="1")
    assert stage.mailbox.restarts_seen == 1


async def test_any_transaction_id_is_taken(stage: Stage) -> None:
    odd = ("", "a-word", "٣", "9" * 5000, "1.5", "-3")
    for n, txn in enumerate(odd):
        await stage.push(message(n), txn=txn)
    assert (await stage.events())["transactions"] == len(odd)


async def test_a10_of_five_events_three_were_handled_before_and_two_remain(stage: Stage) -> None:
    await stage.hears(*(message(n) for n in (1, 2, 3)))
    actions = await stage.hears(*(message(n) for n in (1, 2, 3, 4, 5)))
    assert [said.said for said in says(actions)] == [f"answer:$m{n}" for n in (1, 2, 3, 4, 5)]
    assert (await stage.events())["handled"] == 5


async def test_a11_a_crash_before_the_commit_repeats_the_event_and_leaves_nothing_behind(
    stage: Stage,
) -> None:
    await stage.push(message(1))

    class Killed(BaseException):
        pass

    class Dying(Listeners):
        async def hear(self, event: Event, work: UnitOfWork) -> None:
            await stage.listeners.hear(event, work)
            raise Killed

    dying = Stage(stage.database, Dying(Conversation(network_commands(template), BOT), BOT))
    with pytest.raises(Killed):
        await dying.inbox.run()
    assert await stage.waiting() == []
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1"]


# -- what cannot be handled -------------------------------------------------------------------------


async def test_a13_one_event_of_a_hundred_that_breaks_is_set_aside_and_the_rest_goes_on(
    database: Database,
) -> None:
    listeners = Failing("$m50")
    stage = Stage(database, listeners)
    await stage.knows(DIRECT, ALICE)
    actions = await stage.hears(*(message(n) for n in range(100)))
    kept = await stage.stored()
    [(event_id, body, reason)] = [(e, b, r) for e, status, b, r in kept if status == "set aside"]
    assert event_id == "$m50"
    assert reason is not None
    assert reason.endswith(": RuntimeError")
    assert json.loads(body or "") == message(50)
    assert sum(status == "handled" for _, status, _, _ in kept) == 99
    assert stage.inbox.set_aside == 0  # the loop that counted is gone
    [told] = [said for said in says(actions) if said.said == "answer:$m50"]
    assert reason.partition(":")[0] in text_of(told), "the person is told the number that the log has"
    assert len(says(actions)) == 100


async def test_a13_what_was_set_aside_can_be_replayed_once_it_works(database: Database) -> None:
    listeners = Failing("$sname")
    stage = Stage(database, listeners)
    arts = await stage.found("Arts")
    played = PlayedRooms(stage)
    await played.settle_all()
    renamed = state("name", "m.room.name", {"name": "Art"}, room_id=f"!{arts}")
    assert await stage.hears(renamed) == []
    listeners.breaks_on.clear()
    async with database.writing() as connection:
        assert await inbox.replay(connection) == 1
    await stage.work_off()
    assert await stage.waiting() == [ReadBack(arts)]
    assert [(status, body, reason) for _, status, body, reason in await stage.stored()] == [
        ("handled", None, None)
    ]


async def test_a13_an_event_is_counted_when_it_is_set_aside(database: Database) -> None:
    stage = Stage(database, Failing("$m1"))
    async with stage.running():
        await stage.push(message(1))
        await stage.until_worked_off()
        assert stage.inbox.set_aside == 1


async def test_a25_a_stored_event_that_cannot_be_read_is_set_aside_and_the_others_are_served(
    stage: Stage,
) -> None:
    await stage.inbox.take([message(1), message(2), message(3)])
    async with stage.database.writing() as connection:
        broken = update(tables.events).where(tables.events.c.event_id == "$m2").values(body='{"type":')
        await connection.execute(broken)
    await stage.work_off()
    assert [said.said for said in says(await stage.waiting())] == ["answer:$m1", "answer:$m3"]
    assert [status for _, status, _, _ in await stage.stored()] == ["handled", "set aside", "handled"]


# -- what a homeserver changes on the way -----------------------------------------------------------


async def test_a14_state_out_of_order_makes_the_room_be_read_and_is_never_believed(stage: Stage) -> None:
    arts = await stage.found("Arts")
    played = PlayedRooms(stage)
    await played.settle_all()
    room = RoomId(f"!{arts}")
    played.set(room, "m.room.name", {"name": "Newest"})
    for txn, n, name in (("21", 1, "Newer"), ("22", 2, "Newest"), ("20", 3, "Oldest")):
        await stage.push(state(n, "m.room.name", {"name": name}, room_id=room), txn=txn)
    await stage.work_off()
    assert await stage.waiting() == [ReadBack(arts)]
    await played.settle_all()
    assert (await stage.works.landscape()).networks[arts].name == "Newest"


async def test_a14_a_membership_that_comes_back_after_a_leave_makes_the_room_be_read(stage: Stage) -> None:
    arts = await stage.found("Arts")
    played = PlayedRooms(stage)
    await played.settle_all()
    room = RoomId(f"!{arts}")
    played.set(room, "m.room.member", {"membership": "leave"}, key="@ben:hs.test")
    await stage.push(member(2, "@ben:hs.test", "leave", room), txn="22")
    await stage.push(member(1, "@ben:hs.test", "join", room), txn="21")
    await stage.work_off()
    assert ReadBack(arts) in await stage.waiting()
    await played.settle_all()
    async with stage.work() as work:
        assert (await work.members_of(arts))[BEN] == "leave"


async def test_a15_an_event_redacted_before_it_was_handled_is_erased_here_too(stage: Stage) -> None:
    full = message(1, "help canary-5d1e")
    gone = {**full, "content": {}, "unsigned": {"redacted_because": {"type": "m.room.redaction"}}}
    await stage.inbox.take([full])
    await stage.inbox.take([gone])
    [(_, status, body, _)] = await stage.stored()
    assert status == "waiting"
    assert "canary-5d1e" not in (body or "")
    await stage.work_off()
    assert says(await stage.waiting()) == []
    assert (await stage.events())["handled"] == 1


async def test_a15_a_body_is_erased_once_handled_and_does_not_come_back_with_a_repetition(
    stage: Stage,
) -> None:
    await stage.hears(message(1, "help canary-5d1e"))
    await stage.hears({**message(1), "content": {}})
    assert await stage.stored() == [("$m1", "handled", None, None)]


async def test_a15_a_redacted_copy_takes_the_words_out_of_what_was_set_aside(database: Database) -> None:
    stage = Stage(database, Failing("$m1"))
    await stage.hears(message(1, "canary-5d1e"))
    await stage.hears({**message(1), "content": {}})
    [(_, _, body, _)] = await stage.stored()
    assert "canary-5d1e" not in (body or "")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Of a mailbox, in seconds: for the next transaction, and for all of them in a row."""

    def be(next_: float, together: float) -> None:
        for pace in ("CATCHING_UP", "IN_A_ROW"):
            monkeypatch.setattr(mailbox, pace, mailbox.Pace(next_, together))

    return be


@pytest.mark.parametrize("full", [True, False])
async def test_what_a_homeserver_has_in_store_is_let_in_before_anything_is_worked_off(
    stage: Stage, patience: Callable[[float, float], None], full: bool
) -> None:
    """It sends as much as it can, or the next transaction as soon as the one before is answered."""
    body = b'{"events": []}'
    await stage.mailbox.accept("1", body)
    await asyncio.wait_for(stage.mailbox.let_in(), 5)
    patience(30.0, 60.0)
    await stage.mailbox.accept("2", body, full=full)
    letting_in = asyncio.create_task(stage.mailbox.let_in())
    await asyncio.sleep(0)
    await stage.mailbox.accept("3", body, full=full)
    assert not letting_in.done()
    patience(0.0, 60.0)
    await stage.mailbox.accept("4", body)
    await asyncio.wait_for(letting_in, 5)


@pytest.mark.parametrize("full", [True, False])
async def test_a_homeserver_that_never_ends_is_let_in_for_a_while_and_then_worked_off_for_as_long(
    stage: Stage, patience: Callable[[float, float], None], full: bool
) -> None:
    patience(30.0, 1.0)

    async def push() -> None:
        while True:
            await stage.mailbox.accept("1", b'{"events": []}', full=full)

    await stage.mailbox.accept("1", b'{"events": []}')
    await stage.mailbox.let_in()
    stage.mailbox.arrived.clear()
    pushing = asyncio.create_task(push())
    await asyncio.wait_for(stage.mailbox.arrived.wait(), 5)
    await asyncio.wait_for(stage.mailbox.let_in(), 5)
    patience(30.0, 60.0)
    await asyncio.wait_for(stage.mailbox.let_in(), 5)
    pushing.cancel()
    await asyncio.wait((pushing,))


async def test_what_waits_is_taken_apart_together_in_its_order(stage: Stage) -> None:
    """A long transaction is taken apart by itself, and what came after it does not go before it."""
    long = {**message(4), "content": {"msgtype": "m.text", "body": "x" * 10_000}}
    for n in range(4):
        await stage.push(message(n), txn=str(n))
    await stage.push(long, txn="4")
    await stage.push(message(5), message(0), txn="5")
    together = []
    async with stage.database.writing() as connection:
        while kept := await inbox.next_transactions(connection):
            together.append([event["event_id"] for one in kept for event in json.loads(one.body)["events"]])
            await inbox.drop_transactions(connection, kept)
    assert together == [["$m0", "$m1", "$m2", "$m3"], ["$m4", "$m5", "$m0"]]


async def test_what_was_taken_apart_together_is_handled_once_each(stage: Stage) -> None:
    await stage.knows(DIRECT, ALICE)
    for n in range(9):
        await stage.push(message(n), message(n // 2), txn=str(n))
    await stage.work_off()
    assert [event_id for event_id, *_ in await stage.stored()] == [f"$m{n}" for n in range(9)]
    assert len(await stage.waiting()) == 9
