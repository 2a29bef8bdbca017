"""P3: stopped at any single call while places are changed or restored, it is done and said once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from appservice.store.database import Database
from config.sections import Settings
from tests.crashes.lifetimes import BEN, Living, answered, end_state
from tests.crashes.moments import Moment, gone_on, watched
from tests.crashes.test_command import homeserver, settings
from tests.databases import Databases, driven
from tests.fake import FakeHomeserver
from tests.hedgerow import running

FOUNDING = (
    "network create Arts --access public",
    "network create Health --access private",
    "group create Painting --in Arts",
)
CHANGES = (
    "network rename Arts --to Crafts",
    "network describe Crafts --access private",
    "network describe Crafts --access public",
    "group share Painting --with Health",
    f"coordinator add {BEN} --in Crafts",
    "network restore Crafts",
)
SLEEP = "network archive Crafts"


@dataclass(frozen=True)
class Changed:
    """What came of one sentence, and what a kill at each of its calls would have left; `said` is the event
    that made it so, in the room `direct`: the sentence, or the yes that was asked for.
    """

    sentence: str
    direct: str
    said: str
    end: Any
    moments: list[Moment]


async def undisturbed(databases: Databases, url: str) -> list[Changed]:
    async with homeserver() as fake, running(settings(fake, url)):
        living = await Living.begin(fake, url)
        for sentence in FOUNDING:
            await living.say(sentence)
        found = []
        for sentence in CHANGES:
            if sentence.startswith("network restore"):
                await living.say(SLEEP)
            found.append(await changed(databases, url, living, sentence))
        await living.database.close()
        return found


async def changed(databases: Databases, url: str, living: Living, sentence: str) -> Changed:
    fake, direct = living.fake, living.direct
    text = sentence
    while True:
        with watched(fake, databases, url) as moments:
            said = living.admin.send(direct, text).event_id
            answer = await asyncio.wait_for(answered(fake, living.database, direct, said), 30)
        if "Shall I?" not in answer:
            return Changed(sentence, direct, said, end_state(fake), moments)
        text = "yes"


@asynccontextmanager
async def gone_on_from(
    moment: Moment, databases: Databases
) -> AsyncIterator[tuple[FakeHomeserver, Database]]:
    opened = list[Database]()

    def settings_there(fake: FakeHomeserver, url: str) -> Settings:
        opened.append(Database(driven(url)))
        return settings(fake, url)

    async with gone_on(moment, homeserver(), databases, settings_there) as fake:
        yield fake, opened[0]
        await opened[0].close()


async def test_p3_stopped_at_any_call_of_a_change_it_is_done_and_said_once(
    databases: Databases, service_database: str
) -> None:
    for change in await undisturbed(databases, service_database):
        assert len(change.moments) > 3, change.sentence
        for moment in change.moments:
            async with gone_on_from(moment, databases) as (fake, database):
                await asyncio.wait_for(answered(fake, database, change.direct, change.said), 30)
                assert end_state(fake) == change.end, f"“{change.sentence}”, {moment}"
