"""Units of work begin here: alone, or several that are committed as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from appservice.allowance import FindsCounted
from appservice.audit import Trail
from appservice.directory import catch_up, follow
from appservice.profiles import follow_people
from appservice.store.database import Connection, Database
from appservice.store.landscape import LandscapeStore
from appservice.surroundings import Surroundings
from appservice.work import UnitOfWork
from bot.audit.ports import Source
from spaces.identifiers import UserId
from spaces.landscape import Landscape


class Works:
    """Begins units of work. `wake` is called when one has put something into the outbox."""

    def __init__(self, database: Database, surroundings: Surroundings, wake: Callable[[], None]) -> None:
        self.database = database
        self.surroundings = surroundings
        self._landscapes = LandscapeStore()
        self._finds = FindsCounted(surroundings.limits)
        self._wake = wake

    @asynccontextmanager
    async def begin(self, who: UserId | str, source: Source | None = None) -> AsyncIterator[UnitOfWork]:
        """A unit of work on behalf of `who`, committed at the end; any exception undoes it."""
        async with self.together() as several, several.begin(who, source) as work:
            yield work

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Together]:
        """Several units of work, one after the other, committed as one; any exception undoes them all."""
        async with self.database.writing(fenced=False, brief=True) as connection:
            fence = self.database.fence
            landscape = await self._landscapes.load(connection, for_writing=True, fence=fence)
            several = Together(self, connection, landscape, self._landscapes)
            yield several
        if several.revision is not None:
            self._landscapes.keep(several.landscape, several.revision)
        if several.has_put:
            self._wake()

    @asynccontextmanager
    async def preview(self, who: UserId | str) -> AsyncIterator[UnitOfWork]:
        """A unit of work that is never committed: to see what it would do."""
        async with self.database.reading() as connection:
            yield self.unit(connection, await self._landscapes.load(connection), who)

    def unit(self, connection: Connection, landscape: Landscape, who: UserId | str) -> UnitOfWork:
        """What is done on behalf of `who`, to be written by whoever asks for it."""
        return UnitOfWork(connection, landscape, self.surroundings, who, self._finds)

    async def fill_directory(self) -> None:
        """What the directory should hold of networks and groups, it holds."""
        async with self.begin("hedgerow") as work:
            await catch_up(work.connection, work.landscape)

    async def landscape(self) -> Landscape:
        """The landscape as it stands, to read."""
        async with self.database.reading() as connection:
            return await self._landscapes.load(connection)


class Together:
    """Units of work within one transaction. Each sees what those before it have written."""

    def __init__(
        self, works: Works, connection: Connection, landscape: Landscape, landscapes: LandscapeStore
    ) -> None:
        self.connection = connection
        self.landscape = landscape
        self.revision: int | None = None
        """The landscape's, if it is another one than before."""
        self.has_put = False
        """Whether there is something new in the outbox."""
        self._works = works
        self._landscapes = landscapes

    @asynccontextmanager
    async def begin(self, who: UserId | str, source: Source | None = None) -> AsyncIterator[UnitOfWork]:
        """The next one, on behalf of `who`, written at the end."""
        work = self._works.unit(self.connection, self.landscape, who)
        work.audit = Trail(self.connection, self._works.surroundings.now, who, source)
        yield work
        await work.flush()
        if work.landscape is not self.landscape:
            self.revision = await self._landscapes.save(self.connection, self.landscape, work.landscape)
            await follow(self.connection, self.landscape, work.landscape)
        await follow_people(self.connection, self.landscape, work.landscape)
        self.landscape = work.landscape
        self.has_put |= bool(work.gathered)
