"""The homeserver gets a new token: the old one and the new one for a while, then the new one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from appservice.gate import OVERLAP_SECONDS
from appservice.homeserver import Identity
from tests.appservice.side import BOT, EMPTY, TOKEN, TRANSACTION, Side, running
from tests.clock import Clock

OLD = "hs-canary-of-before"


@pytest.fixture
async def side(clock: Clock) -> AsyncIterator[Side]:
    async with running(previous_hs_token=OLD, clock=clock) as started:
        yield started


async def status(side: Side, token: str) -> int:
    return (await side.push(EMPTY, token=token))[0]


async def test_a80_the_old_token_is_taken_until_some_time_after_the_new_one_came(
    side: Side, clock: Clock
) -> None:
    assert await status(side, OLD) == 200
    clock.seconds += 30 * 86_400  # the homeserver is started again whenever its admin likes
    assert await status(side, OLD) == 200
    assert await status(side, TOKEN) == 200
    clock.seconds += OVERLAP_SECONDS - 1
    assert (await status(side, TOKEN), await status(side, OLD)) == (200, 200)
    clock.seconds += 1
    assert await status(side, OLD) == 403
    assert await status(side, TOKEN) == 200
    clock.seconds += 30 * 86_400
    assert await status(side, OLD) == 403


async def test_a80_neither_a_third_token_nor_none_is_taken_meanwhile(side: Side) -> None:
    assert await status(side, "hs-canary-of-nobody") == 403
    assert await status(side, "") == 403
    assert (await side.push(EMPTY, token=None))[0] == 401
    assert (await side.ask("PUT", f"{TRANSACTION}?access_token={OLD}", token=TOKEN, data=EMPTY))[0] == 200
    assert (await side.ask("PUT", f"{TRANSACTION}?access_token=x", token=OLD, data=EMPTY))[0] == 403


async def test_a80_without_an_old_token_there_is_no_empty_one() -> None:
    async with running() as side:
        assert await status(side, "") == 403
        assert await status(side, OLD) == 403
        assert await status(side, TOKEN) == 200


async def test_a80_the_log_says_once_that_the_old_token_came_and_once_that_it_was_refused(
    side: Side, clock: Clock
) -> None:
    with capture_logs() as lines:
        for token in (OLD, OLD, TOKEN):
            assert await status(side, token) == 200
        clock.seconds += OVERLAP_SECONDS
        for _ in range(2):
            assert await status(side, OLD) == 403
    told = [line["event"] for line in lines if "token" in line["event"]]
    assert told == ["previous_token_taken", "previous_token_refused"]
    assert OLD not in repr(lines)


def test_a78_who_the_bot_is_shows_no_token() -> None:
    assert OLD not in repr(Identity("https://hs.test", BOT, OLD, "DEVICE"))
