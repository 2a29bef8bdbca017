"""Whether a digest tells of anything that is hidden: one world, all who read, every source.

All that is in an item (its key, its links, its words, its numbers) is for who reads it, by the oracle. Each
place has a name, a short name and a topic of its own, so that a word tells of which place it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sqlalchemy import insert

from appservice.newsroom import sources_of
from appservice.store import digests, tables
from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.work import UnitOfWork
from bot.audience import ONLOOKER
from bot.digests.composing import gathered
from bot.digests.items import Item, Period, Reader, Section
from bot.digests.readers import members_of, reader_of
from bot.reply import Document, OutsideLink, Paragraph, PlaceLink, in_language, plain_text
from spaces.access import Standing
from spaces.directory import ListingKind
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, UserId
from spaces.landscape import Landscape
from spaces.market import Posting, State
from spaces.network import Banned, Group, Network, Share, Status
from spaces.reconcile import Maker
from tests.leaks.judging import Leak
from tests.leaks.oracle import Oracle
from tests.leaks.told import Reading, Told
from tests.spaces.worlds import BOT, PEOPLE

DAY = 86_400.0
NOW = 100 * DAY
PERIOD = Period(NOW - 7 * DAY, NOW)
READERS = (*PEOPLE, UserId("@eve:hs.test"), UserId("@stranger:elsewhere.test"))
_WORD = re.compile(r"[a-z0-9]+")
_WITH = re.compile(r"with (one|\d+) groups?\b")


@dataclass
class Sold:
    """How much has been judged."""

    readers: int = 0
    items: Counter[Section] = field(default_factory=Counter)
    hidden: int = 0  # of what came, was offered and was said, how much each reader may not know


@dataclass(frozen=True)
class Came:
    at: float
    by: UserId | None


@dataclass(frozen=True)
class Message:
    place: PlaceId
    sender: UserId
    at: float
    is_open: bool


class Newsstand:
    """`landscape` as it is given, under names of its own, and all that happens in it, by a number."""

    def __init__(self, landscape: Landscape, seed: int) -> None:
        self.chance = Random(seed)
        self.landscape = _with_canaries(_with_shares(landscape, self.chance))
        self.places: list[PlaceId] = [*self.landscape.networks, *self.landscape.groups]
        self.standings = {user: self._standing(user) for user in READERS}
        self.off = {user: self._some_networks(user) for user in READERS}
        self._ban()
        self.came = {place: self._came() for place in self.places if self.chance.random() < 0.8}
        self.postings = [self._posting(number) for number in range(10_000, 10_024)]
        self.messages = [self._message() for _ in range(40)]
        self.told = Told(self.landscape, self.chance, READERS, NOW, self._when)

    def __repr__(self) -> str:
        return f"{len(self.landscape.networks)} networks and what happens there"

    # -- what there is ----------------------------------------------------------------------------

    def _some(self, most: int) -> frozenset[PlaceId]:
        return frozenset(self.chance.sample(self.places, min(most, len(self.places))))

    def _standing(self, user: UserId) -> Standing:
        joined = self._some(self.chance.choice([0, 2, 5]))
        return Standing(
            user, is_local=user.server == BOT.server, joined=joined, invited=self._some(1) - joined
        )

    def _some_networks(self, user: UserId) -> frozenset[NetworkId]:
        networks = [*self.landscape.networks]
        return frozenset(self.chance.sample(networks, self.chance.choice([0, 0, 1])))

    def _ban(self) -> None:
        """One of them, from two places, where they are still in the rooms."""
        bans = [Banned(place, self.chance.choice(READERS)) for place in self._some(2)]
        self.landscape = self.landscape.having(*bans)

    def _when(self) -> float:
        return NOW - self.chance.choice([0, 1, 3 * DAY, 7 * DAY, 7 * DAY + 1])

    def _came(self) -> Came:
        return Came(self._when(), self.chance.choice([None, *READERS]))

    def _posting(self, number: int) -> Posting:
        at, length = self._when(), self.chance.choice([DAY, 3 * DAY, 7 * DAY, 60 * DAY])
        return Posting(
            number,
            self.chance.choice((ListingKind.OFFER, ListingKind.WANT)),
            self.chance.choice([*self.landscape.networks]),
            self.chance.choice(READERS),
            f"o{number}o",
            at,
            at + length,
            state=self.chance.choice([State.OPEN, State.OPEN, State.OPEN, State.REMOVED, State.LEFT]),
        )

    def _message(self) -> Message:
        group = self.chance.choice([*self.landscape.groups])
        return Message(group, self.chance.choice(READERS), self._when(), self.chance.random() < 0.6)

    # -- in the store -----------------------------------------------------------------------------

    def rooms(self) -> Mapping[PlaceId, str]:
        """Each with what it will be, as JSON; here nothing is asked of it."""
        return dict.fromkeys(self.places, "{}")

    async def write(self, connection: Any) -> None:
        async def put(table: Any, rows: list[dict[str, Any]]) -> None:
            if rows:
                await connection.execute(insert(table), rows)

        rooms = [
            {"place": place, "room_id": f"!{place}", "ready": True, "expected": expected}
            for place, expected in self.rooms().items()
        ]
        await put(tables.rooms, rooms)
        await put(tables.memberships, [*self._memberships()])
        came = [{"place": place, "at": one.at, "by": one.by} for place, one in self.came.items()]
        await put(tables.arrivals, came)
        await put(tables.postings, [_row(one) for one in self.postings])
        said = [
            {**vars(one), "event_id": f"$e{number}", "said_at": one.at}
            for number, one in enumerate(self.messages)
        ]
        await put(tables.messages, said)
        await self.told.write(connection)
        for user, networks in self.off.items():
            for network in networks:
                await digests.turn(connection, user, network, on=False)

    def _memberships(self) -> Iterator[dict[str, Any]]:
        for user, standing in self.standings.items():
            for membership, places in (("join", standing.joined), ("invite", standing.invited)):
                for place in sorted(places):
                    since = NOW - 2 * DAY if membership == "join" else None
                    row = {"room_id": f"!{place}", "user": user, "membership": membership}
                    yield {**row, "since": since, "display_name": None, "skeleton": None}


def _with_shares(landscape: Landscape, chance: Random) -> Landscape:
    """Groups stand in other networks, too; some of them only if those say yes."""
    groups = [group for group in landscape.groups.values() if not group.is_kit]
    pairs = [(chance.choice(groups), chance.choice([*landscape.networks])) for _ in range(4)]
    shares = (Share(g.id, n, True, chance.random() < 0.8) for g, n in pairs if g.home != n)
    return landscape.having(*shares)


def _with_canaries(landscape: Landscape) -> Landscape:
    places: list[Network | Group] = [*landscape.networks.values(), *landscape.groups.values()]
    return landscape.having(
        *(
            replace(place, name=f"N{n}n", slug=Slug(f"s{n}s"), topic=f"t{n}t")
            for n, place in enumerate(places)
        )
    )


def _row(posting: Posting) -> dict[str, Any]:
    return {name: getattr(posting, name) for name in posting.__slots__} | {"terms": ""}


# -- judging --------------------------------------------------------------------------------------------


async def judge_digests(connection: Any, stand: Newsstand, sold: Sold) -> None:
    """Put all of it into the database and let everybody read, and the members of each network; raises `Leak`.

    The transaction is the caller's, to be rolled back.
    """
    await stand.write(connection)
    for user in READERS:
        work = _work(connection, stand)
        await _judge(work, stand, await reader_of(work, user), stand.standings[user], sold)
    active = [n for n in stand.landscape.networks if stand.landscape.status_of(n) is Status.ACTIVE]
    for network in active:  # others have no edition
        work = _work(connection, stand)
        everybody = Standing(ONLOOKER, joined=frozenset({network}))
        await _judge(work, stand, members_of(work, network), everybody, sold)


def _work(connection: Any, stand: Newsstand) -> UnitOfWork:
    surroundings = Surroundings(
        maker=Maker(BOT, "12"),
        admins=frozenset(READERS[:1]),
        now=lambda: NOW,
        health=Health(homeserver_answers=True),
        version="0.0",
        secret="made up",
        ids=RandomIds(),
    )
    return UnitOfWork(connection, stand.landscape, surroundings, "hedgerow")


async def _judge(work: UnitOfWork, stand: Newsstand, reader: Reader, standing: Standing, sold: Sold) -> None:
    judged = _Judged(stand, reader, standing)
    sources = tuple(sources_of(work))
    told = [item for source in sources for item in await source.items(reader, PERIOD)]
    for item in told:
        judged.item(item)
    keys = [item.key for item in await gathered(sources, reader, PERIOD)]
    judged.require(len(keys) == len(set(keys)), f"something stands twice: {keys}")
    judged.require(len({item.key for item in told}) == len(told), "a source says something twice")
    sold.readers += 1
    sold.items.update(item.section for item in told)
    sold.hidden += judged.hidden


class _Judged:
    def __init__(self, stand: Newsstand, reader: Reader, standing: Standing) -> None:
        self.stand, self.land, self.reader, self.standing = stand, stand.landscape, reader, standing
        self.oracle = Oracle(stand.landscape, standing)
        self.seen = {place for place in stand.places if self.oracle.finds(place)}
        unseen = set(stand.places) - self.seen
        self.canaries = {self.land.place(p).name.casefold() for p in unseen}
        self.canaries |= {str(self.land.place(p).slug) for p in unseen}
        self.canaries |= {self.land.place(p).topic for p in stand.places}
        self.canaries |= {one.text for one in stand.postings if one.network not in self.seen}
        self.hidden = len(unseen & stand.came.keys())
        self.told = Reading(stand.told, reader.user, standing, reader.networks, self._is_in_period)
        self.canaries |= stand.told.texts_hidden(self.told.reads)

    def require(self, holds: bool, what: str) -> None:
        if not holds:
            raise Leak(f"{self.reader.user or 'the members of ' + min(self.standing.joined)}: {what}")

    def item(self, item: Item) -> None:
        text = plain_text(item.line)
        [place] = [p for p in self.stand.places if item.key.endswith(f" {p}")] or [None]
        told = text if place is None else text.replace(self.land.slug_of(place), "")
        found = self.canaries.intersection(_WORD.findall(told.casefold()))
        announcer = self.told.announcer(item.key)
        found -= {self.land.place(place).name.casefold() for place in announcer}
        self.require(not found, f"{text!r} names what is hidden: {found}")
        self.require("@" not in text, f"{text!r} names somebody")
        links = {part.place for part in _parts(item) if isinstance(part, (PlaceLink, OutsideLink))}
        links -= announcer | self.seen
        self.require(not links, f"{text!r} links what is hidden: {links}")
        match item.section:
            case Section.PLACES if place is not None:
                self._place(place, text)
            case Section.MARKET:
                self._posting(int(item.key.split()[-1]), text)
            case Section.LIVELY if place is not None:
                self._lively(GroupId(place), text)
            case Section.STORIES | Section.ANNOUNCEMENTS | Section.EVENTS:
                self.require(self.told.reads(item.key), f"{text!r} is not for them")
            case _:
                self.require(False, f"{item.key} is of no known kind")

    def _place(self, place: PlaceId, text: str) -> None:
        came = self.stand.came.get(place)
        self.require(came is not None and self._is_in_period(came.at), f"{text!r} did not come now")
        self.require(came is not None and self._is_anothers(came.by), f"{text!r} is their own doing")
        self.require(place in self.seen and not self._is_kit(place), f"{text!r} is not for them")
        self.require(place not in self.standing.joined, f"{text!r}: they are in it")
        self.require(not self._is_banned(place), f"{text!r}: they are banned there")
        if place.is_network:
            self.require(not self.oracle.is_member(NetworkId(place)), f"{text!r}: they are of it")
            self.require(
                self._said_with(text) == self._groups_come(NetworkId(place)), f"{text!r} counts wrong"
            )
        else:
            self._not_off(GroupId(place), text)

    def _groups_come(self, network: NetworkId) -> int:
        groups = {place for place in self.seen if place.is_group and not self._is_kit(place)}
        came = {place for place, one in self.stand.came.items() if self._is_in_period(one.at)}
        return sum(self.land.groups[GroupId(place)].home == network for place in groups & came)

    def _said_with(self, text: str) -> int:
        found = _WITH.search(text)
        return 0 if found is None else 1 if found[1] == "one" else int(found[1])

    def _posting(self, number: int, text: str) -> None:
        [one] = [one for one in self.stand.postings if one.number == number]
        self.require(one.state is State.OPEN and one.ends_at > NOW, f"{text!r} does not stand")
        self.require(one.network in self.seen, f"{text!r} is not for them")
        self.require(one.network not in self._off, f"{text!r}: they want no news of it")
        if "renew" in text:
            self.require(one.owner == self.reader.user, f"{text!r} tells that another's ends")
            return
        self.require(self._is_anothers(one.owner), f"{text!r} is their own")
        self.require(self._is_in_period(one.made_at), f"{text!r} is not new")
        self.require(not self._is_banned(one.network), f"{text!r}: they are banned there")

    def _lively(self, group: GroupId, text: str) -> None:
        user = self.reader.user
        self.require(group in self.seen, f"{text!r} is not for them")
        self._not_off(group, text)
        if user is None:
            said = [one for one in self._said_in(group) if one.is_open]
        else:
            self.require(group in self.standing.joined, f"{text!r}: they are not in it")
            self.require(not self._is_banned(group), f"{text!r}: they are banned there")
            since = NOW - 2 * DAY
            said = [one for one in self._said_in(group) if one.sender != user]
            said = [one for one in said if one.is_open or one.at > since]
        self.require(f": {len(said)} message" in text or (len(said) == 1 and ": one message" in text), text)

    def _said_in(self, group: GroupId) -> list[Message]:
        return [one for one in self.stand.messages if one.place == group and self._is_in_period(one.at)]

    # -- who they are -----------------------------------------------------------------------------

    @property
    def _off(self) -> frozenset[NetworkId]:
        user = self.reader.user
        off = self.stand.off[user] if user is not None else frozenset[NetworkId]()
        return frozenset(network for network in off if self.oracle.is_member(network))

    def _not_off(self, group: GroupId, text: str) -> None:
        shares = self.land.shares.values()
        within = {self.land.groups[group].home} | {s.network for s in shares if s.group == group and s.holds}
        self.require(not within <= self._off, f"{text!r}: they want no news of it")

    def _is_anothers(self, user: UserId | None) -> bool:
        return user is None or user != self.reader.user

    def _is_in_period(self, at: float) -> bool:
        return PERIOD.start <= at < PERIOD.end

    def _is_kit(self, place: PlaceId) -> bool:
        return place.is_group and self.land.groups[GroupId(place)].is_kit

    def _is_banned(self, place: PlaceId) -> bool:
        user = self.reader.user
        home = NetworkId(place) if place.is_network else self.land.groups[GroupId(place)].home
        is_banned = any((where, user) in self.land.bans for where in (place, home))
        return is_banned and user is not None and not self.oracle.coordinates(home)


def _parts(item: Item) -> Iterator[object]:
    for block in in_language(Document((Paragraph(item.line),))).blocks:
        yield from block.line
