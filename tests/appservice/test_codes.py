"""Codes in the store and in the service: never one too many, nowhere in the clear, tries counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from appservice.envelope import Envelope
from appservice.store import codes, outbox, rooms, tables
from appservice.store.database import Database
from appservice.works import Works
from bot.codes import code_commands
from bot.conversation import Conversation
from bot.networks import network_commands
from bot.ports import Heard
from config.blueprints import template
from spaces.actions import Invite
from spaces.codes import Code, bare, digest
from spaces.identifiers import EventId, NetworkId, RoomId, UserId
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, BOT, DIRECT, PlayedRooms, Stage, message, says, text_of

pytestmark = pytest.mark.both_databases

CODE = "bcdfg-hjkmn-pqrst"
GARDEN = NetworkId.of_bytes(b"garden....")


class Garden:
    """A network for invited people that Alice looks after, and people who talk of codes with the bot."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self._said = 0

    @built_once
    async def open(self) -> Garden:
        self.id = await self.stage.found("Garden", access=Access.INVITE)
        await self.rooms.settle_all()
        landscape = await self.stage.works.landscape()
        self.slug = landscape.networks[self.id].slug
        return self

    async def says(self, who: UserId, text: str) -> str:
        """What is answered, as it waits in the outbox; what else waits is done."""
        self._said += 1
        room = DIRECT if who == ALICE else RoomId(f"!direct-{who}")
        await self.stage.knows(room, who)
        await self.stage.hears(message(self._said, text, sender=who, room_id=room))
        done = await self.rooms.settle_all()
        [answer] = [say for say in says(done) if say.said == f"answer:$m{self._said}"]
        self.answer = answer
        return text_of(answer)

    async def code(self, options: str = "") -> str:
        """A new code of Alice's."""
        await self.says(ALICE, f"code create {self.slug} {options}")
        opened = self.stage.works.surroundings.envelope.opened(text_of(self.answer))
        return opened.partition("redeem ")[2].partition("\n")[0]

    def invited(self) -> set[str]:
        state = self.rooms.state[self.stage.places.room(self.id)]
        members = {
            key: event["content"]["membership"]
            for (kind, key), event in state.items()
            if kind == "m.room.member"
        }
        return {who for who, membership in members.items() if membership == "invite" and who != ALICE}


@pytest.fixture
async def garden(stage: Stage) -> Garden:
    return await Garden(stage).open()


async def kept(database: Database) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(select(tables.codes))).all())


# -- never one too many -----------------------------------------------------------------------------


@pytest.fixture
async def second(migrated_url: str) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    opened = Database(migrated_url)
    yield opened
    await opened.close()


async def test_a_hundred_who_redeem_at_once_are_let_in_ten_times(garden: Garden, second: Database) -> None:
    code, stage = await garden.code("--uses 10"), garden.stage
    conversation = Conversation(network_commands(template).including(code_commands()), BOT)
    processes = [stage.works, Works(second, stage.works.surroundings, lambda: None)]

    async def redeem(number: int) -> None:
        person = UserId(f"@person{number}:hs.test")
        at = datetime.fromtimestamp(stage.clock(), UTC)
        heard = Heard(person, RoomId(f"!{number}"), EventId(f"$r{number}"), f"redeem {code}", at, True)
        async with processes[number % 2].begin(person) as work:
            assert await conversation.hear(heard, work)

    await asyncio.gather(*(redeem(number) for number in range(100)))
    waiting = await stage.waiting()
    assert len([action for action in waiting if isinstance(action, Invite)]) == 10
    said = [text_of(say) for say in says(waiting)]
    assert sum("does not let you in" in text for text in said) == 90
    await garden.rooms.settle_all()
    assert len(garden.invited()) == 10
    [row] = await kept(stage.database)
    assert (row.uses_left, row.used) == (0, 10)


async def test_the_database_alone_lets_no_more_be_taken_than_there_are(database: Database) -> None:
    async with database.writing() as connection:
        await codes.keep(connection, Code(7, GARDEN, ALICE, 100.0, uses_left=10), digest(CODE), 0.0)

    async def take() -> bool:
        async with database.engine.begin() as connection:
            return await codes.take(connection, 7, 1.0)

    taken = await asyncio.gather(*(take() for _ in range(100)))
    assert sum(taken) == 10


async def test_nothing_is_taken_of_what_has_ended_and_anything_of_what_has_no_limit(
    database: Database,
) -> None:
    async with database.writing() as connection:
        await codes.keep(connection, Code(1, GARDEN, ALICE, 100.0), digest("b"), 0.0)
        await codes.keep(connection, Code(2, GARDEN, ALICE, 100.0, uses_left=5), digest("c"), 0.0)
        await codes.revoke(connection, 2, 50.0)
        assert [await codes.take(connection, 1, now) for now in (0.0, 99.0, 100.0)] == [True, True, False]
        assert not await codes.take(connection, 2, 60.0)
        found = await codes.numbered(connection, 1)
        assert found is not None
        assert (found.uses_left, found.used) == (None, 2)


# -- nowhere in the clear ---------------------------------------------------------------------------


async def test_the_code_is_said_once_and_kept_nowhere(stage: Stage, garden: Garden) -> None:
    with capture_logs() as logged:
        code = await garden.code("--uses 3")
        assert len(bare(code)) == 15
        await garden.says(BEN, f"redeem {code}")
    assert "waits for you" in text_of(garden.answer)
    assert code not in str(logged)
    async with stage.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            rows = (await connection.execute(select(table))).all()
            assert not [form for form in (code, bare(code)) if form in str(rows)], table.name
    async with stage.database.reading() as connection:
        noted = (await connection.execute(select(tables.audit.c.who, tables.audit.c.what))).all()
    [row] = await kept(stage.database)
    assert (ALICE, f"code create {row.number}") in [tuple(note) for note in noted]
    assert (BEN, f"redeem code {row.number}") in [tuple(note) for note in noted]


async def test_a_code_that_nobody_has_redeemed_is_not_even_in_the_file(stage: Stage, garden: Garden) -> None:
    code = await garden.code()
    path = stage.database.path
    if path is None:
        return
    written = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    assert garden.slug.encode() in written
    assert code.encode() not in written
    assert bare(code).encode() not in written


async def test_the_answer_waits_sealed_and_is_opened_when_it_is_said(garden: Garden) -> None:
    await garden.says(ALICE, f"code create {garden.slug}")
    waiting = text_of(garden.answer)
    assert "redeem ⟦sealed:" in waiting
    opened = garden.stage.works.surroundings.envelope.opened(waiting)
    assert "⟦" not in opened
    assert "redeem " in opened


def test_what_is_sealed_opens_with_the_same_token_alone() -> None:
    sealed = Envelope("token one").sealed("a secret")
    assert "secret" not in sealed
    assert Envelope("token one").opened({"said": ["it is", sealed, 3, None]}) == {
        "said": ["it is", "a secret", 3, None]
    }
    assert Envelope("token two").opened(f"it is {sealed}") == "it is …"
    assert Envelope("token one").opened("⟦sealed:nonsense⟧ ⟦") == "… ⟦"


# -- who and when -----------------------------------------------------------------------------------

NO = "That code does not let you in."


async def test_whatever_is_wrong_with_a_code_the_answer_is_the_same(garden: Garden) -> None:
    stage = garden.stage
    used_up, revoked, late, good = [await garden.code(o) for o in ("--uses 1", "", "--expires 1h", "")]
    assert NO not in await garden.says(BEN, f"redeem {used_up}")
    numbers = [row.number for row in sorted(await kept(stage.database), key=lambda row: row.made_at)]
    await garden.says(
        ALICE,
        f"code revoke {next(r.number for r in await kept(stage.database) if r.digest == digest(revoked))}",
    )
    stage.clock.seconds += 3600
    assert len(numbers) == 4
    sam = UserId("@sam:hs.test")
    banned = UserId("@banned:hs.test")
    async with stage.work() as work:
        await rooms.save_memberships(work.connection, stage.places.room(garden.id), {banned: "ban"}, now=0.0)
    answers = {await garden.says(sam, f"redeem {code}") for code in (CODE, used_up, revoked, late)}
    answers.add(await garden.says(banned, f"redeem {good}"))
    assert len(answers) == 1
    assert answers.pop().startswith(NO)
    assert "waits for you" in await garden.says(sam, f"redeem {good}")


async def test_a_code_ends_when_its_maker_looks_after_the_network_no_longer(garden: Garden) -> None:
    code = await garden.code()
    await garden.stage.knows(RoomId(f"!direct-{BEN}"), BEN)
    await garden.says(ALICE, f"coordinator add {BEN} --in {garden.slug}")
    await garden.says(ALICE, f"coordinator remove {ALICE} --in {garden.slug}")
    await garden.says(ALICE, "yes")
    assert (await garden.says(UserId("@sam:hs.test"), f"redeem {code}")).startswith(NO)


async def test_who_is_in_it_already_takes_no_use(garden: Garden) -> None:
    code = await garden.code("--uses 2")
    assert "waits for you: " in await garden.says(BEN, f"redeem {code}")
    assert "waits for you already" in await garden.says(BEN, f"redeem {code}")
    async with garden.stage.work() as work:
        room = garden.stage.places.room(garden.id)
        await rooms.save_memberships(work.connection, room, {BEN: "join"}, now=0.0)
    assert await garden.says(BEN, f"redeem {code}") == "You are in Garden already."
    [row] = await kept(garden.stage.database)
    assert (row.uses_left, row.used) == (1, 1)


async def test_ten_wrong_codes_an_hour_and_no_more_also_after_a_restart(
    database: Database, garden: Garden
) -> None:
    code, stage = await garden.code(), garden.stage
    for _ in range(10):
        assert (await garden.says(BEN, f"redeem {CODE}")).startswith(NO)
        stage.clock.seconds += 60
    shut = "Wait {} minutes, then try again."
    assert shut.format(50) in await garden.says(BEN, f"redeem {code}")
    again = Garden(Stage(database))
    again.stage.clock.seconds, again._said, again.rooms = stage.clock.seconds + 60, 100, garden.rooms
    garden.rooms._stage = again.stage
    for place, room in stage.places.all():
        again.stage.places.put(place, room)
    assert shut.format(49) in await again.says(BEN, f"redeem {code}")
    assert "waits for you" in await again.says(UserId("@sam:hs.test"), f"redeem {code}"), "others may"
    again.stage.clock.seconds = stage.clock.seconds + 3000
    assert "waits for you" in await again.says(BEN, f"redeem {code}")


async def test_numbers_tell_nothing_of_how_many_codes_there_are(garden: Garden) -> None:
    for _ in range(5):
        await garden.code()
    numbers = [row.number for row in await kept(garden.stage.database)]
    assert len(set(numbers)) == 5
    assert min(numbers) >= 10_000
    assert numbers != list(range(numbers[0], numbers[0] + 5))


async def test_what_ended_long_ago_is_forgotten(garden: Garden) -> None:
    await garden.code()
    garden.stage.clock.seconds += 100 * 86_400
    await garden.code()
    assert len(await kept(garden.stage.database)) == 1
    async with garden.stage.database.reading() as connection:
        assert await outbox.depth(connection) == 0
