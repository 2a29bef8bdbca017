"""A76 on a real Synapse and a real PostgreSQL: one of two processes is killed, stopped, and cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.encrypted_client import EncryptedClient, encrypted_device
from tests.synapse.home import BOT, Home, user
from tests.synapse.load import Asker
from tests.synapse.pair import Pair
from tests.waiting import until

_SHORTER = (
    "appservice.store.lease:LEASE_SECONDS=3.0; m._TRUSTED_SECONDS=2.0; m._BEAT_SECONDS=0.4; "
    "import appservice.sealed; appservice.sealed.PATIENCE_SECONDS = 1.0"
)


@pytest.fixture
async def pair(home: Home, tmp_path: Path, postgres_database: str) -> AsyncIterator[Pair]:
    await home.begin_anew()
    async with Pair(home, tmp_path, postgres_database, _SHORTER) as pair:
        yield pair


async def devices_shown(asker: Asker) -> set[str]:
    """The bot's devices, as anybody is told of them."""
    path, asked = "/_matrix/client/v3/keys/query", {"device_keys": {BOT: []}}
    return set((await asker.person.call("POST", path, asked))["device_keys"][BOT])


@asynccontextmanager
async def phone_of(home: Home, name: str) -> AsyncIterator[EncryptedClient]:
    await home.synapse.register(name, "a password")
    async with encrypted_device(home.synapse.base_url, user(name), "a password") as phone:
        yield phone


async def is_asked_to_say_it_again(phone: EncryptedClient, room: str) -> None:
    """What is said before the phone has heard of the new device is encrypted for the old one alone."""
    asked = await phone.say(room, "whoami")
    [answer] = await phone.answers(room, asked)
    assert answer["type"] == "m.room.encrypted"
    assert "its key has not reached me. Send it again" in answer["said"]["body"]
    assert "You are" in await phone.ask(room, "whoami")
    assert len(await phone.answers(room, asked)) == 1


async def test_a76_of_two_processes_one_acts_and_whatever_becomes_of_it_each_question_has_one_answer(
    pair: Pair, home: Home
) -> None:
    first, second = pair.halves
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(phone_of(home, "pair-phone"))
        people = await stack.enter_async_context(home.people("pair-ann", "pair-ben"))
        first.launch()
        assert await pair.acting() is first
        second.launch()
        await pair.stands_by(second)
        askers = [Asker(person, await person.create_dm(BOT)) for person in people]
        for asker in askers:
            await asker.ask()
            await asker.until_answered(30)
        private = await phone.create_dm(BOT)
        assert "You are" in await phone.ask(private, "whoami")
        [device] = await devices_shown(askers[0])
        stop = asyncio.Event()
        asking = [asyncio.create_task(asker.ask_on(stop, 0.6)) for asker in askers]

        await first.kill()
        await pair.taken_over(first)
        assert await devices_shown(askers[0]) != {device}
        await is_asked_to_say_it_again(phone, private)
        first.launch()
        await pair.stands_by(first)

        second.stop_for_a_while()
        await pair.taken_over(second)
        second.go_on()
        await until(lambda: second.exit_code is not None)
        assert second.exit_code == 1
        assert "another process has begun to act" in second.log_tail()
        second.launch()
        await pair.stands_by(second)

        first.wire.cut()
        await pair.taken_over(first)
        first.wire.mend()
        await until(lambda: first.exit_code is not None)
        assert first.exit_code == 1

        stop.set()
        await asyncio.gather(*asking)
        for asker in askers:
            await asker.until_answered(30)
            assert set((await asker.answered()).values()) == {1}
        assert len(await devices_shown(askers[0])) == 1
        assert await second.stop() == 0
