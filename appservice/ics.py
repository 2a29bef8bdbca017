"""Calendars as programs read them (iCalendar, RFC 5545): of a public network, and of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from icalendar import Calendar
from icalendar import Event as Component

from appservice.calendar import digest
from appservice.store import calendar, rooms
from appservice.store.database import Connection, Database
from appservice.store.landscape import LandscapeStore
from bot.render import matrix_to
from spaces.access import Standing, is_member
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Status
from spaces.occasions import Occasion, news_of, sees_occasions

_PRODUCT = "-//Hedgerow//Hedgerow//EN"
_LONGEST_NAME = 200


class CalendarFiles:
    """What is served under `/calendar/NAME.ics`. It reads and never writes.

    `called` is the name of a person's calendar, `now` gives seconds.
    """

    def __init__(self, database: Database, bot: UserId, called: str, now: Callable[[], float]) -> None:
        self._database = database
        self._landscapes = LandscapeStore()
        self._bot = bot
        self._called = called
        self._now = now

    async def calendar(self, name: str) -> bytes | None:
        """The file: of the public network of that short name, or of the person whose secret it is.

        None where it is neither.
        """
        if len(name) > _LONGEST_NAME:
            return None
        async with self._database.reading() as connection:
            landscape = await self._landscapes.load(connection)
            person = await calendar.whose(connection, digest(name))
            if person is not None:
                return await self._of_person(connection, landscape, person)
            place = landscape.slugs.get(name)
            network = None if place is None else landscape.networks.get(NetworkId(place))
            if network is None or network.access is not Access.PUBLIC or network.status is not Status.ACTIVE:
                return None
            found = await calendar.shown_in_calendars(connection, [network.id], self._now())
        return self._file(network.name, found, {network.id: network.name}, {network.id}, tagged=False)

    async def _of_person(self, connection: Connection, landscape: Landscape, person: UserId) -> bytes:
        joined = frozenset(p for p, how in await rooms.places_of(connection, person) if how == "join")
        standing = Standing(person, joined=joined)
        names = {
            network.id: network.name
            for network in landscape.networks.values()
            if is_member(landscape, standing, network.id) and sees_occasions(landscape, standing, network.id)
        }
        found = await calendar.shown_in_calendars(connection, list(names), self._now())
        linked = {network for network in names if _is_in_news(landscape, joined, network)}
        return self._file(self._called, found, names, linked, tagged=True)

    def _file(
        self,
        called: str,
        occasions: Iterable[Occasion],
        names: Mapping[NetworkId, str],
        linked: Iterable[NetworkId],
        *,
        tagged: bool,
    ) -> bytes:
        """`linked` are the networks whose messages the reader may open; `tagged`: it says whose each is."""
        made, open_to = Calendar(), frozenset(linked)
        for name, value in (("prodid", _PRODUCT), ("version", "2.0"), ("x-wr-calname", called)):
            made.add(name, value)
        for one in occasions:
            component = Component()
            for name, part in self._parts(one, is_linked=one.network in open_to):
                component.add(name, part)
            if tagged:
                component.add("categories", [names[one.network]])
            made.add_component(component)
        return bytes(made.to_ical())

    def _parts(self, occasion: Occasion, *, is_linked: bool) -> Iterator[tuple[str, object]]:
        server = self._bot.server
        yield "uid", f"{occasion.number}-{int(occasion.made_at)}@{server}"
        yield "sequence", occasion.sequence
        yield "dtstamp", _at(occasion.changed_at)
        yield "created", _at(occasion.made_at)
        yield "last-modified", _at(occasion.changed_at)
        yield "dtstart", _at(occasion.starts_at)
        if occasion.ends_at is not None:
            yield "dtend", _at(occasion.ends_at)
        yield "summary", occasion.name
        yield "location", occasion.place
        yield "status", "CONFIRMED" if occasion.stands else "CANCELLED"
        if is_linked and occasion.room is not None and occasion.event is not None:
            yield "url", matrix_to(occasion.room, server, occasion.event)


def _at(seconds: float) -> datetime:
    """In UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _is_in_news(landscape: Landscape, joined: frozenset[PlaceId], network: NetworkId) -> bool:
    news = news_of(landscape, network)
    return news is not None and news in joined
