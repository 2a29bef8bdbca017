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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from appservice.mailbox import Mailbox
from appservice.store import tables
from appservice.store.database import Database

_FORKED = multiprocessing.get_context("fork")  # they have imported everything
_MOST_ACKNOWLEDGED = 12


@dataclass(frozen=True)
class Found:
    """The numbers of transactions."""

    acknowledged: frozenset[int]
    kept: frozenset[int]


def killed_at_writing(url: str, times: int, chance: random.Random) -> Found:
    """So many processes, one after the other, keep transactions in a database until they are killed."""
    acknowledged = set[int]()
    for turn in range(times):
        reading, writing = os.pipe()
        writer = _FORKED.Process(target=_write, args=(url, turn * 1_000_000, writing))
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
    return Found(frozenset(acknowledged), frozenset(asyncio.run(_kept(url))))


def _write(url: str, first: int, told: int) -> None:
    asyncio.run(_keep(url, first, told))


async def _keep(url: str, first: int, told: int) -> None:
    mailbox = Mailbox(Database(url), time.time)
    for number in range(first, first + 1_000_000):
        events = [{"content": {"body": "x" * (number % 5000)}}]
        await mailbox.accept(str(number), json.dumps({"number": number, "events": events}).encode())
        os.write(told, f"{number}\n".encode())


async def _kept(url: str) -> list[int]:
    database = Database(url)
    async with database.reading() as connection:
        bodies = (await connection.execute(select(tables.transactions.c.body))).scalars().all()
    await database.close()
    return [json.loads(body)["number"] for body in bodies]


def integrity(file: Path) -> str:
    """SQLite's own word for it."""
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
