"""Makes the homeserver's forgetting harmless, cheapest first.

Push is a hint: a homeserver that crashes loses what it had queued. So every few minutes one `/sync`
without waiting brings all that happened since the last one (messages, invitations, memberships,
changed state), and it goes the same way as what was pushed; event ids keep it from happening twice.
At the start, and once in a while, every room's whole state is read back besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from appservice.homeserver import Homeserver, HomeserverError
from appservice.inbox import Inbox
from appservice.places import Places
from appservice.store import inbox, journal, outbox
from appservice.work import Works
from spaces.actions import ReadBack
from spaces.identifiers import UserId

log = structlog.get_logger(__name__)

_SINCE = "sync"
_TIMELINE = 50
_MOST_PAGES = 20
_FORGET_AFTER_SECONDS = 40 * 86_400.0
_FILTER = {
    "presence": {"types": []},
    "account_data": {"types": []},
    "room": {
        "timeline": {"limit": _TIMELINE},
        "state": {"lazy_load_members": True},
        "ephemeral": {"types": []},
        "account_data": {"types": []},
    },
}


class Reconciler:
    """Reads again what may have been missed."""

    def __init__(self, works: Works, homeserver: Homeserver, inbox_: Inbox, places: Places) -> None:
        self._works = works
        self._homeserver = homeserver
        self._inbox = inbox_
        self._places = places

    async def catch_up(self) -> None:
        """Bring in all that happened since the last time, pushed or not."""
        async with self._works.database.reading() as connection:
            since = await journal.mark(connection, _SINCE)
        try:
            answer = await self._homeserver.sync(since, _FILTER)
            events = [event async for event in self._events(answer, since)]
        except HomeserverError as error:
            log.warning("could_not_catch_up", status=error.status)
            return
        await self._inbox.take(events)
        token = answer.get("next_batch")
        if isinstance(token, str):
            async with self._works.database.writing() as connection:
                await journal.set_mark(connection, _SINCE, token)

    async def _events(self, answer: Mapping[str, Any], since: str | None) -> Any:
        rooms = answer.get("rooms", {})
        for room, joined in rooms.get("join", {}).items():
            timeline = joined.get("timeline", {})
            if since is not None and timeline.get("limited"):
                for event in await self._missed(room, timeline.get("prev_batch"), since):
                    yield event
            for event in timeline.get("events", ()) if since is not None else ():
                yield {**event, "room_id": room}
        for room, invited in rooms.get("invite", {}).items():
            for event in self._invitation(room, invited):
                yield event

    async def _missed(self, room: Any, start: str | None, since: str) -> list[dict[str, Any]]:
        """What lies between the last time and a timeline cut short, oldest first."""
        missed: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            page = await self._homeserver.messages(room, start, until=since)
            missed += [{**event, "room_id": room} for event in page.get("chunk", ())]
            end = page.get("end")
            if not isinstance(end, str) or end == start:
                break
            start = end
        return missed[::-1]

    def _invitation(self, room: str, invited: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Stripped state has no event ids: an invitation gets one of room and inviter."""
        bot: UserId = self._homeserver.user
        for event in invited.get("invite_state", {}).get("events", ()):
            if event.get("type") == "m.room.member" and event.get("state_key") == bot:
                made_up = f"invitation:{room}:{event.get('sender')}"
                yield {**event, "room_id": room, "event_id": event.get("event_id", made_up)}

    async def look_at_rooms(self) -> None:
        """Read back every room of ours, and ask again for what has no room and no action waiting."""
        async with self._works.begin("hedgerow") as work:
            landscape = work.landscape
            work.put(*(ReadBack(place) for place, _ in self._places.all() if not place.is_direct))
            await work.settle([*landscape.networks, *landscape.groups])

    async def tidy(self) -> None:
        """Forget the ids of what is long done."""
        async with self._works.database.writing() as connection:
            before = self._works.surroundings.now() - _FORGET_AFTER_SECONDS
            await inbox.forget(connection, before=before)
            await outbox.forget(connection, before=before)
