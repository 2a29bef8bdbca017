"""The tick that tells who has no path left to a place, and takes them out after the grace."""

from __future__ import annotations

import structlog

from appservice.store import journal
from appservice.store import paths as store
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.paths.departing import keep_who_is_there, recount_person, recount_place, take_out
from bot.paths.ports import Departure
from spaces.identifiers import PlaceId, UserId

log = structlog.get_logger(__name__)

_HEDGEROW = "hedgerow"
_BEGUN = "paths"
_AGAIN_SECONDS = 15.0
_MOST_ROUNDS = 200


class Departing:
    """Looks at whose paths have changed, and takes out whose time has come.

    Nothing is done while the homeserver does not answer, and what was read before that counts no more.
    """

    def __init__(self, works: Works) -> None:
        self._works = works

    async def begin(self) -> None:
        """Once in the life of a database: nobody who is there already is counted as without a path."""
        async with self._works.begin(_HEDGEROW) as work:
            if await journal.mark(work.connection, _BEGUN) is None:
                await keep_who_is_there(work)
                await journal.set_mark(work.connection, _BEGUN, "begun")

    async def tick(self) -> None:
        health = self._works.surroundings.health
        if not health.homeserver_answers:
            health.forget_rooms()
            return
        for _ in range(_MOST_ROUNDS):
            if not (subjects := await self._marked()):
                break
            async with self._works.begin(_HEDGEROW) as work:
                for subject in subjects:
                    await self._recount(work, subject)
        for one in await self._due():
            async with self._works.begin(_HEDGEROW) as work:
                if await take_out(work, one, work.now):
                    log.info("no_path_left", place=one.place)

    async def _marked(self) -> list[PlaceId | UserId]:
        async with self._works.database.reading() as connection:
            return await store.marked(connection, self._works.surroundings.now())

    async def _due(self) -> list[Departure]:
        async with self._works.database.reading() as connection:
            return await store.due(connection, self._works.surroundings.now())

    async def _recount(self, work: UnitOfWork, subject: PlaceId | UserId) -> None:
        await store.unmark(work.connection, subject)
        if isinstance(subject, PlaceId):
            is_sure = await recount_place(work, subject, work.now)
        else:
            is_sure = await recount_person(work, subject, work.now)
        if not is_sure:
            await store.mark(work.connection, [subject], after=work.now + _AGAIN_SECONDS)
