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

from appservice.activity import forget_old
from appservice.homeserver import Homeserver, HomeserverError
from appservice.inbox import Inbox
from appservice.places import Places
from appservice.store import (
    adoptions,
    allowance,
    applications,
    by_hand,
    calendar,
    encryption,
    inbox,
    invitations,
    journal,
    market,
    outbox,
    people,
    stories,
)
from appservice.succession import look_for_silence
from appservice.works import Works
from bot.directory.limits import DAY_SECONDS
from spaces.actions import ReadBack
from spaces.identifiers import RoomId, UserId
from spaces.network import Pause

log = structlog.get_logger(__name__)

_SINCE = "sync"
_TIMELINE = 50
_MOST_PAGES = 20
_AT_ONCE = 50
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

_FIRST_ROOMS = {"timeline": {"limit": 1}, "state": {"types": []}, "ephemeral": {"types": []}}
_FIRST_FILTER = {**_FILTER, "room": _FIRST_ROOMS}


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
            answer = await self._homeserver.sync(since, _FILTER if since else _FIRST_FILTER)
        except HomeserverError as error:
            log.warning("could_not_catch_up", status=error.status)
            return
        await self._inbox.take(await self._news_in(_mapping(answer.get("rooms")), since))
        token = answer.get("next_batch")
        if isinstance(token, str):
            async with self._works.database.writing() as connection:
                await journal.set_mark(connection, _SINCE, token)

    async def _news_in(self, rooms: Mapping[str, Any], since: str | None) -> list[dict[str, Any]]:
        news: list[dict[str, Any]] = []
        for room, invited in _mapping(rooms.get("invite")).items():
            news += self._invitation(room, invited)
        if since is not None:
            for room, joined in _mapping(rooms.get("join")).items():
                news += await self._happened(room, _mapping(_mapping(joined).get("timeline")), since)
        return news

    async def _happened(self, room: str, timeline: Mapping[str, Any], since: str) -> list[dict[str, Any]]:
        """What happened in a room since the last time, oldest first, and since the bot has come in."""
        events = _events_in(room, timeline.get("events"))
        if timeline.get("limited"):
            try:
                events = [*await self._missed(room, timeline.get("prev_batch"), since), *events]
            except HomeserverError as error:
                log.warning("could_not_read_back", status=error.status)
        came = [n for n, event in enumerate(events) if self._is_our_coming(event)]
        return events[came[-1] + 1 :] if came else events

    def _is_our_coming(self, event: Mapping[str, Any]) -> bool:
        ours = event.get("type") == "m.room.member" and event.get("state_key") == self._homeserver.user
        before = _mapping(_mapping(event.get("unsigned")).get("prev_content"))
        joined = _mapping(event.get("content")).get("membership") == "join"
        return ours and joined and before.get("membership") != "join"

    async def _missed(self, room: str, start: Any, since: str) -> list[dict[str, Any]]:
        """What lies between the last time and a timeline cut short, oldest first."""
        missed: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            page = await self._homeserver.messages(RoomId(room), start, until=since)
            missed += _events_in(room, page.get("chunk"))
            end = page.get("end")
            if not isinstance(end, str) or end == start:
                return missed[::-1]
            start = end
        log.warning("too_much_was_missed", pages=_MOST_PAGES)
        return missed[::-1]

    def _invitation(self, room: str, invited: object) -> Iterator[dict[str, Any]]:
        """Stripped state has no event ids: an invitation gets one of room and inviter."""
        bot: UserId = self._homeserver.user
        for event in _events_in(room, _mapping(_mapping(invited).get("invite_state")).get("events")):
            if event.get("type") == "m.room.member" and event.get("state_key") == bot:
                made_up = f"invitation:{room}:{event.get('sender')}"
                yield {**event, "event_id": event.get("event_id", made_up)}

    async def look_at_rooms(self) -> None:
        """Read back every room of ours, and ask again for what has no room and no action waiting."""
        landscape = await self._works.landscape()
        made = {place for place, _ in self._places.all() if not place.is_direct}
        places = [*made, *(place for place in (*landscape.networks, *landscape.groups) if place not in made)]
        for start in range(0, len(places), _AT_ONCE):  # in between, others get their turn
            some = places[start : start + _AT_ONCE]
            async with self._works.begin("hedgerow") as work:
                work.put(*(ReadBack(place, routine=True) for place in some if place in made))
                there = (work.landscape.networks, work.landscape.groups)
                await work.settle([place for place in some if any(place in kind for kind in there)])

    async def look_at_fights(self) -> None:
        """Read back the rooms that are fought over: what lets strangers in is put back now and then."""
        landscape = await self._works.landscape()
        fought = [p for p in (*landscape.networks, *landscape.groups) if landscape.pause_of(p) is Pause.FIGHT]
        if fought:
            async with self._works.begin("hedgerow") as work:
                await work.look_at(fought)

    async def look_for_silence(self, after_seconds: float) -> None:
        """See which networks nobody has looked after for that long, and tell their members."""
        async with self._works.begin("hedgerow") as work:
            await look_for_silence(work, after_seconds)

    async def tidy(self) -> None:
        """Forget the ids of what is long done."""
        async with self._works.database.writing() as connection:
            now = self._works.surroundings.now()
            before = now - _FORGET_AFTER_SECONDS
            await inbox.forget(connection, before=before)
            await encryption.forget(connection, before=before)
            await outbox.forget(connection, before=before)
            await people.forget(connection, before=before)
            await applications.forget(connection, before=before)
            await invitations.forget(connection, before=before)
            await by_hand.forget(connection, before=before)
            await adoptions.forget(connection, before=before)
            await allowance.forget(connection, before=now - DAY_SECONDS)
            await market.forget(connection, now=self._works.surroundings.now())
            await calendar.forget(connection, now=now)
            await stories.forget(connection, now=now, printed_before=before)
        await forget_old(self._works.database, before=before)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _events_in(room: str, events: object) -> list[dict[str, Any]]:
    found = events if isinstance(events, list) else []
    return [{**event, "room_id": room} for event in found if isinstance(event, dict)]
