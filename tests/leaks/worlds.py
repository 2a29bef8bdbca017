"""Made-up worlds for the directory: places in every state, entries for every audience, and who asks what.

Words are few and close to one another, so that what is hidden and what is not share them, their stems,
their beginnings, and words of one other letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from appservice.directory import entries_of
from bot.directory.searching import Question
from spaces.access import Standing
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.listings import Contact, Listing, entry_of
from spaces.network import Banned, Group, Link, Network, Share, Status
from tests.spaces.worlds import PEOPLE, CountedIds, beginnings, grown, stories

STRANGER = UserId("@stranger:elsewhere.test")
NOW = 1_000.0
WORDS = (
    *("painting", "paintings", "painter", "pointing", "paint", "choir", "choirs", "chair", "ladder"),
    *("ladders", "bladder", "garden", "gardening", "harden", "harp", "harps", "sharp", "supper", "super"),
    *("café", "cafes", "minibus", "minibuses", "omnibus", "taunton", "wellington", "night", "knight"),
    *("quiet", "quilt", "quilting", "repair", "repairs", "prepare", "owls", "bowls"),
)
_OWN_LETTERS = "bdfgklmnprstvz"


@dataclass(frozen=True)
class World:
    """`entries` are all rows of the index in the order in which they came into it."""

    landscape: Landscape
    entries: tuple[Entry, ...]
    listings: tuple[Listing, ...]
    askers: tuple[Standing, ...]
    seed: int

    def __repr__(self) -> str:
        return f"a world of {len(self.landscape.networks)} networks, furnished by {self.seed}"


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """The places grow by a story of hypothesis's; the rest is drawn by a number of its."""
    ids = CountedIds()
    return furnished(grown(beginnings(ids), ids, draw(stories)), draw(st.integers(0, 2**32 - 1)))


def furnished(landscape: Landscape, seed: int) -> World:
    chance = Random(seed)
    landscape = _with_own_words(_with_links(landscape, chance), chance)
    askers = tuple(_askers(landscape, chance))
    listings = [_listing(landscape, chance, number) for number in range(10_000, 10_010)]
    loose = [_entry(landscape, chance, number) for number in range(20_000, 20_016)]
    entries = [*entries_of(landscape, [*landscape.networks, *landscape.groups]), *map(entry_of, listings)]
    entries += loose
    chance.shuffle(entries)
    return World(landscape, tuple(entries), tuple(listings), askers, seed)


# -- places ---------------------------------------------------------------------------------------------


def _with_links(landscape: Landscape, chance: Random) -> Landscape:
    """Some more links and shares, agreed or waiting, and now and then a network that is released."""
    networks = list(landscape.networks)
    for _ in range(4):
        parent, child = sorted(chance.choices(range(len(networks)), k=2))
        if parent != child:
            agreed = chance.choice([(True, True), (True, False), (False, True)])
            landscape = landscape.having(Link(networks[parent], networks[child], False, *agreed))
        group = chance.choice([g for g in landscape.groups.values() if not g.is_kit])
        if (other := chance.choice(networks)) != group.home:
            landscape = landscape.having(Share(group.id, other, True, chance.random() < 0.5))
    if chance.random() < 0.2:
        gone = landscape.networks[chance.choice(networks)]
        landscape = landscape.having(replace(gone, status=Status.RELEASED))
    return landscape


def _with_own_words(landscape: Landscape, chance: Random) -> Landscape:
    """Names and topics of these words, with now and then one that is nobody else's."""
    places: list[Network | Group] = [*landscape.networks.values(), *landscape.groups.values()]
    return landscape.having(*(replace(p, name=_title(chance), topic=_title(chance)) for p in places))


def _title(chance: Random) -> str:
    words = chance.choices(WORDS, k=chance.choice([1, 2, 2, 3]))
    return " ".join([*words, *([_own_word(chance)] if chance.random() < 0.4 else [])]).capitalize()


def _own_word(chance: Random) -> str:
    return "".join(
        letter for _ in range(3) for letter in (chance.choice(_OWN_LETTERS), chance.choice("aeiou"))
    )


# -- entries --------------------------------------------------------------------------------------------


def _listing(landscape: Landscape, chance: Random, number: int) -> Listing:
    return Listing(
        number,
        chance.choice([ListingKind.ORGANISATION, ListingKind.SERVICE]),
        chance.choice(list(landscape.networks)),
        _title(chance),
        about=_title(chance),
        place=chance.choice(WORDS),
        contact=Contact(phone="made up"),
        contact_for=chance.choice(list(Seen)),
        stewards=tuple(chance.sample(PEOPLE, chance.choice([0, 0, 1]))),
        stale=chance.random() < 0.2,
    )


def _entry(landscape: Landscape, chance: Random, number: int) -> Entry:
    """A row of a profile, with others of the same person's, or an offer or a want."""
    places: list[PlaceId] = [*landscape.networks, *landscape.groups]
    owner = chance.choice([*PEOPLE, STRANGER, None])
    is_profile = owner is not None and chance.random() < 0.5
    return Entry(
        ListingKind.PERSON if is_profile else chance.choice([ListingKind.OFFER, ListingKind.WANT]),
        str(owner) if is_profile else str(number),
        _title(chance),
        chance.choice(list(Seen)),
        chance.choice([*places, None]),
        chance.choice([*landscape.networks, None]),
        owner,
        part=chance.choice(["skills", "interests", "about"]) if is_profile else "",
        about=_title(chance),
        located=chance.choice(WORDS),
        more=_title(chance),
        stale=chance.random() < 0.1,
        ends_at=chance.choice([None, None, NOW - 1, NOW, NOW + 1]),
    )


# -- who asks, and what ---------------------------------------------------------------------------------


def _askers(landscape: Landscape, chance: Random) -> Iterable[Standing]:
    """A stranger, somebody invited, members, coordinators, an admin, and somebody who is banned."""
    places: list[PlaceId] = [*landscape.networks, *landscape.groups]

    def some(most: int) -> frozenset[PlaceId]:
        return frozenset(chance.sample(places, min(most, len(places))))

    yield Standing(STRANGER)
    yield Standing(STRANGER, invited=some(1))
    yield Standing(STRANGER, joined=some(2))
    yield Standing(chance.choice(PEOPLE), joined=some(2), invited=some(1))
    yield Standing(chance.choice(PEOPLE), is_admin=True)


def banned(world: World) -> World:
    """The same, where the last of them is banned from all that they were in: they are a stranger there."""
    *others, last = world.askers
    bans = [Banned(place, last.user) for place in last.joined | last.invited]
    return replace(
        world, landscape=world.landscape.having(*bans), askers=(*others, Standing(last.user, last.is_admin))
    )


def questions(world: World, hidden: Sequence[Entry], chance: Random, count: int) -> list[Question]:
    """What somebody may type who suspects what is `hidden`: its words, their beginnings, and mistyped."""
    asked = []
    for _ in range(count):
        entry = chance.choice(hidden or world.entries)
        text = _typed(
            chance.choice([entry.title, entry.title, entry.about, entry.more or entry.title]), chance
        )
        asked.append(
            Question(
                text,
                frozenset(chance.sample(list(ListingKind), 2)) if chance.random() < 0.2 else frozenset(),
                _some_networks(world.landscape, chance) if chance.random() < 0.2 else None,
                entry.located if chance.random() < 0.15 else "",
            )
        )
    return asked


def _typed(title: str, chance: Random) -> str:
    words = title.split()
    match chance.randrange(4):
        case 0:
            return title
        case 1:
            return chance.choice(words)[: chance.randint(2, 5)]
        case 2:
            return _mistyped(chance.choice(words), chance)
    return f"{chance.choice(words)} {_mistyped(chance.choice(WORDS), chance)}"


def _mistyped(word: str, chance: Random) -> str:
    at = chance.randrange(len(word))
    letter = chance.choice("aeioustnr")
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    return chance.choice(
        [word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :], swapped, word + letter]
    )


def _some_networks(landscape: Landscape, chance: Random) -> frozenset[NetworkId]:
    networks = list(landscape.networks)
    return frozenset(chance.sample(networks, min(len(networks), 3)))
