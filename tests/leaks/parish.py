"""One made-up world with something of everything in it, each with words of its own, and who asks there.

What is in it beside a newsstand's (`newsstand.py`): organisations and services, profiles, codes, bans and
a line in the audit log. `with_nothing_hidden` is the same world without what one person may not know of.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cached_property
from random import Random
from typing import Any, TypeVar

from appservice.audit import Trail
from appservice.codec import found_to_json
from appservice.directory import follow
from appservice.profiles import follow_people
from appservice.store import codes, indexing, listings, profiles
from appservice.store.landscape import LandscapeStore
from bot.audience import ONLOOKER
from spaces.access import Standing
from spaces.codes import ALPHABET, Code, digest
from spaces.directory import ListingKind, Seen
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.listings import Contact, Listing
from spaces.market import State, entry_of
from spaces.network import Banned, Group, Network, Status
from spaces.profiles import EVERYONE, NOBODY, Audience, Field, Profile
from spaces.reconcile import FoundRoom
from spaces.stories import Story
from tests.leaks.newsstand import DAY, NOW, READERS, Newsstand
from tests.leaks.oracle import Oracle
from tests.spaces.rooms import as_made

STRANGER = READERS[-1]
_Place = TypeVar("_Place", Network, Group)
_TROLL = "@troll:bad.test"
_UNTOLD = "Untold"
_LOGGED = 5  # networks of which there is a line in the audit log


class Parish(Newsstand):
    """`landscape` and all that happens in it, by a number; `asker` is one of those who are in it."""

    def __init__(self, landscape: Landscape, seed: int) -> None:
        super().__init__(landscape, seed)
        self.seed = seed
        chance = self.chance = Random(f"parish {seed}")
        self.landscape = _with_short_names(_with_reasons(self.landscape, chance))
        self.listings = [self._listing(number) for number in range(15_000, 15_010)]
        self.profiles = [self._profile(n, user) for n, user in enumerate(READERS[:3])]
        self.codes = {number: self._code(number) for number in range(60_000, 60_004)}
        self.asker = Standing(STRANGER, is_local=False)
        if chance.random() < 0.7:
            self.asker = self.standings[chance.choice(READERS[:-1])]
        else:
            self.standings[STRANGER] = self.asker
        self._leave_out_what_has_no_room()
        self._leave_to_others()

    # -- what there is ----------------------------------------------------------------------------

    def _listing(self, number: int) -> Listing:
        is_service = number % 2 == 1
        return Listing(
            number,
            ListingKind.SERVICE if is_service else ListingKind.ORGANISATION,
            self.chance.choice([*self.landscape.networks]),
            f"L{number}l",
            about=f"la{number}la",
            place=f"lp{number}lp",
            contact=Contact(phone=f"lc{number}lc"),
            contact_for=self.chance.choice(list(Seen)),
            by=self.chance.choice([None, number - 1]) if is_service else None,
            stewards=tuple(self.chance.sample(READERS, self.chance.choice([0, 1]))),
            confirmed_at=NOW - DAY,
            stale=self.chance.random() < 0.2,
        )

    def _profile(self, n: int, user: UserId) -> Profile:
        shown: dict[Field, Audience] = {}
        for one in Field:
            some = frozenset(self.chance.sample([*self.landscape.networks], 2))
            shown[one] = self.chance.choice([EVERYONE, NOBODY, Audience(networks=some)])
        texts = {one: f"p{n}{one}p" for one in Field}
        return Profile(user, texts, {one: to for one, to in shown.items() if to != NOBODY})

    def _code(self, number: int) -> tuple[Code, str]:
        word = "".join(self.chance.choices(ALPHABET, k=15))
        network, maker = self.chance.choice([*self.landscape.networks]), self.chance.choice(READERS)
        return Code(number, network, maker, NOW + DAY), word

    def _leave_out_what_has_no_room(self) -> None:
        """Of a bridge that waits there is nothing yet: nobody is in it, and nothing is told there."""
        land, told = self.landscape, self.told
        made = {place for place in self.places if land.status_of(place) is not Status.PROPOSED}
        first = next(network for network in land.networks if network in made)

        def home(network: NetworkId) -> NetworkId:
            return network if network in made else first

        def within(person: Standing) -> Standing:
            return replace(person, joined=person.joined & made, invited=person.invited & made)

        self.standings = {user: within(person) for user, person in self.standings.items()}
        self.asker = within(self.asker)
        self.came = {place: came for place, came in self.came.items() if place in made}
        self.messages = [one for one in self.messages if one.place in made]
        self.postings = [replace(one, network=home(one.network)) for one in self.postings]
        self.listings = [replace(one, network=home(one.network)) for one in self.listings]
        self.codes = {
            n: (replace(code, network=home(code.network)), w) for n, (code, w) in self.codes.items()
        }
        told.posts = [post for post in told.posts if post.network in made]
        told.announcements = {n: one for n, one in told.announcements.items() if one.network in made}
        told.posts = [post for post in told.posts if post.number in told.announcements]
        told.occasions = {n: replace(one, network=home(one.network)) for n, one in told.occasions.items()}
        told.stories = {n: one for n, one in told.stories.items() if one.group in made}
        for number, levels in told.levels.items():
            told.levels[number] = {network: one for network, one in levels.items() if network in made}

    def _leave_to_others(self) -> None:
        """Where the asker may not look, nothing is the asker's own: who has made it knows of it."""
        seen, user = known_to(self.landscape, self.asker), self.asker.user
        others = [one for one in READERS if one != user]

        def owner(place: PlaceId, owned_by: UserId) -> UserId:
            return others[0] if owned_by == user and place not in seen else owned_by

        self.postings = [replace(one, owner=owner(one.network, one.owner)) for one in self.postings]
        told = self.told
        for number, occasion in told.occasions.items():
            told.occasions[number] = replace(occasion, owner=owner(occasion.network, occasion.owner))
        for number, said in told.announcements.items():
            told.announcements[number] = replace(said, author=owner(said.network, said.author))
        for number, story in told.stories.items():
            author, proposer = owner(story.group, story.author), owner(story.group, story.proposer)
            may_print = self.chance.random() < 0.5
            told.stories[number] = replace(story, author=author, proposer=proposer, may_print=may_print)
        self.profiles = [_cut(one, seen) if one.user == user else one for one in self.profiles]
        self.listings = [
            one if one.network in seen else replace(one, stewards=tuple(u for u in one.stewards if u != user))
            for one in self.listings
        ]
        self.codes = {
            number: (replace(code, maker=owner(code.network, code.maker)), word)
            for number, (code, word) in self.codes.items()
        }

    @property
    def numbers(self) -> Iterator[tuple[int, PlaceId]]:
        """Of all that is called by a number, with where it belongs."""
        yield from ((one.number, one.network) for one in (*self.postings, *self.listings))
        yield from ((number, one.network) for number, one in self.told.announcements.items())
        yield from ((number, one.network) for number, one in self.told.occasions.items())
        yield from ((number, one.group) for number, one in self.told.stories.items())
        yield from ((number, code.network) for number, (code, _) in self.codes.items())

    @cached_property
    def words(self) -> frozenset[str]:
        """All names, and all that anybody has said, whoever may know it."""
        land, told = self.landscape, self.told
        places = [land.place(place) for place in self.places]
        found = {word for place in places for word in (place.name.casefold(), place.topic, str(place.slug))}
        found |= {one.text for one in self.postings}
        found |= {f"a{n}a" for n in told.announcements} | {f"e{n}e" for n in told.occasions}
        found |= {f"w{n}w" for n in told.stories}
        for one in self.listings:
            found |= {one.name.casefold(), one.about, one.place, one.contact.phone}
        found |= {text for profile in self.profiles for text in profile.texts.values()}
        found |= {ban.reason for ban in land.bans.values()} | {word for _, word in self.codes.values()}
        return frozenset(found - {""})

    # -- without what is hidden -------------------------------------------------------------------

    def with_nothing_hidden(self, person: Standing) -> Parish:
        """As it would be if there were nothing that `person` may not know of.

        Where something that they may know hangs on a hidden place, that stays under another name.
        """
        seen = known_to(self.landscape, person)
        announcers = self.announcers(seen, person)
        told = self._reaching(seen) | announcers
        homes = {self.landscape.groups[GroupId(p)].home for p in seen | told if p.is_group}
        kept = seen | told | homes
        bare = copy.copy(self)
        bare.__dict__.pop("words", None)
        bare.landscape = _cut_out(self.landscape, kept, seen | announcers)
        bare.places = [*bare.landscape.networks, *bare.landscape.groups]
        there = frozenset(bare.places)
        bare.standings = {
            user: replace(one, joined=one.joined & there, invited=one.invited & there)
            for user, one in self.standings.items()
        }
        bare.off = {user: off & there for user, off in self.off.items()}
        bare.came = {place: came for place, came in self.came.items() if place in there}
        bare.messages = [one for one in self.messages if one.place in there]
        bare.postings = [one for one in self.postings if one.network in seen]
        numbers = {one.number for one in self.listings if one.network in seen}
        bare.listings = [
            replace(one, by=one.by if one.by in numbers else None)
            for one in self.listings
            if one.number in numbers
        ]
        bare.codes = {number: code for number, code in self.codes.items() if code[0].network in seen}
        bare.profiles = [_cut(one, there) for one in self.profiles]
        bare.told = self._told_within(seen | announcers, there)
        return bare

    def announcers(self, seen: Set[PlaceId], person: Standing) -> frozenset[NetworkId]:
        """Who announces something to those below tells them its name: the preview of it says so.

        What everyone can fetch names none but those that everyone finds.
        """
        posts = (post for post in self.told.posts if post.network in seen and not is_everyone(person))
        return frozenset(self.told.announcements[post.number].network for post in posts)

    def _reaching(self, seen: Set[PlaceId]) -> frozenset[PlaceId]:
        """Where what is told in places `seen` has come from, and who else waits for a bridge there."""
        found: set[PlaceId] = set()
        waiting = (n for n in seen if n.is_network and self.landscape.status_of(n) is Status.PROPOSED)
        found.update(*(self.landscape.all_parents(NetworkId(n)) for n in waiting))
        for number, story in self.told.stories.items():
            if self._is_told(story, seen):
                found |= {story.group, *self.told.levels[number]}
        return frozenset(found)

    def _is_told(self, story: Story, seen: Set[PlaceId]) -> bool:
        return story.group in seen or any(network in seen for network in self.told.levels[story.number])

    def _told_within(self, seen: Set[PlaceId], there: Set[PlaceId]) -> Any:
        told = copy.copy(self.told)
        told.announcements = {n: one for n, one in told.announcements.items() if one.network in seen}
        told.posts = [p for p in told.posts if p.network in seen and p.number in told.announcements]
        told.declines = {(one, other) for one, other in told.declines if {one, other} <= there}
        told.occasions = {number: one for number, one in told.occasions.items() if one.network in seen}
        told.stories = {number: one for number, one in told.stories.items() if self._is_told(one, seen)}
        return told

    # -- in the store -----------------------------------------------------------------------------

    def rooms(self) -> Mapping[PlaceId, str]:
        """As they are once they are made."""
        found, _ = as_made(self.landscape)
        return {place: found_to_json(found.get(place, FoundRoom("12"))) for place in self.places}

    async def write(self, connection: Any) -> None:
        await super().write(connection)
        await LandscapeStore().save(connection, Landscape(), self.landscape)
        await follow(connection, Landscape(), self.landscape)
        await listings.keep(connection, self.listings)
        await indexing.put(connection, [entry_of(one) for one in self.postings if one.state is State.OPEN])
        for profile in self.profiles:
            await profiles.keep(connection, profile)
        await follow_people(connection, self.landscape, self.landscape)
        for code, word in self.codes.values():
            await codes.keep(connection, code, digest(word), NOW - DAY)
        trail = Trail(connection, lambda: NOW - DAY, READERS[0])
        for place in [*self.landscape.networks][:_LOGGED]:
            trail.noted(self.landscape, "described", place, before="", after=f"au{place}")
        await trail.write()


def is_everyone(person: Standing) -> bool:
    """Whether that is anybody at all, who fetches what is served to everyone."""
    return person.user == ONLOOKER and not person.joined


def known_to(landscape: Landscape, person: Standing) -> frozenset[PlaceId]:
    """All that they may know of, by the oracle."""
    oracle = Oracle(landscape, person)
    places: list[PlaceId] = [*landscape.networks, *landscape.groups]
    return frozenset(place for place in places if oracle.knows(place))


def _cut_out(landscape: Landscape, kept: Set[PlaceId], named: Set[PlaceId]) -> Landscape:
    """Nothing but the places `kept` and the kits of networks among them; only those `named` have a name."""
    networks = {n: value for n, value in landscape.networks.items() if n in kept}
    groups = {
        g: value
        for g, value in landscape.groups.items()
        if value.home in networks and (g in kept or value.is_kit)
    }
    there: frozenset[PlaceId] = frozenset([*networks, *groups])
    return _with_short_names(
        Landscape(
            networks={n: value if n in named else _nameless(value) for n, value in networks.items()},
            groups={g: value if g in named else _nameless(value) for g, value in groups.items()},
            links={ends: link for ends, link in landscape.links.items() if there.issuperset(ends)},
            shares={ends: share for ends, share in landscape.shares.items() if there.issuperset(ends)},
            coordinators={ends: one for ends, one in landscape.coordinators.items() if ends[0] in networks},
            bans={ends: ban for ends, ban in landscape.bans.items() if ends[0] in there},
        )
    )


def _nameless(place: _Place) -> _Place:
    return replace(place, name=_UNTOLD, topic="")


def _with_short_names(landscape: Landscape) -> Landscape:
    """No other short names than those that the places have now."""
    slugs: dict[str, PlaceId] = {str(network.slug): network.id for network in landscape.networks.values()}
    slugs |= {f"{group.home}/{group.slug}": group.id for group in landscape.groups.values()}
    return replace(landscape, slugs=slugs)


def _with_reasons(landscape: Landscape, chance: Random) -> Landscape:
    """Somebody from elsewhere is banned here and there, for a reason that is told to few."""
    places: list[PlaceId] = [*landscape.networks, *landscape.groups]
    some: Iterable[PlaceId] = chance.sample(places, min(3, len(places)))
    return landscape.having(*(Banned(p, _TROLL, READERS[0], f"r{p}r", NOW - DAY) for p in some))


def _cut(profile: Profile, there: Set[PlaceId]) -> Profile:
    shown = {
        one: Audience(to.everyone, frozenset(n for n in to.networks if n in there))
        for one, to in profile.shown.items()
    }
    return replace(profile, shown={one: to for one, to in shown.items() if to != NOBODY})
