"""Announcements at the edge: kept, posted once, written by hand, taken back, and told in digests."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appservice.event import Event
from appservice.hearing import event_id, message_in, redacted_by, relation_in
from appservice.languages import spoken_in
from appservice.speech import notice
from appservice.store import announcements as store
from appservice.store import encryption, outbox
from appservice.store import rooms as company
from appservice.store.numbers import free_numbers
from bot.address import said_itself
from bot.audience import ONLOOKER
from bot.digests.items import Item, Period, Reader, Section
from bot.networks.phrases import link
from bot.networks.rules import Named, named
from bot.reply import Document, EventLink, Inline, Line, Text
from bot.scanning import cleaned
from spaces.access import Standing
from spaces.actions import Redact, Say
from spaces.announcements import (
    LONGEST_BY_HAND,
    Announcement,
    Declines,
    Post,
    headline,
    news_of,
    pings_room,
    reads,
)
from spaces.by_hand import had_right
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId
from spaces.sentences import counted, sentence

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_SAID = re.compile(r"announce:([0-9]{1,9}):(\S+)")


@dataclass(frozen=True, slots=True)
class Stock:
    """What was announced in a period and stands, with its posts by the network that they are posted in."""

    declines: Declines
    by_network: Mapping[NetworkId, Sequence[tuple[Announcement, Post]]]


class KeptAnnouncements:
    """Implements `bot.announcements.ports.Announcements` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection
        self._stocks: dict[Period, Stock] = {}

    async def free_number(self) -> int:
        [number] = await free_numbers(self._connection, self._work.ids.listing_number)
        return number

    async def declines(self) -> Declines:
        return await store.declines(self._connection)

    async def decline(self, network: NetworkId, source: NetworkId) -> None:
        await store.decline(self._connection, network, source)
        self._stocks.clear()

    async def accept(self, network: NetworkId, source: NetworkId) -> None:
        await store.accept(self._connection, network, source)
        self._stocks.clear()

    async def people_in(self, places: Collection[PlaceId]) -> int:
        people = await store.people_in(self._connection, places)
        return len(people - {self._work.surroundings.maker.bot})

    async def made_since(self, network: NetworkId, since: float) -> int:
        return await store.made_since(self._connection, network, since)

    async def announce(self, one: Announcement, posts: Sequence[Post], message: Document) -> None:
        await store.keep(self._connection, one)
        await store.keep_posts(self._connection, posts)
        self._stocks.clear()
        said: dict[str, Document] = {}
        author = await self._work.standing_of(one.author)
        for post in posts:
            language = self._language_in(post.network)
            if post.place in author.joined:  # there they are known by a name
                document = await self._for_those_in(post.place, message, language)
            else:
                if language not in said:
                    said[language] = await self._work.for_reader(message, language, ONLOOKER)
                document = said[language]
            carried = notice(document, language=language, pings_room=pings_room(one.text))
            self._work.put(Say(post.place, _key(one.number, post.network), carried))

    def _language_in(self, network: NetworkId) -> str:
        return spoken_in(self._work.landscape, network) or self._work.surroundings.language

    async def _for_those_in(self, place: GroupId, message: Document, language: str) -> Document:
        room = await company.room_of(self._connection, place)
        return await self._work.for_reader(message, language, ONLOOKER, room)

    async def numbered(self, number: int) -> Announcement | None:
        return await store.numbered(self._connection, number)

    async def posts_of(self, numbers: Collection[int]) -> Sequence[Post]:
        return await store.posts_of(self._connection, numbers)

    async def latest(self, networks: Collection[NetworkId], most: int) -> Sequence[Announcement]:
        return await store.latest(self._connection, networks, most)

    async def announcers_in(self, networks: Collection[NetworkId]) -> frozenset[NetworkId]:
        return await store.announcers_in(self._connection, networks)

    async def withdraw(self, one: Announcement) -> None:
        """What is not said yet is not said; what is being said now is taken back when it has been."""
        for post in await store.posts_of(self._connection, [one.number]):
            if post.event is None or post.room is None:
                await outbox.drop(self._connection, f"Say:{_key(one.number, post.network)}")
            elif post.gone_at is None:
                self._work.put(Redact(post.room, event=post.event))
        await store.withdraw(self._connection, one.number, self._work.now)
        self._stocks.clear()

    async def stock(self, period: Period) -> Stock:
        """The same for all readers; one reading for each period."""
        if period not in self._stocks:
            found = await store.standing_between(self._connection, period.start, period.end)
            numbers = {one.number: one for one in found}
            by_network: dict[NetworkId, list[tuple[Announcement, Post]]] = {}
            for post in await store.posts_of(self._connection, numbers):
                by_network.setdefault(post.network, []).append((numbers[post.number], post))
            self._stocks[period] = Stock(await self.declines(), by_network)
        return self._stocks[period]


def _key(number: int, network: NetworkId) -> str:
    return f"announce:{number}:{network}"


async def announcements_of(work: UnitOfWork, network: NetworkId, period: Period) -> list[Announcement]:
    """What this very network announced in that time, by command or by hand, and stands now, oldest first.

    Nothing of what was encrypted, nor what was taken away in the network's own news.
    """
    found = await store.standing_between(work.connection, period.start, period.end, network)
    posts = await store.posts_of(work.connection, [one.number for one in found])
    gone = {post.number for post in posts if post.network == network and post.gone_at is not None}
    return [one for one in found if one.text and one.number not in gone]


# -- what comes of it -----------------------------------------------------------------------------------


async def posted(work: UnitOfWork, said: str, room: RoomId, event: EventId | None) -> None:
    """The bot has said something. If it is an announcement, that is where it stands; if it was taken back
    meanwhile, it goes at once.
    """
    found = _SAID.fullmatch(said)
    if found is None or event is None:
        return
    number, network = int(found[1]), NetworkId(found[2])
    post = await store.post_in(work.connection, number, network)
    one = await store.numbered(work.connection, number)
    if post is not None:
        await store.keep_posts(work.connection, [replace(post, room=room, event=event)])
    if one is None or not one.stands:
        work.put(Redact(room, event=event))


# -- what is heard --------------------------------------------------------------------------------------


async def written(event: Event, work: UnitOfWork) -> None:
    """A coordinator has written in the news of their network: that is an announcement as well, or changes
    one. Of what is encrypted only that it was written is kept.
    """
    place = await work.place_of_room(event.room)
    group = work.landscape.groups.get(GroupId(place)) if place is not None else None
    if group is None or news_of(work.landscape, group.home) != group.id:
        return
    if event.sender not in work.landscape.coordinators_of(group.home):
        return
    is_sealed = await encryption.rotation_of(work.connection, event.room) is not None
    relation = relation_in(event)
    if relation.get("rel_type") == "m.replace":
        if not is_sealed and (edited := event_id(relation.get("event_id"))) is not None:
            await _rewritten(event, edited, work)
        return
    text = _text_of(event, work)
    is_written = event.type == "m.room.encrypted" if text is None else True
    if is_written and relation.get("rel_type") != "m.thread":
        await _keep_by_hand(event, group.home, group.id, None if is_sealed else text, work)


def _text_of(event: Event, work: UnitOfWork) -> str | None:
    """What somebody wrote; None where the event is no text of a person's."""
    heard = message_in(event, work.surroundings.maker.bot) if event.type == "m.room.message" else None
    return (cleaned(said_itself(heard)).strip() or None) if heard is not None else None


async def _keep_by_hand(
    event: Event, network: NetworkId, place: GroupId, text: str | None, work: UnitOfWork
) -> None:
    if await store.post_with(work.connection, event.id, event.room) is not None:
        return
    number = await work.announcements.free_number()
    one = Announcement(number, network, event.sender, "", event.received_at, by_hand=True)
    await store.keep(work.connection, one)
    await store.keep_posts(work.connection, [Post(number, network, place, event.room, event.id)])
    if text is not None:
        await store.keep_text(work.connection, event.id, one, text[:LONGEST_BY_HAND])


async def _rewritten(event: Event, edited: EventId, work: UnitOfWork) -> None:
    """Who wrote it has changed it."""
    post = await store.post_with(work.connection, edited, event.room)
    one = await store.numbered(work.connection, post.number) if post is not None else None
    content = event.content.get("m.new_content")
    body = content.get("body") if isinstance(content, dict) else None
    if one is None or not (one.by_hand and one.text and one.stands) or not isinstance(body, str):
        return
    text = cleaned(body).strip()[:LONGEST_BY_HAND]
    if one.author == event.sender and text:
        await store.keep_text(work.connection, event.id, one, text)


async def taken_back(event: Event, work: UnitOfWork) -> None:
    """Somebody has redacted an announcement, or a change to one, in a news room."""
    redacted = redacted_by(event)
    if redacted is None:
        return
    post = await store.post_with(work.connection, redacted, event.room)
    if post is None:
        await _change_taken_back(event, redacted, work)
        return
    one = await store.numbered(work.connection, post.number)
    if one is None or not await _may_redact(event, one, post, work):
        return
    if one.by_hand:
        await store.withdraw(work.connection, one.number, work.now)
    else:
        await store.keep_posts(work.connection, [replace(post, gone_at=work.now)])


async def _change_taken_back(event: Event, redacted: EventId, work: UnitOfWork) -> None:
    number = await store.number_of_text(work.connection, redacted)
    if number is None:
        return
    one = await store.numbered(work.connection, number)
    its = [post for post in await store.posts_of(work.connection, [number]) if post.room == event.room]
    if one is not None and its and await _may_redact(event, one, its[0], work):
        await store.drop_text(work.connection, redacted, number)


async def _may_redact(event: Event, one: Announcement, post: Post, work: UnitOfWork) -> bool:
    """Whether the redaction has an effect: servers pass on those of people who may not redact, too."""
    if one.by_hand and event.sender == one.author:
        return True
    if event.sender in work.landscape.coordinators_of(post.network):
        return True
    found = await work.expected_of(post.place)
    levels = found.state.get(("m.room.power_levels", "")) if found is not None else None
    return had_right(event.sender, found.creator if found is not None else None, levels)


# -- in digests -----------------------------------------------------------------------------------------


class AnnouncementsSource:
    """What was announced in the reader's networks: each once, however many of these it has reached."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        stock = await self._work.announcements.stock(period)
        standing = self._standing_of(reader)
        read: dict[int, list[tuple[Announcement, Post]]] = {}
        for network in sorted(reader.networks & stock.by_network.keys()):
            for one, post in stock.by_network[network]:
                is_own = reader.user is not None and one.author == reader.user
                if not is_own and reads(self._work.landscape, standing, one, post, stock.declines):
                    read.setdefault(one.number, []).append((one, post))
        return list(self._items(read.values(), standing))

    def _standing_of(self, reader: Reader) -> Standing:
        """Who reads what a network posts in its own news is in that room."""
        if reader.user is not None:
            return reader.standing
        landscape = self._work.landscape
        networks = (NetworkId(place) for place in reader.standing.joined if place in landscape.networks)
        here = frozenset[PlaceId](news for n in networks if (news := news_of(landscape, n)) is not None)
        return replace(reader.standing, joined=reader.standing.joined | here)

    def _items(
        self, read: Collection[Sequence[tuple[Announcement, Post]]], standing: Standing
    ) -> Iterator[Item]:
        sealed: dict[NetworkId, list[Announcement]] = {}
        for ways in read:
            one = ways[0][0]
            if one.text:
                line = self._line(one, [post for _, post in ways], standing)
                yield Item(Section.ANNOUNCEMENTS, f"announcement:{one.number}", line, one.made_at)
            else:
                sealed.setdefault(one.network, []).append(one)
        for network, some in sealed.items():
            key, last = f"announcement:encrypted:{network}", max(one.made_at for one in some)
            yield Item(Section.ANNOUNCEMENTS, key, self._counted(network, len(some)), last)

    def _line(self, one: Announcement, posts: Sequence[Post], standing: Standing) -> Line:
        text = headline(one.text)
        where = sorted(
            (p for p in posts if p.place in standing.joined), key=lambda p: p.network != one.network
        )
        found = next(((p.room, p.event) for p in where if p.room and p.event), None)
        shown: Inline = EventLink(text, *found) if found is not None else Text(text)
        return (sentence("{network}: {text}", network=link(self._named(one.network)), text=shown),)

    def _counted(self, network: NetworkId, count: int) -> Line:
        said = counted(
            "{network}: one announcement in its encrypted news",
            "{network}: {count} announcements in its encrypted news",
            count,
            network=link(self._named(network)),
        )
        return (said,)

    def _named(self, network: NetworkId) -> Named:
        return named(self._work.landscape, network)
