"""The clock of the machine jumps while something waits."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from appservice import app, outbox
from tests.crashes.rounds import asked, idle, loud, new_homeserver, served, unexpected
from tests.fake import Fault
from tests.hedgerow import ADMIN

HOUR, DAY = 3600.0, 86_400.0


@dataclass
class Shift:
    seconds: float = 0.0


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> Shift:
    """By how much the clock has been moved."""
    moved, real = Shift(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + moved.seconds)
    return moved


@pytest.mark.parametrize("jump", [-HOUR, 3 * DAY], ids=lambda jump: f"{jump / HOUR:+g} h")
async def test_a31_a75_a_clock_that_jumps_holds_nothing_up_and_does_nothing_twice(
    service_database: str, monkeypatch: pytest.MonkeyPatch, shift: Shift, jump: float
) -> None:
    monkeypatch.setattr(outbox, "_back_off", lambda attempts: 0.3)
    monkeypatch.setattr(app, "_PROGRESS_SECONDS", 3600)
    async with new_homeserver() as fake, served(fake, service_database) as service:
        admin = fake.add_user(ADMIN)
        room = await admin.create_dm(fake.bot)
        with loud() as log:
            await asked(service, fake, admin, room, "ecosystem create Somerset")
            await asked(service, fake, admin, room, "network archive somerset")
            fake.script("POST /createRoom", Fault.error(503), times=2)
            fake.script("PUT /rooms/{room_id}/state/{type}/{state_key}", Fault.too_many(300), times=2)

            async def jumps(number: int, when: str) -> None:
                if when == "after" and fake.calls[number - 1].name == "POST /createRoom":
                    shift.seconds = jump

            fake.on_call = jumps
            for text in ('network create "Arts UK" --under somerset', "tree", "yes", "whoami"):
                await asked(service, fake, admin, room, text)
            await service.reconciler.catch_up()
            await idle(service, fake)
        assert unexpected(log) == []
        assert [rooms for rooms in fake.rooms_by_marker().values() if len(rooms) > 1] == []
        said = [e for e in fake.room(room).timeline if e.sender == fake.bot and e.type == "m.room.message"]
        answers = [e.content["m.relates_to"]["m.in_reply_to"]["event_id"] for e in said]
        assert len(answers) == len(set(answers))
        assert len(answers) == 6
