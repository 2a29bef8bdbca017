"""`hedgerow doctor --repair`: does what findings offer to have done, one after the other.

What needs the database written, or the bot to act, is done only while no other process acts: a service
that runs does most of it by itself. Nothing here takes anything away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from appservice.applying import OPERATOR, watch
from appservice.doctor.visit import reached_at
from appservice.engine import Engine, Foundation
from appservice.homeserver import HomeserverError
from appservice.repairs import Begin, Join, LookAgain, MakeFolder, Migrate, Repair, SetMode
from appservice.store.database import StoreError
from appservice.store.stillness import Stillness
from appservice.works import Works
from config.settings import Settings
from spaces.actions import ReadBack
from spaces.errors import Refusal

_NAME = "doctor"
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of one repair: `why_not` is empty where it is done."""

    repair: Repair
    why_not: str = ""

    def __str__(self) -> str:
        return f"not done: {self.repair}: {self.why_not}" if self.why_not else f"done: {self.repair}"


class Repairing:
    """Does repairs. `settings` are None where they cannot be read, and then only files are mended."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings

    async def do(self, repair: Repair) -> Repaired:
        """One repair; whatever goes wrong with it is said, and stops no other."""
        try:
            return Repaired(repair, await self._do(repair))
        except OSError as error:
            return Repaired(repair, f"{error.strerror or type(error).__name__}.")
        except Refusal as refusal:
            return Repaired(repair, refusal.sentence)
        except (HomeserverError, StoreError) as error:
            return Repaired(repair, _said(error))

    async def _do(self, repair: Repair) -> str:
        if isinstance(repair, SetMode):
            repair.path.chmod(repair.mode)
            return ""
        if isinstance(repair, MakeFolder):
            repair.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return ""
        if self._settings is None:
            return "the configuration cannot be read yet."
        match repair:
            case Migrate():
                return await self._alone(self._settings, _lay)
            case Begin():
                return await self._alone(self._settings, _begin)
            case Join():
                return await _join(self._settings, repair)
            case LookAgain():
                return await _look_again(self._settings, repair)

    async def _alone(self, settings: Settings, deed: Callable[[Foundation], Awaitable[None]]) -> str:
        """Do it while no other process acts; else say that the service does it."""
        foundation = Foundation(settings)
        lock = Stillness(foundation.database)
        try:
            foundation.database.make_file()
            if not await lock.take():
                return "Hedgerow runs, and does that when it starts: stop it and start it again."
            await deed(foundation)
            return ""
        finally:
            await lock.release()
            await foundation.database.close()


async def _lay(foundation: Foundation) -> None:
    await foundation.lay(acts=True)


async def _begin(foundation: Foundation) -> None:
    """What every start does, before it hears or does anything."""
    await foundation.lay(acts=True)
    engine = Engine(foundation, may_call=lambda: True)
    try:
        await engine.greet()
        await engine.secure()
    finally:
        await engine.close()


async def _join(settings: Settings, repair: Join) -> str:
    homeserver = reached_at(settings)
    try:
        await homeserver.register()  # from then on it acts as the bot
        await homeserver.join(repair.room)
    except HomeserverError as error:
        if error.status not in (403, 404):
            raise
        return f"the homeserver does not let it in ({error.message}). Somebody in the room has to invite it."
    finally:
        await homeserver.close()
    return ""


async def _look_again(settings: Settings, repair: LookAgain) -> str:
    """Have the rooms read, by the service if it runs, else by this process; and wait for what comes of it."""
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        async with Works(foundation.database, foundation.surroundings(), lambda: None).begin(
            OPERATOR
        ) as work:
            work.put(*(ReadBack(place) for place in repair.places))
            undertaking = await work.undertake(_NAME)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            applied = await watch(foundation, undertaking, lambda progress: None)
        return "; ".join(applied.failed)
    except TimeoutError:
        return "the homeserver has not done all of it yet; `hedgerow run` goes on with that."
    finally:
        await foundation.database.close()


def _said(error: Exception) -> str:
    return f"{error}." if isinstance(error, HomeserverError) else f"the database said {type(error).__name__}."
