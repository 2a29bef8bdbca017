"""Applications at the edge: reactions on what coordinators were told, memberships, and the tick."""

from __future__ import annotations

import re
from collections.abc import Callable

from appservice.event import Event
from appservice.store import outbox
from appservice.store.applications import StoredApplications
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.applications.knocking import membership_changed
from bot.applications.reminding import look_after
from spaces.applications import due
from spaces.identifiers import EventId, PlaceId, UserId

_TOLD = re.compile(r"application ([0-9]{1,9})")


async def decided_by(event: EventId | None, person: UserId, work: UnitOfWork) -> tuple[str, str] | None:
    """What ✅ and ❌ on `event` say, as commands, if the bot has told `person` of an application by it."""
    said = None if event is None else await outbox.told_by(work.connection, event, person)
    found = _TOLD.fullmatch(said or "")
    return (f"approve {found[1]}", f"deny {found[1]}") if found else None


async def hear_membership(event: Event, place: PlaceId, user: UserId, work: UnitOfWork) -> None:
    """Somebody knocks at a place of ours, or what they asked for is decided in a client."""
    await membership_changed(
        work,
        place,
        user,
        str(event.content.get("membership")),
        by=event.sender,
        reason=event.content.get("reason"),
        now=event.received_at,
    )


class Attendance:
    """The tick that sees to what waits. `now` gives seconds."""

    def __init__(self, works: Works, now: Callable[[], float]) -> None:
        self._works = works
        self._now = now

    async def look(self) -> None:
        """Remind, tell those further up, close; nothing is written where nothing is due."""
        landscape, now = await self._works.landscape(), self._now()
        async with self._works.database.reading() as connection:
            live = await StoredApplications(connection).live()
        if due(landscape, live, now).is_nothing:
            return
        async with self._works.begin("hedgerow") as work:
            await look_after(work, now, work.surroundings.admins)
