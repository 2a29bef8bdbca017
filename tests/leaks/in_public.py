"""Whether what everyone can fetch or read in a made-up world tells of anything that a stranger may not know.

Pages, feeds, calendars, the directory's API and the list of ecosystems are asked for in that world and in
one without anything hidden, and have to be the same. A room's state tells those who are in the room and
nowhere else of no place that they may not know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from appservice.codes import JoinPages
from appservice.ecosystems import Ecosystems
from appservice.hsds.api import Api
from appservice.hsds.served import EveryonesDirectory
from appservice.ics import CalendarFiles
from appservice.news_pages import NewsPages
from appservice.public import build_public
from appservice.public_news import PublicNews
from appservice.store.database import Database
from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.works import Works
from bot.audience import ONLOOKER
from spaces.access import Standing
from spaces.identifiers import GroupId, PlaceId
from spaces.open_referral import own_id
from spaces.reconcile import Maker
from tests.leaks.hearsay import Hidden, HiddenPlaces
from tests.leaks.judging import Direct, Leak
from tests.leaks.newsstand import NOW
from tests.leaks.parish import Parish
from tests.spaces.rooms import put_right, wanted
from tests.spaces.worlds import BOT

_ALWAYS = (
    "/services?per_page=100",
    "/organizations?per_page=100",
)
_OF_PLACES = ("/{slug}/news", "/{slug}/feed.atom", "/calendar/{slug}.ics")
_OF_NUMBERS = ("/services/{id}", "/organizations/{id}", "/services?organization_id={id}")
_OF_WORDS = (
    "/services?search={word}",
    "/organizations?search={word}",
    "/services/{word}",
    "/calendar/{word}.ics",
)


_ECOSYSTEMS = "the list of ecosystems"
NOBODY = Standing(ONLOOKER, is_local=False)


@dataclass
class Published:
    """How much has been judged."""

    pages: int = 0
    told: int = 0  # pages on which there was something
    rooms: int = 0
    hidden: int = 0


@dataclass(frozen=True)
class _OneConnection:
    """A database of which only this is known."""

    connection: Direct

    @asynccontextmanager
    async def reading(self, **_: Any) -> AsyncIterator[Direct]:
        yield self.connection


class Reader:
    """Somebody who fetches what is served to everyone from one database."""

    def __init__(self, connection: Direct) -> None:
        database = cast("Database", _OneConnection(connection))
        surroundings = Surroundings(
            maker=Maker(BOT, "12"),
            admins=frozenset(),
            now=_now,
            health=Health(homeserver_answers=True),
            version="0.0",
            secret="made up",
            ids=RandomIds(),
        )
        self._ecosystems = Ecosystems(database)
        self._application = build_public(
            JoinPages(database, BOT, "en", _now),
            _now,
            "en",
            per_minute=1_000_000,
            api=Api(EveryonesDirectory(database, BOT.server), "https://directory.example.org"),
            calendars=CalendarFiles(database, BOT, "Hedgerow", _now),
            news=NewsPages(PublicNews(Works(database, surroundings, lambda: None)), "", _now),
        )
        self._application.freeze()
        self._request = make_mocked_request("GET", "/", app=self._application)

    async def fetch(self, path: str) -> str:
        """The answer's status, headers and text."""
        request = cast("web.Request", self._request.clone(rel_url=path))
        answer = await self._application._handle(request)
        assert isinstance(answer, web.Response)
        headers = {name: value for name, value in answer.headers.items() if name != "Date"}
        body = answer.body if isinstance(answer.body, bytes) else b""
        return f"{answer.status} {headers}\n{body.decode()}"

    async def ecosystems(self) -> str:
        return repr(await self._ecosystems.instances())


def _now() -> float:
    return NOW


class Pages:
    """What a stranger asks for who suspects what is hidden in `parish`."""

    def __init__(self, parish: Parish, published: Published) -> None:
        self._published = published
        self._hidden = Hidden(parish, NOBODY)
        self._paths = [*_asked(parish, self._hidden, Random(f"pages {parish.seed}"))]
        self._told: dict[str, str] = {}

    async def fetch(self, connection: Direct) -> None:
        """`parish` is in the database. Raises `Leak`."""
        self._told = await self._fetched(connection)
        for path, answer in self._told.items():
            if found := self._hidden.told(answer, path):
                raise Leak(f"{path} tells {sorted(found)}:\n{answer}")
        self._published.hidden += len(self._hidden.words)

    async def compare(self, connection: Direct) -> None:
        """The same without what is hidden is in the database. Raises `Leak`."""
        others = await self._fetched(connection)
        for path, answer in self._told.items():
            if answer != others[path]:
                raise Leak(f"{path} is\n{answer}\nand where nothing is hidden\n{others[path]}")
            self._published.pages += 1
            self._published.told += answer.startswith("200")

    async def _fetched(self, connection: Direct) -> dict[str, str]:
        reader = Reader(connection)
        told = {path: await reader.fetch(path) for path in self._paths}
        return told | {_ECOSYSTEMS: await reader.ecosystems()}


def _asked(parish: Parish, hidden: Hidden, chance: Random) -> Iterator[str]:
    land = parish.landscape
    yield from _ALWAYS
    for one in {chance.choice(parish.places), chance.choice(hidden.places or parish.places)}:
        slug = land.slug_of(one)
        yield from (path.format(slug=slug) for path in _OF_PLACES)
    public = [network for network in land.networks if network in hidden.seen]
    if public:
        slug = land.slug_of(chance.choice(public))
        yield from (path.format(slug=slug) for path in _OF_PLACES)
    number = chance.choice(parish.listings).number
    yield chance.choice(_OF_NUMBERS).format(id=own_id(BOT.server, number))
    if hidden.words:
        yield chance.choice(_OF_WORDS).format(word=chance.choice(sorted(hidden.words)))
    code, word = chance.choice([*parish.codes.values()])
    if code.network in hidden.seen:  # others are told by whoever has the code
        yield f"/join/{word}"


# -- rooms ------------------------------------------------------------------------------------------------


def judge_rooms(parish: Parish, published: Published) -> None:
    """All that making the rooms of `parish` puts into each, and where they are listed; raises `Leak`.

    Of a place above it is told which room that is, and no more: the join rule cannot do without.
    """
    land = parish.landscape
    nobody = HiddenPlaces(parish, NOBODY)
    readers: dict[PlaceId, HiddenPlaces] = {}
    for room in wanted(land):
        beyond = room.published_under - nobody.seen
        if room.published_under and (beyond or room.place not in nobody.seen):
            raise Leak(f"{room.place} stands in the room directories of {sorted(room.published_under)}")
        readers[room.place] = HiddenPlaces(parish, Standing(ONLOOKER, joined=frozenset({room.place})))
        if shown := room.children.keys() - readers[room.place].seen:
            raise Leak(f"{room.place} shows {sorted(shown)}, which those in it may not know")
    for action in put_right(land, {}, Maker(BOT, "12")):
        hidden = readers.get(cast("PlaceId", action.room))
        if hidden and (found := hidden.told(repr(action)) - _above(parish, action.room)):
            raise Leak(f"{action.room} is told {sorted(found)} by {action}")
    published.rooms += len(readers)


def _above(parish: Parish, place: PlaceId) -> set[str]:
    """Ids of what it is in, and of what it was shared with."""
    land = parish.landscape
    if place.is_network:
        return set(land.all_parents(land.network_of(place)))
    group = land.groups[GroupId(place)]
    return {group.home, *(share.network for share in land.all_shares_of(group.id))}
