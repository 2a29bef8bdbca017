"""Whether what the bot answers in a made-up world tells of anything that is hidden from who reads it.

Whoever asks directly is answered as if nothing hidden were there: the same words are typed in that world,
too, and the answers compared. So a refusal of what is hidden is the refusal of what does not exist, and no
count, order or guess tells of it. And no answer, directly or where others read it, has a word or an id of
what is hidden, but for those that were typed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from appservice.surroundings import Health, RandomIds, Surroundings
from appservice.work import UnitOfWork
from bot.audience import ONLOOKER
from bot.conversation import Conversation
from bot.ports import Awaited, Heard
from bot.render import render
from bot.repertoire import all_commands
from bot.reply import Document, joined
from config.blueprints import template
from spaces.access import Standing
from spaces.codes import ALPHABET
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.reconcile import Maker
from spaces.stories import Story
from tests.leaks.asked import OF_NUMBERS, OF_PLACES, OF_WORDS, PLAIN
from tests.leaks.judging import Direct, Leak
from tests.leaks.newsstand import NOW
from tests.leaks.oracle import Oracle
from tests.leaks.parish import Parish, is_everyone, known_to
from tests.leaks.told import Reading
from tests.spaces.worlds import BOT

_DIRECT = RoomId("!direct:hs.test")
_WORD = re.compile(r"[a-z0-9]+")
_ID = re.compile(r"[ng]\.[a-z2-7]{16}")
_LOOKS = (
    *(
        "show {place}",
        "show {place}",
        "show {place}",
        "tree {place}",
        "tree",
        "find --in {place}",
        "find {place}",
    ),
    *("join {place}", "join all {place}", "leave {place}", "listings {place}", "events {place}"),
    *("stories {place}", "announcements {place}", "audit {place}", "bans {place}", "code create {place}"),
)
_SEALED = re.compile(r"⟦sealed:[^⟧]*⟧")  # drawn anew each time
_NOTHING = "n4321n"
_MOST_PAGES = 20
_OWN = ("my data", "forget me")  # tell of what is held of who asks, wherever they may look


@dataclasses.dataclass
class Hearsay:
    """How much has been judged."""

    answers: int = 0
    among_others: int = 0
    hidden: int = 0  # words of what is hidden, of all who asked


class SteadyIds(RandomIds):
    """One after the other, so that the same is made of the same."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def network(self, *_: object, **__: object) -> NetworkId:
        return NetworkId.of_bytes(self._next().to_bytes(10, "little"))

    def group(self, *_: object, **__: object) -> GroupId:
        return GroupId.of_bytes(self._next().to_bytes(10, "little"))

    def suffix(self) -> str:
        return f"{self._next():04d}"

    def code(self) -> str:
        return ALPHABET[:15]

    def code_number(self) -> int:
        return 90_000 + self._next()

    def listing_number(self, digits: int = 5) -> int:
        return 90_000 + self._next()


class Asked(UnitOfWork):
    """Keeps what is said to the person on whose behalf it is done, as it is when they read it."""

    def __init__(
        self,
        connection: Any,
        landscape: Landscape,
        surroundings: Surroundings,
        who: UserId,
    ) -> None:
        super().__init__(connection, landscape, surroundings, who)
        self.told: list[Document] = []
        self.asked: set[str] = set()

    async def for_reader(
        self, document: Document, language: str, reader: UserId, room: RoomId | None = None
    ) -> Document:
        made = await super().for_reader(document, language, reader, room)
        if reader == self.who:
            self.told.append(made)
        return made

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        if meanwhile is not None:
            self.told.append(meanwhile)
        await super().answer(heard, reply, meanwhile=meanwhile)

    async def wait_for(self, heard: Heard, awaited: Awaited) -> None:
        self.asked.add(awaited.kind)
        await super().wait_for(heard, awaited)


COUNTED: set[str] = set()
"""All that was ever counted by the bot: the labels of its numbers."""


@cache
def _conversation() -> Conversation:
    def count(command: str, result: str) -> None:
        COUNTED.update((command, result))

    return Conversation(all_commands(template), BOT, open_creation=True, count=count)


class Room:
    """A world in the database, where one person types; what that changes is taken back."""

    def __init__(self, connection: Direct, parish: Parish) -> None:
        self._connection, self._parish = connection, parish

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            maker=Maker(BOT, "12"),
            admins=frozenset(),
            now=lambda: NOW,
            health=Health(homeserver_answers=True),
            version="0.0",
            secret="made up",
            ids=SteadyIds(),
            public_url="https://pages.example.org",
        )

    async def answer(self, user: UserId, typed: str, room: RoomId | None = None) -> str:
        """All that is said to `user` who types that, directly or in a room.

        All pages of it, and what comes of a yes where that is asked for.
        """
        with self._connection.taken_back():
            asked, said = await self._hear(user, typed, room, 1)
            pages = asked
            for number in range(2, _MOST_PAGES):
                if "more" not in pages:
                    break
                pages, page = await self._hear(user, "more", room, number)
                said += page
            if "confirmation" in asked:
                _, done = await self._hear(user, "yes", room, _MOST_PAGES)
                said += done
        return said

    async def _hear(self, user: UserId, typed: str, room: RoomId | None, number: int) -> tuple[set[str], str]:
        """What was asked back, and what was said."""
        landscape, surroundings = self._parish.landscape, self._surroundings()
        work = Asked(self._connection, landscape, surroundings, user)
        await _conversation().hear(_heard(user, typed, room, number), work)
        return work.asked, _text(joined(work.told)) if work.told else ""


def _heard(user: UserId, typed: str, room: RoomId | None, number: int) -> Heard:
    said = typed if room is None else f"!hedge {typed}"
    event, at = EventId(f"$q{number}"), datetime.fromtimestamp(NOW, UTC)
    return Heard(user, room or _DIRECT, event, said, at, room is None)


def _text(document: Document) -> str:
    made = render(document, lambda place: f"https://matrix.to/#/!{place}")
    return _SEALED.sub("…", f"{made['body']}\n{made['formatted_body']}")


# -- what is hidden ---------------------------------------------------------------------------------------


class HiddenPlaces:
    """What names the places of `parish` that `person` may not know of: their words and ids."""

    def __init__(self, parish: Parish, person: Standing) -> None:
        land = self._land = parish.landscape
        self._oracle, self._person = Oracle(land, person), person
        self.seen = known_to(land, person)
        self._is_everyone = is_everyone(person)
        places = {place for place in parish.places if place not in self.seen}
        self.ids: frozenset[str] = frozenset(places)
        self.places = sorted(places)
        named = places - parish.announcers(self.seen, person)
        words = {land.place(place).name.casefold() for place in named}
        words |= {land.place(place).topic for place in places}
        words |= {str(land.place(place).slug) for place in places - self._homes()}
        self.words = frozenset(words - {""})

    def _homes(self) -> set[PlaceId]:
        """Hidden networks of groups that they may know: those are written with the short name of these."""
        return {self._land.groups[GroupId(place)].home for place in self.seen if place.is_group}

    def told(self, text: str, typed: str = "") -> set[str]:
        """What of it is in `text` and not in what was typed."""
        small, said = text.casefold(), typed.casefold()
        found = self.words.intersection(_WORD.findall(small)) - set(_WORD.findall(said))
        return found | (self.ids.intersection(_ID.findall(small)) - set(_ID.findall(said)))


class Hidden(HiddenPlaces):
    """And the words of all else that nothing may tell to them."""

    def __init__(self, parish: Parish, person: Standing) -> None:
        super().__init__(parish, person)
        self._told = parish.told
        self.words |= {*self._texts(parish)}

    def _texts(self, parish: Parish) -> Iterator[str]:
        told, user = parish.told, self._person.user
        yield from (one.text for one in parish.postings if one.network not in self.seen and one.owner != user)
        for one in parish.listings:
            if one.network not in self.seen:
                yield from (one.name.casefold(), one.about, one.place, one.contact.phone)
            elif user not in one.stewards and not self._may_reach(one.network, one.contact_for):
                yield one.contact.phone
        for number, announcement in told.announcements.items():
            ends = [announcement.network, *(p.network for p in told.posts if p.number == number)]
            is_told = any(self._is_told_in(end) for end in ends)
            if self._is_everyone:
                is_told &= announcement.network in self.seen and not announcement.by_hand
            if not is_told and announcement.author != user:
                yield f"a{number}a"
        for number, occasion in told.occasions.items():
            if not self._is_told_in(occasion.network) and occasion.owner != user:
                yield f"e{number}e"
        for number, story in told.stories.items():
            own = user in (story.author, story.proposer)
            ends = (*told.levels[number], self._home(story.group))
            if not own and not (
                self._is_printed(story) if self._is_everyone else any(map(self._is_told_in, ends))
            ):
                yield f"w{number}w"
        for profile in parish.profiles:
            if profile.user != user:
                yield from (text for one, text in profile.texts.items() if not self._is_shown(profile, one))
        yield from (
            ban.reason for ban in self._land.bans.values() if ban.reason and not self._looks_after(ban.place)
        )
        yield from (f"au{n}" for n in self._land.networks if not self._looks_after(n))

    def _is_printed(self, story: Story) -> bool:
        """Whether everyone may read it, where it has come to a public network."""
        reading = Reading(self._told, None, self._person, frozenset(), lambda _: True)
        levels = self._told.levels[story.number]
        came = (n for n, level in levels.items() if reading.came_to(story, levels, level))
        return story.may_print and reading.may_leave(story) and any(map(self._is_told_in, came))

    def _may_reach(self, network: NetworkId, seen: Any) -> bool:
        return seen in ("everyone", "finders") or (seen == "members" and self._oracle.is_member(network))

    def _home(self, group: GroupId) -> NetworkId:
        return self._land.groups[group].home

    def _is_told_in(self, network: NetworkId) -> bool:
        """Its members read it, and so does everyone where it is public."""
        return self._oracle.is_member(network) or self._land.networks[network].access is Access.PUBLIC

    def _is_shown(self, profile: Any, one: Any) -> bool:
        audience = profile.audience(one)
        return audience.everyone or any(self._oracle.is_member(network) for network in audience.networks)

    def _looks_after(self, place: PlaceId) -> bool:
        home = NetworkId(place) if place.is_network else self._home(GroupId(place))
        return self._oracle.coordinates(home)


# -- what is typed ----------------------------------------------------------------------------------------


def _questions(
    parish: Parish, hidden: Hidden, among: Sequence[PlaceId], chance: Random, count: int
) -> Iterator[tuple[str, PlaceId]]:
    """What is typed, and the place that it may be about: one of those `among` which it is looked for.

    Every second is a look at a place, the others are of all that can be said.
    """
    land = parish.landscape
    networks = [place for place in hidden.seen if place.is_network] or [*land.networks]
    groups = [place for place in hidden.seen if place.is_group] or [*land.groups]
    network, group = chance.choice(sorted(networks)), chance.choice(sorted(groups))
    numbers = [number for number, where in parish.numbers if where not in hidden.seen]
    words = sorted(hidden.words)
    for n in range(count):
        rows = _LOOKS if n % 2 else chance.choice((OF_PLACES, OF_PLACES, OF_NUMBERS, OF_WORDS, PLAIN))
        place = chance.choice(among if among and chance.random() < 0.6 else parish.places)
        row = chance.choice(rows).replace("somerset/painting", land.slug_of(group))
        row = row.replace("somerset", land.slug_of(network))
        typed = row.format(
            place=_spelt(land, place, chance),
            number=chance.choice(numbers or [54321]),
            word=chance.choice(words or [_NOTHING]),
        )
        yield typed, place


def _named(land: Landscape, place: PlaceId) -> str:
    """All that who names a place before others tells of it: its name, and that of its network."""
    home = land.network_of(place)
    names = (f"{land.place(one).name} {land.place(one).slug} {one}" for one in (place, home))
    return " ".join(names)


def _spelt(land: Landscape, place: PlaceId, chance: Random) -> str:
    slug, name = land.slug_of(place), land.place(place).name
    return chance.choice(
        [name, name, slug, slug, f"#hedge_{slug.replace('/', '_')}:hs.test", place, f"!{place}", f"{name}x"]
    )


# -- judging ----------------------------------------------------------------------------------------------


class Talk:
    """What the asker of `parish` types, `each` times directly, and sometimes where others read it."""

    def __init__(self, parish: Parish, hearsay: Hearsay, each: int) -> None:
        self._parish, self._asker, self._hearsay = parish, parish.asker, hearsay
        self._chance = Random(f"questions {parish.seed}")
        self._hidden = Hidden(parish, self._asker)
        self._typed = [
            one for one, _ in _questions(parish, self._hidden, self._hidden.places, self._chance, each)
        ]
        self._told: list[str] = []

    async def ask(self, connection: Direct) -> None:
        """`parish` is in the database. Raises `Leak`."""
        here = Room(connection, self._parish)
        for one in self._typed:
            answer = await here.answer(self._asker.user, one)
            self._told.append(answer)
            if found := self._hidden.told(answer, one):
                raise Leak(f"{self._asker} types {one!r} and is told {sorted(found)}:\n{answer}")
        if self._asker.joined:
            await self._among_others(here)
        self._hearsay.hidden += len(self._hidden.words)

    async def _among_others(self, here: Room) -> None:
        """What is said in a room may be read by all who are there."""
        place = self._chance.choice(sorted(self._asker.joined))
        hidden = Hidden(self._parish, Standing(ONLOOKER, joined=frozenset({place})))
        told_apart = sorted(self._hidden.seen - hidden.seen)  # what only who asks knows of
        for one, about in _questions(self._parish, hidden, told_apart, self._chance, 4):
            answer = await here.answer(self._asker.user, one, RoomId(f"!{place}"))
            if found := hidden.told(answer, f"{one} {_named(self._parish.landscape, about)}"):
                raise Leak(
                    f"in {place} {self._asker} types {one!r}; all there read {sorted(found)}:\n{answer}"
                )
            self._hearsay.among_others += 1

    async def compare(self, connection: Direct, bare: Parish) -> None:
        """`bare`, in which nothing is hidden from the asker, is in the database. Raises `Leak`."""
        there = Room(connection, bare)
        for one, answer in zip(self._typed, self._told, strict=True):
            other = await there.answer(self._asker.user, one)
            if answer != other and one not in _OWN:
                raise Leak(
                    f"{self._asker} types {one!r} and is told\n{answer}\nand where nothing is hidden\n{other}"
                )
            self._hearsay.answers += 1
