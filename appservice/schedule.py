"""Ticks: what happens every so often while the process runs. Nothing is remembered across a restart.

What is due is a query on our own tables; a tick only asks. The only home of APScheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from structlog.contextvars import bind_contextvars

from appservice.store.database import is_passing
from appservice.watching import UNWATCHED, Watch

STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)

Tick = Callable[[], Awaitable[None]]


class Schedule:
    """Runs each tick by its name, one at a time, for as long as it has been started and not stopped."""

    def __init__(self, watch: Watch = UNWATCHED) -> None:
        self._watch = watch
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._names: set[str] = set()
        self._running: dict[str, asyncio.Task[None] | None] = {}

    def every(
        self, seconds: float, name: str, tick: Tick, *, jitter: float = 0, at_once: bool = False
    ) -> None:
        """Run `tick` every `seconds`, each time up to `jitter` seconds earlier or later.

        With `at_once` it also runs as soon as the schedule has started. A tick that is still running
        when its next turn comes misses that turn. Raises `ValueError` for a name that is taken.
        """
        if name in self._names:
            raise ValueError(f"There is already a tick called {name}. Give this one another name.")
        self._names.add(name)
        timing = {"seconds": seconds, "jitter": jitter or None}
        turn = (name, tick, seconds + jitter)
        self._scheduler.add_job(self._run, "interval", args=turn, id=name, name=name, **timing)
        if at_once:
            self._scheduler.add_job(self._run, args=turn, name=f"{name} at once")

    def start(self) -> None:
        """Begin, in the event loop that is running."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no more ticks, break off those under way and wait until they have tidied up."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        await asyncio.sleep(0)  # a tick handed over just now has to begin before it can be broken off
        ticks = [task for task in self._running.values() if task is not None]
        for task in ticks:
            task.cancel()
        if ticks:
            await asyncio.wait(ticks, timeout=STOP_SECONDS)
        self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # APScheduler puts its own end into the loop

    async def _run(self, name: str, tick: Tick, at_latest: float) -> None:
        """One turn of a tick. Whatever it raises ends here, so that the next turn comes."""
        if name in self._running:
            return
        self._running[name] = asyncio.current_task()
        bind_contextvars(tick=name)  # for this task alone
        self._watch.tick_begins(name, at_latest)
        result = "failed"
        try:
            await tick()
            result = "done"
        except asyncio.CancelledError:
            result = "broken off"
            log.debug("tick broken off")
        except Exception as error:
            if is_passing(error):
                result = "put off"
                log.warning("tick put off", reason=type(error).__name__)
            else:
                log.exception("tick failed")
        finally:
            self._watch.tick_ended(name, result)
            del self._running[name]
