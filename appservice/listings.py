"""Whether listings still hold, at the edge: reactions on what people were asked, and the tick."""

from __future__ import annotations

import re
from collections.abc import Callable

from appservice.kept_listings import KeptListings
from appservice.store import outbox
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.listings.asking import ASKED, is_nothing_due, look_after
from spaces.identifiers import EventId, UserId

_TOLD = re.compile(rf"{ASKED} ([0-9]{{1,12}})")
_MOST_NAMED = 100


async def decided_by(event: EventId | None, person: UserId, work: UnitOfWork) -> tuple[str, str] | None:
    """What ✅ and ❌ on `event` say, as commands, if the bot has asked `person` by it about listings."""
    said = None if event is None else await outbox.told_by(work.connection, event, person)
    found = _TOLD.fullmatch(said or "")
    if found is None:
        return None
    asked = [one for one in await work.listings.asked_of(person) if one.asked_at == float(found[1])]
    numbers = [str(one.number) for one in asked[:_MOST_NAMED]]
    named = ", ".join(numbers)
    return (
        (f"confirm {named}", f"remove listing {named}" if len(numbers) == 1 else "listings")
        if named
        else None
    )


class Confirming:
    """The tick that asks whether listings still hold. `now` gives seconds."""

    def __init__(self, works: Works, now: Callable[[], float]) -> None:
        self._works = works
        self._now = now

    async def look(self) -> None:
        """Ask and mark; nothing is written where nothing is due."""
        landscape, now = await self._works.landscape(), self._now()
        async with self._works.database.reading() as connection:
            kept = KeptListings(connection, self._works.surroundings.ids)
            if await is_nothing_due(kept, landscape, now):
                return
        async with self._works.begin("hedgerow") as work:
            await look_after(work, now)
