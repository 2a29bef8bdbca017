"""The stages of many dialogues: each background happens once, where a homeserver can go on from it again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.databases import Databases
from tests.dialogues import Dialogue, person
from tests.hedgerow import running, settings_for
from tests.homes import Home
from tests.kept_rows import Rows
from tests.service_stage import CountedIds, ServiceStage
from tests.voices import Remembered


@dataclass(frozen=True)
class Background:
    """What is left of a stage on which it has happened: homeserver, database, and people's clients."""

    homeserver: bytes
    rows: Rows
    ids: CountedIds
    people: Mapping[str, Remembered]


class Stages:
    """Stages for many dialogues, each with an empty database, at the homeservers that `opened` gives.

    One that a dialogue has left as it found it serves the next one of the same background, too. Where a
    homeserver can be kept, another one, and another service, goes on from where a background has happened.
    """

    def __init__(
        self, opened: Callable[[bytes | None], AbstractAsyncContextManager[Home]], databases: Databases
    ) -> None:
        self._opened = opened
        self._databases = databases
        self._stack = AsyncExitStack()
        self._place: object = None
        self._stage: ServiceStage
        self._found: list[object] = []
        self._backgrounds: dict[object, Background] = {}

    @asynccontextmanager
    async def playing(self, dialogue: Dialogue) -> AsyncIterator[ServiceStage]:
        """The stage for `dialogue`, with its background and its people."""
        place = (dialogue.admins, dialogue.background)
        if self._place != place:
            await self.close()
            await self._lay(dialogue, place)
            self._found = await self._stage.contents()
        self._place = None  # until it has gone well
        await self._stage.bring_in(dialogue.people)
        yield self._stage
        self._place = place if await self._stage.contents() == self._found else None

    async def _lay(self, dialogue: Dialogue, place: object) -> None:
        """A new stage on which the background has happened."""
        if (known := self._backgrounds.get(place)) is not None:
            url = self._stack.enter_context(self._databases.holding(known.rows))
            await self._open(dialogue, url, known)
            return
        url = self._stack.enter_context(self._databases.empty())
        await self._open(dialogue, url)
        await dialogue.set_up(self._stage)
        rows = list[Rows]()
        if homeserver := await self._stage.home.kept(lambda: rows.append(self._databases.keep(url))):
            ids, people = self._stage.remembered()
            self._backgrounds[place] = Background(homeserver, *rows, ids, people)

    async def _open(self, dialogue: Dialogue, url: str, known: Background | None = None) -> None:
        home = await self._stack.enter_async_context(self._opened(known.homeserver if known else None))
        settings = settings_for(home.base_url, home.registration, url)
        bot = {"bot_localpart": home.registration.bot_localpart}
        more = {
            "admins": [person(name) for name in dialogue.admins],
            "homeserver": settings.homeserver.model_copy(update=bot),
        }
        service = await self._stack.enter_async_context(running(settings.model_copy(update=more)))
        self._stage = ServiceStage(home, service)
        self._stack.push_async_callback(self._stage.close)
        if known is not None:
            await self._stage.go_on_with(known.ids, known.people)
        await self._stage.bring_in(dialogue.people)

    async def close(self) -> None:
        await self._stack.aclose()
