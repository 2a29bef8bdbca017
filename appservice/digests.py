"""Digests at the edge: kept, sent in time, each once, and what is said to one that was sent.

An edition, the time of the next one, and what goes into the outbox are one commit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from appservice import languages, newsroom
from appservice.audit import HEDGEROW
from appservice.event import Event
from appservice.hearing import replied_to
from appservice.readers import linked_for, shown_to
from appservice.retracting import note_printed
from appservice.speech import notice
from appservice.store import digests, people, rooms
from appservice.store.database import Connection
from appservice.store.digests import Edition
from bot.address import said_itself
from bot.answering import Answering
from bot.audience import ONLOOKER
from bot.digests import words
from bot.digests.composing import gathered
from bot.digests.items import Item, Period, Reader, Source
from bot.digests.networks import news_of
from bot.digests.readers import members_of, reader_of
from bot.languages import words_in
from bot.networks.rules import named
from bot.ports import Awaited, Heard
from bot.reply import Document, to_json
from spaces.access import Standing, may_enter
from spaces.actions import Action, Say
from spaces.editions import Subscription, due_until, gone_on
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.network import Status
from spaces.zones import zone, zone_in

if TYPE_CHECKING:
    from appservice.work import UnitOfWork
    from appservice.works import Works

Sources = Callable[["UnitOfWork"], Iterable[Source]]

_AT_ONCE = 20
_UNSENT_SECONDS = 50.0
_MOST_WAITING = 400
_TOLD = re.compile(r"Say:tell:(?P<whose>@.+):digest:(?P<due>\d+)")
_POSTED = re.compile(r"Say:digest:(?P<whose>[^:@]+):(?P<due>\d+)")


class KeptDigests:
    """Implements `bot.digests.ports.Digests` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    @property
    def sources(self) -> Iterable[Source]:
        return tuple(newsroom.sources_of(self._work))

    async def zone_of(self, user: UserId) -> str:
        if chosen := await digests.zone(self._connection, user):
            return chosen
        landscape, joined = self._work.landscape, (await self._work.standing_of(user)).joined
        networks = {landscape.network_at(place) for place in joined}
        theirs = {zone_in(landscape, network) for network in networks} - {""}
        return theirs.pop() if len(theirs) == 1 else self._work.surroundings.timezone

    async def set_zone(self, user: UserId, zone: str) -> None:
        await digests.set_zone(self._connection, user, zone)

    def zone_in(self, network: NetworkId) -> str:
        return zone_in(self._work.landscape, network) or self._work.surroundings.timezone

    async def subscription(self, whose: UserId | NetworkId) -> Subscription | None:
        return await digests.subscription(self._connection, whose)

    async def keep(self, subscription: Subscription) -> None:
        await digests.keep(self._connection, subscription)

    async def turned_off(self, user: UserId) -> frozenset[NetworkId]:
        return await digests.turned_off(self._connection, user)

    async def turn(self, user: UserId, network: NetworkId, *, on: bool) -> None:
        await digests.turn(self._connection, user, network, on=on)


# -- in time --------------------------------------------------------------------------------------------


class Press:
    """The tick that makes the editions that are due. `now` gives seconds.

    Where one cannot be made, the others are made one by one, so that it holds up nobody else. While many
    that are made could not be sent yet, no more are: each is to tell what may be read when it is sent.
    """

    def __init__(self, works: Works, now: Callable[[], float], sources: Sources | None = None) -> None:
        self._works = works
        self._now = now
        self._sources = sources or newsroom.sources_of
        self._goes_well = True
        self._after = ""

    async def look(self) -> None:
        """Make what is due; nothing is written where nothing is, or while nothing could be sent."""
        if not self._works.surroundings.health.homeserver_answers:
            return
        many, self._goes_well = (_AT_ONCE if self._goes_well else 1), False
        await self._renew()
        while batch := await self._due(many):
            if many == 1:
                self._after = batch[0].whose
            await self._make(batch)
        self._goes_well, self._after = True, ""

    async def _due(self, many: int) -> Sequence[Subscription]:
        async with self._works.database.reading(apart=True) as connection:
            found = await digests.due(connection, self._now(), many, after=self._after)
            is_held_up = found and len(await digests.unsent(connection, self._now() + 1)) >= _MOST_WAITING
        return [] if is_held_up else found

    async def _make(self, batch: Sequence[Subscription]) -> None:
        """In one commit. What another process has made meanwhile is not due any more."""
        async with self._works.begin(HEDGEROW) as work:
            edited = Editing(work, self._sources)
            for one in batch:
                found = await digests.subscription(work.connection, one.whose)
                if found is not None and found.next_at is not None and found.next_at <= self._now():
                    await edited.make(found, self._now())

    async def _renew(self) -> None:
        """What could not be sent yet is made anew: it tells what may be read when it is sent."""
        before = self._now() - _UNSENT_SECONDS
        async with self._works.database.reading(apart=True) as connection:
            keys = await digests.unsent(connection, before)
        for key in keys:
            async with self._works.begin(HEDGEROW) as work:
                await Editing(work, self._sources).renew(key)


class Editing:
    """Makes editions within one unit of work."""

    def __init__(self, work: UnitOfWork, sources: Sources) -> None:
        self._work = work
        self._sources = tuple(sources(work))

    async def make(self, one: Subscription, now: float) -> None:
        """The edition that is due; none where there is nothing to tell. The next one's time moves with it."""
        clock = zone(await self._zone_of(one.whose))
        unsent = await self._take_back(one.whose)
        edition = Edition(
            one.whose, int(due_until(one, clock, now)), one.last_at if unsent is None else unsent
        )
        await digests.keep(self._work.connection, gone_on(one, clock, now))
        if await digests.edition(self._work.connection, edition.whose, edition.due) is not None:
            return  # the clock was set back
        if shown := await self._put(edition):
            await digests.made(self._work.connection, await self._as_sent(edition, shown))

    async def renew(self, key: str) -> None:
        """The edition that waits under `key`, as it is now; nothing is sent where nothing is left of it."""
        connection = self._work.connection
        found = _TOLD.fullmatch(key) or _POSTED.fullmatch(key)
        edition = await digests.edition(connection, found["whose"], int(found["due"])) if found else None
        if edition is None or not await digests.drop(connection, key):
            return
        shown = await self._put(edition)
        await digests.shows(self._work.connection, await self._as_sent(edition, shown))

    async def _take_back(self, whose: str) -> float | None:
        """Take back the edition before, where it could not be sent; from when on it tells."""
        before = await digests.last_edition(self._work.connection, whose)
        if before is None or not await digests.drop(self._work.connection, _key(before)):
            return None
        await digests.forget_edition(self._work.connection, before)
        return before.begins

    async def _as_sent(self, edition: Edition, shown: tuple[str, ...]) -> Edition:
        rights = await digests.rights(self._work.connection, edition.whose)
        return replace(edition, shown=shown, rights=rights)

    async def rest(self, edition: Edition, language: str) -> Document | None:
        """What stands behind its first page, as the reader may read it now."""
        items = await self._items(await self._reader(edition.whose), _period(edition), edition.shown)
        return words.rest_of(items, words_in(language)) if items else None

    async def _put(self, edition: Edition) -> tuple[str, ...]:
        """Put it into the outbox; the keys of what it shows."""
        if edition.whose.startswith("@"):
            return await self._tell(UserId(edition.whose), edition)
        return await self._post(NetworkId(edition.whose), edition)

    async def _tell(self, user: UserId, edition: Edition) -> tuple[str, ...]:
        items = await self._items(await self._reader(user), _period(edition))
        if not items:
            return ()
        head = words.title(_period(edition), await self._zone_of(user))
        document, shown = words.sent(items, head, words_in(await self._work.language_of(user)))
        await self._work.tell(user, document, said=f"digest:{edition.due}")
        return shown

    async def _post(self, network: NetworkId, edition: Edition) -> tuple[str, ...]:
        """Into the network's `news`, while it is active and has one."""
        work, landscape = self._work, self._work.landscape
        found = landscape.networks.get(network)
        news = news_of(landscape, network)
        if found is None or found.status is not Status.ACTIVE or news is None:
            return ()
        room = await rooms.room_of(work.connection, news)
        items = await self._items(members_of(work, network), _period(edition)) if room else []
        if not items:
            return ()
        head = words.title(_period(edition), await self._zone_of(network), named(landscape, network))
        spoken = languages.spoken_in(landscape, network) or work.surroundings.language
        posted = await self._for_members(words.posted(items, head, words_in(spoken)), network, news)
        said, keys = f"digest:{network}:{edition.due}", tuple(item.key for item in items)
        work.put(Say(news, said, notice(posted)))
        await note_printed(work, keys, said)
        return keys

    async def _for_members(self, said: Document, network: NetworkId, news: GroupId) -> Document:
        """With the links that are right for who is in the network and its news."""
        landscape, inside = self._work.landscape, frozenset({network, news})
        member = Standing(ONLOOKER, joined=inside)
        linked = linked_for(said, inside, lambda place: may_enter(landscape, member, place))
        room = await rooms.room_of(self._work.connection, news)
        names = self._work.surroundings.bot_names
        return await shown_to(self._work.connection, ONLOOKER, linked, names, room=room)

    async def _reader(self, whose: str) -> Reader:
        return await reader_of(self._work, UserId(whose))

    async def _items(self, reader: Reader, period: Period, but: Sequence[str] = ()) -> list[Item]:
        """Nothing for who is in no network, or wants no news of any."""
        return await gathered(self._sources, reader, period, but) if reader.networks else []

    async def _zone_of(self, whose: str) -> str:
        kept = self._work.digests
        if whose.startswith("@"):
            return await kept.zone_of(UserId(whose))
        return kept.zone_in(NetworkId(whose))


def _key(edition: Edition) -> str:
    """That of what says it."""
    if edition.whose.startswith("@"):
        return f"Say:tell:{edition.whose}:digest:{edition.due}"
    return f"Say:digest:{edition.whose}:{edition.due}"


def _period(edition: Edition) -> Period:
    return Period(edition.begins, edition.due)


def is_edition(action: Action) -> bool:
    """Whether it says a digest."""
    return isinstance(action, Say) and bool(_TOLD.fullmatch(action.key) or _POSTED.fullmatch(action.key))


async def still_holds(connection: Connection, action: Action) -> bool:
    """Whether what `action` says may be said: not an edition whose reader may see something else by now.

    That one is made anew.
    """
    if not isinstance(action, Say):
        return True
    found = _TOLD.fullmatch(action.key) or _POSTED.fullmatch(action.key)
    edition = await digests.edition(connection, found["whose"], int(found["due"])) if found else None
    return edition is None or edition.rights == await digests.rights(connection, edition.whose)


# -- what is heard --------------------------------------------------------------------------------------


async def as_said_to_a_digest(heard: Heard, event: Event, work: UnitOfWork) -> Heard:
    """`stop` and `more` to a digest that they reply to or that the bot has said there last; else as heard."""
    said = said_itself(heard).strip(" .!").casefold()
    is_more = Answering.of_more(said)
    if not heard.is_direct or not (is_more or said == "stop"):
        return heard
    edition = await _spoken_of(heard, event, work)
    if edition is None:
        return heard
    if not is_more:
        return replace(heard, body="digest off")
    rest = await Editing(work, newsroom.sources_of).rest(edition, await work.language_for(heard))
    if rest is not None:
        kept = Awaited("more", json.dumps(to_json(rest)), "", heard.event, heard.at.timestamp(), heard.thread)
        await people.wait_for(work.connection, heard.sender, heard.room, kept)
    return heard


async def _spoken_of(heard: Heard, event: Event, work: UnitOfWork) -> Edition | None:
    if (answered := replied_to(event)) is not None:
        key = await digests.key_of(work.connection, answered)
    else:
        place = await rooms.place_of(work.connection, heard.room)
        key = await digests.last_said(work.connection, [heard.room, *([place] if place else [])])
    found = _TOLD.fullmatch(key or "")
    if found is None or found["whose"] != heard.sender:
        return None
    due = int(found["due"])
    return await digests.edition(work.connection, heard.sender, due) or Edition(heard.sender, due, due)
