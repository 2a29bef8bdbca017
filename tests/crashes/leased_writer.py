"""A process that stands by for the lease of a database, and once it acts writes one row after the other."""

from __future__ import annotations

import asyncio
import logging
import os
import time

import structlog
from sqlalchemy import text

from appservice.store import lease
from appservice.store.database import Database, StoreError
from appservice.store.fence import Fenced
from appservice.store.lease import Lease

_WRITE = text("INSERT INTO written (epoch, process) VALUES (:epoch, :process)")
_AGAIN_SECONDS = 0.01


def write_while_it_acts(url: str, process: int) -> None:
    """Into the table `written`: the number of this `process`, and the epoch in which it believes to be.

    A write that fails is tried again; told that another acts, it ends with code 1.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    lease.LEASE_SECONDS, lease._TRUSTED_SECONDS = 0.4, 0.26
    lease._BEAT_SECONDS, lease._ANSWER_SECONDS = 0.06, 0.2
    asyncio.run(_stand_by_and_write(url, process))


async def _stand_by_and_write(url: str, process: int) -> None:
    database, lost = Database(url), asyncio.Event()
    held = Lease(database, time.monotonic, lost.set)
    acts = await held.take()
    while not acts:
        await asyncio.sleep(_AGAIN_SECONDS)
        acts = await held.take()
    while not lost.is_set() and database.fence is not None:
        try:
            async with database.writing() as connection:
                await connection.execute(_WRITE, {"epoch": database.fence.epoch, "process": process})
        except Fenced:
            break
        except (StoreError, OSError):
            await asyncio.sleep(_AGAIN_SECONDS)
    os._exit(1)  # at once: its connections may be cut
