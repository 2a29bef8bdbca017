"""Which new networks and groups are news to whom, and how they are told."""

from __future__ import annotations

from typing import Any

from appservice.directory import entries_of
from bot.digests.places import Fresh, new_places
from spaces import changes
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Banned, Kind
from tests.bot.digests.readers import MIA, SAM, lines_of, reader_of
from tests.spaces.worlds import CountedIds


class County:
    """Somerset over Arts and Health, and Devon apart; what is made after them is new."""

    def __init__(self) -> None:
        self.ids = CountedIds()
        self.landscape = Landscape()
        self.fresh: dict[PlaceId, UserId | None] = {}
        self.somerset = self.network("Somerset")
        self.arts = self.network("Arts", self.somerset)
        self.health = self.network("Health", self.somerset)
        self.devon = self.network("Devon")
        self.fresh = {}

    def network(self, name: str, *under: NetworkId, by: UserId | None = None, **more: Any) -> NetworkId:
        more = {"under": under, "agreed": under, **more}
        self.landscape, made = changes.create_network(
            self.landscape, self.ids, name=name, coordinators=(by,) if by else (), **more
        )
        self.fresh[made] = by
        return made

    def group(self, name: str, home: NetworkId, by: UserId | None = None, **more: Any) -> GroupId:
        self.landscape, made = changes.create_group(
            self.landscape, self.ids, name=name, home=home, **{"access": Access.PUBLIC, **more}
        )
        self.fresh[made] = by
        return made

    def told(self, *joined: PlaceId, **more: Any) -> list[str]:
        reader = reader_of(self.landscape, *joined, **more)
        entries = {e.place: e for e in entries_of(self.landscape, self.fresh)}
        fresh = [Fresh(entries[p], p, by) for p, by in self.fresh.items() if p in entries]
        return lines_of(new_places(self.landscape, reader, fresh))


def test_what_is_near_is_told_the_nearest_first_and_networks_before_groups() -> None:
    county = County()
    county.group("Elsewhere", county.devon)
    county.network("Dartmoor", county.devon)
    county.group("Walking", county.health)
    county.network("Food", county.somerset)
    county.group("Painting", county.arts)
    county.network("Theatre", county.arts)
    assert county.told(county.arts) == [
        "Theatre, a new network in Arts – join theatre",
        "Painting, a new group in Arts – join arts/painting",
        "Food, a new network in Somerset – join food",
        "Walking, a new group in Health – join health/walking",
    ]
    assert county.told() == []


def test_the_groups_of_a_new_network_are_one_line_with_it() -> None:
    county = County()
    both = county.network("Arts & Health", county.arts, county.health, kind=Kind.BRIDGE, access=Access.PUBLIC)
    for name in ("Singing", "Walking"):
        county.group(name, both)
    county.group("Quiet", both, access=Access.PRIVATE)
    [line] = county.told(county.arts)
    assert line == "Arts & Health, a new bridge between Arts and Health, with 2 groups – join arts-and-health"
    county.group("Third", county.network("One", county.somerset), by=SAM)
    assert "One, a new network in Somerset, with one group – join one" in county.told(county.arts)


def test_who_is_in_a_new_network_already_is_told_of_its_groups() -> None:
    county = County()
    food = county.network("Food", county.somerset)
    baking, bread = county.group("Baking", food), county.group("Bread", food)
    assert county.told(food, baking) == ["Bread, a new group in Food – join food/bread"]
    assert county.told(food, baking, bread) == []


def test_a_group_that_stands_in_two_networks_is_told_once_with_those_that_the_reader_finds() -> None:
    county = County()
    quiet = county.network("Quiet", access=Access.INVITE)
    county.fresh = {}
    for home in (county.health, quiet):
        group = county.group("Walking", home, access=Access.PRIVATE)
        county.landscape = changes.share(
            county.landscape, group, county.arts, home_agrees=True, network_agrees=True
        )
    assert county.told(county.arts) == [
        "Walking, a new group in Health and Arts – join health/walking",
        f"Walking, a new group in Arts – join {county.landscape.slug_of(group)}",
    ]


def test_a44_what_the_reader_may_not_find_is_not_told_nor_counted_nor_named() -> None:
    county = County()
    hidden = county.network("Canary", county.arts, access=Access.INVITE)
    county.group("Songs", hidden, access=Access.PRIVATE)
    county.group("Whispers", county.arts, access=Access.INVITE)
    food = county.network("Food", county.somerset, hidden)
    county.group("Cellar", food, access=Access.PRIVATE)
    assert county.told(county.arts) == ["Food, a new network in Somerset – join food"]


def test_what_sleeps_again_is_not_told() -> None:
    county = County()
    food, group = county.network("Food", county.arts), county.group("Painting", county.arts)
    county.landscape = changes.archive(changes.archive(county.landscape, food), group)
    assert county.told(county.arts) == []


def test_what_the_reader_made_is_no_news_to_them_and_news_to_who_looks_after_it_with_them() -> None:
    county = County()
    county.landscape = changes.add_coordinator(county.landscape, county.arts, MIA)
    county.landscape = changes.add_coordinator(county.landscape, county.arts, SAM)
    county.network("Theatre", county.arts, by=MIA)
    county.group("Painting", county.arts, by=MIA)
    assert county.told(county.arts) == []
    assert county.told(county.arts, user=SAM) == [
        "Theatre, a new network in Arts – join theatre",
        "Painting, a new group in Arts – join arts/painting",
    ]


def test_a47_who_is_banned_is_not_asked_in() -> None:
    county = County()
    food, group = county.network("Food", county.arts), county.group("Painting", county.arts)
    county.landscape = county.landscape.having(Banned(food, MIA), Banned(group, MIA))
    assert county.told(county.arts) == []
    assert len(county.told(county.arts, user=SAM)) == 2


def test_what_is_turned_off_brings_nothing_near() -> None:
    county = County()
    county.group("Painting", county.arts)
    county.network("Theatre", county.arts)
    county.group("Surfing", county.devon)
    assert county.told(county.arts, county.devon, turned_off={county.arts}) == [
        "Surfing, a new group in Devon – join devon/surfing"
    ]


def test_a_network_tells_all_its_members_what_each_of_them_may_find() -> None:
    county = County()
    county.group("Painting", county.arts, access=Access.PRIVATE)
    county.group("Board", county.arts, access=Access.INVITE)
    county.group("Nursing", county.health, access=Access.PRIVATE)
    county.network("Theatre", county.arts, by=MIA)
    assert county.told(county.arts, user=None) == [
        "Theatre, a new network in Arts – join theatre",
        "Painting, a new group in Arts – join arts/painting",
    ]
