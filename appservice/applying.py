"""Plan and apply a blueprint, whether or not a service acts at the time.

The whole intent is written in one commit. After that it is only watched: by whoever acts the rooms
are made, and that is this process itself as long as nobody else does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from appservice.acting import steady
from appservice.engine import WANTED_MARK, Engine, Foundation
from appservice.homeserver import HomeserverError
from appservice.store import journal, outbox
from appservice.store.locks import ActingLock
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.audit.ports import Source
from bot.networks.consulting import ask_coordinators
from bot.plan import plan_lines
from spaces.actions import Action
from spaces.blueprint import Blueprint
from spaces.blueprint_changes import apply_blueprint

log = structlog.get_logger(__name__)

OPERATOR = "operator"
_NAME = "blueprint"
_LOOK_SECONDS = 0.2
_SILENCE_SECONDS = 2.0
_FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an undertaking is: `done` of `total` actions. `acting`: by this process itself."""

    done: int
    total: int
    acting: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it: how many actions, and the reasons of those that failed, in English."""

    total: int
    failed: tuple[str, ...]


class Applying:
    """One blueprint, planned and applied."""

    def __init__(self, foundation: Foundation, blueprint: Blueprint, *, prune: bool = False) -> None:
        self._foundation = foundation
        self._blueprint = blueprint
        self._prune = prune
        self._works = Works(foundation.database, foundation.surroundings(), lambda: None)

    async def plan(self) -> list[str]:
        """Every write that `apply` would make, in words. Raises `BlueprintRefused`."""
        async with self._works.preview(OPERATOR) as work:
            await self._intend(work)
            return plan_lines(work.landscape, work.gathered)

    async def actions(self) -> list[Action]:
        """The same as actions, reading back included."""
        async with self._works.preview(OPERATOR) as work:
            await self._intend(work)
            return list(work.gathered)

    async def apply(self) -> int | None:
        """Write the intent in one commit; the undertaking to watch, None if there is nothing to do.

        Where nothing is new but an earlier apply is not done yet, that is the one to watch.
        """
        async with self._works.begin(OPERATOR, Source.BLUEPRINT) as work:
            await self._intend(work)
            if work.gathered:
                return await work.undertake(_NAME)
            return await outbox.unfinished(work.connection, _NAME)

    async def _intend(self, work: UnitOfWork) -> None:
        before = work.landscape
        admins = sorted(work.surroundings.admins)
        landscape = apply_blueprint(
            before,
            work.ids,
            self._blueprint,
            by=None,
            admins=admins,
            bot=work.surroundings.maker.bot,
            prune=self._prune,
        )
        if landscape is not before:
            about = next(iter(landscape.networks))
            await work.change(landscape, what="a blueprint was applied", about=about)
        await work.settle([*landscape.networks, *landscape.groups])
        await ask_coordinators(work, before)

    async def watch(self, undertaking: int, tell: Callable[[Progress], None]) -> Applied:
        """Wait until it is done, delivering it here as long as no service does."""
        return await watch(self._foundation, undertaking, tell)


async def watch(foundation: Foundation, undertaking: int, tell: Callable[[Progress], None]) -> Applied:
    """Wait until an undertaking is done, delivering it here as long as no service does."""
    hand = _Hand(foundation)
    try:
        while True:
            hand.begin_to_look()
            async with foundation.database.reading(apart=True, brief=True) as connection:
                found = await outbox.undertaking(connection, undertaking)
                waiting = await outbox.depth(connection, undertaking)
                wanted = _is_fresh(await journal.mark(connection, WANTED_MARK))
            total = found.total if found else 0
            tell(Progress(max(total - waiting, 0), total, hand.acts))
            if not waiting:
                break
            if wanted or hand.is_lost:
                await hand.let_go()
            elif not hand.acts:
                await hand.take_up()
            await hand.rest(_LOOK_SECONDS)
    finally:
        await hand.let_go()
    async with foundation.database.reading() as connection:
        return Applied(total, tuple(map(str, await outbox.failures(connection, undertaking))))


def _is_fresh(mark: str | None) -> bool:
    """Whether somebody wants to act and says so again and again: one that was killed no longer does,
    nor one that said so before the clock was set back."""
    return mark is not None and abs(time.time() - float(mark)) < _FRESH_SECONDS


class _Hand:
    """Delivers in this process while nobody else does."""

    def __init__(self, foundation: Foundation) -> None:
        self._foundation = foundation
        self._lock = ActingLock(foundation.database, steady, self._lose)
        self.is_lost = False
        self._engine: Engine | None = None
        self._delivering: asyncio.Task[None] | None = None

    @property
    def acts(self) -> bool:
        return self._delivering is not None

    def _lose(self) -> None:
        self.is_lost = True

    def begin_to_look(self) -> None:
        """What is delivered from now on ends the next rest."""
        if self._engine is not None and self.acts:
            self._engine.outbox.came_to_rest.clear()

    async def rest(self, seconds: float) -> None:
        """Until nothing is being delivered any more, `seconds` at most."""
        if self._engine is None or not self.acts:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._engine.outbox.came_to_rest.wait()

    async def take_up(self) -> None:
        """Begin to deliver, if nobody does. A homeserver that does not answer is tried at the next call."""
        if self._engine is None:
            if not await self._lock.take():
                return
            await self._foundation.lay(acts=True)  # who acted before may have had a newer device, or version
            self._engine = Engine(self._foundation, self._lock.is_fresh)
        try:
            await self._engine.greet()
        except HomeserverError as error:
            log.warning("homeserver_does_not_answer", status=error.status, errcode=error.errcode)
            await asyncio.sleep(_SILENCE_SECONDS)
            return
        await self._engine.assemble()
        self._delivering = asyncio.create_task(self._engine.outbox.run())

    async def let_go(self) -> None:
        """End in good order, and let whoever wants to act do so."""
        if self._engine is not None:
            if self._delivering is not None:
                self._engine.outbox.stop()
                await self._delivering
            await self._engine.close()
        self._engine = self._delivering = None
        self.is_lost = False
        await self._lock.release()
