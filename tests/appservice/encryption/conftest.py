"""Devices of people and of the bot, at a homeserver that is played in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appservice.encryption.played import (
    PHONES,
    KeyServer,
    Phone,
    Phones,
)
from tests.clock import Clock


@pytest.fixture
def server() -> KeyServer:
    return KeyServer()


@pytest.fixture
def phone(server: KeyServer, tmp_path: Path, clock: Clock) -> Iterator[Phones]:
    made: list[Phone] = []

    async def make(user: str, device_id: str = "") -> Phone:
        one = Phone(server, tmp_path, user, device_id or PHONES[user], clock)
        made.append(one)
        await one.begin()
        server.readers = sorted({*server.readers, one.calls.user})
        return one

    yield make
    for one in made:
        one.encryption.close()
