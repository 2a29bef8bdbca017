"""Processes that keep transactions and are killed at it; and what is on disk then."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from appservice.mailbox import Mailbox
from appservice.store.database import Database

_FORKED = multiprocessing.get_context("fork")  # they have imported everything
_MOST_ACKNOWLEDGED = 12


@dataclass(frozen=True)
class Found:
    """`acknowledged` and `kept` are the numbers of transactions; `integrity` is SQLite's own word."""

    acknowledged: frozenset[int]
    kept: frozenset[int]
    integrity: str


def killed_at_writing(database: Path, times: int, chance: random.Random) -> Found:
    """So many processes, one after the other, keep transactions in `database` until they are killed."""
    acknowledged = set[int]()
    for turn in range(times):
        reading, writing = os.pipe()
        writer = _FORKED.Process(target=_write, args=(database, turn * 1_000_000, writing))
        writer.start()
        os.close(writing)
        enough = chance.randint(1, _MOST_ACKNOWLEDGED)
        with open(reading, encoding="ascii") as told:
            for _, line in zip(range(enough), told, strict=False):
                acknowledged.add(int(line))
            time.sleep(chance.uniform(0, 0.003))
            os.kill(writer.pid or 0, signal.SIGKILL)
            writer.join()
            acknowledged.update(int(line) for line in told if line.endswith("\n"))
    return Found(frozenset(acknowledged), frozenset(_kept(database)), _integrity(database))


def _write(database: Path, first: int, told: int) -> None:
    asyncio.run(_keep(database, first, told))


async def _keep(database: Path, first: int, told: int) -> None:
    mailbox = Mailbox(Database(f"sqlite+aiosqlite:///{database}"), time.time)
    for number in range(first, first + 1_000_000):
        events = [{"content": {"body": "x" * (number % 5000)}}]
        await mailbox.accept(str(number), json.dumps({"number": number, "events": events}).encode())
        os.write(told, f"{number}\n".encode())


def _kept(database: Path) -> Iterable[int]:
    with closing(sqlite3.connect(database)) as connection:
        for (body,) in connection.execute("SELECT body FROM transactions"):
            yield json.loads(body)["number"]


def _integrity(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
