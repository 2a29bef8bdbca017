"""A process that makes and sends what is due, and kills itself at one of its commits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appservice import digests as service
from appservice.lanes import Entry
from appservice.store import rooms
from appservice.store.database import Connection, Database
from spaces.actions import Say
from tests.appservice.press_house import Board, House
from tests.appservice.stage import PlayedRooms, Stage, text_of

When = Literal["before", "after"]
AT_ONCE = 2


@dataclass(frozen=True)
class Sending:
    """What the process is to do: on `now`, with the commit at which it is killed, counted from 1."""

    url: str
    board: Board
    now: float
    commit: int
    when: When
    log: Path
    """Each message is written here when the homeserver has it: its room, its name and its words."""


def send(order: Sending) -> None:
    """Runs in a process of its own."""
    asyncio.run(_send(order))


async def _send(order: Sending) -> None:
    service._AT_ONCE = AT_ONCE
    database = Database(order.url)
    house = House(Stage(database), order.board)
    house.rooms = _Heard(house.stage, order.log)
    async with database.reading() as connection:
        for row in await rooms.all_rooms(connection):
            if row.room_id is not None:
                house.stage.places.put(row.place, row.room_id)
                house.rooms.ready[row.place] = True
    _kill_at(database, order.commit, order.when)
    await house.ticks(order.now)
    await database.close()


class _Heard(PlayedRooms):
    """The homeserver has a message before we know that it has."""

    def __init__(self, stage: Stage, log: Path) -> None:
        super().__init__(stage)
        self._log = log

    async def settle(self, entry: Entry) -> bool | None:
        if isinstance(action := entry.action, Say):
            with self._log.open("a") as log:
                log.write(json.dumps([action.room, action.said, text_of(action)]) + "\n")
        return await super().settle(entry)


def _kill_at(database: Database, commit: int, when: When) -> None:
    """From the next one on."""
    writing, left = database.writing, [commit]

    @asynccontextmanager
    async def counted(**how: bool) -> AsyncIterator[Connection]:
        left[0] -= 1
        async with writing(**how) as connection:
            yield connection
            if left[0] == 0 and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    database.writing = counted
