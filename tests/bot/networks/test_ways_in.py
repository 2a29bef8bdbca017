"""Who gets in, and the sentence that says so."""

from __future__ import annotations

import pytest

from bot.networks.phrases import who_gets_in
from bot.networks.rules import Named, WaysIn, first_step, ways_in
from bot.reply import Document, Paragraph
from spaces.access import Standing
from spaces.changes import create_group, create_network
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Access, Kind
from tests.bot.dialogue import person, text_of
from tests.bot.fake_work import CountedIds

ARTS = Named(PlaceId("n.a"), "Arts UK", "arts-uk")
HEALTH = Named(PlaceId("n.h"), "Health UK", "health-uk")


@pytest.mark.parametrize(
    ("ways", "sentence"),
    [
        (WaysIn(Access.PUBLIC), "Everyone can find it and join it."),
        (WaysIn(Access.PUBLIC, members_of=(ARTS,)), "Everyone can find it and join it."),
        (
            WaysIn(Access.PRIVATE),
            "Only its members can find it, and people get in when they are invited.",
        ),
        (
            WaysIn(Access.PRIVATE, members_of=(ARTS, HEALTH)),
            "Everyone who joins Arts UK or Health UK can find it and get in; "
            "others only when they are invited.",
        ),
        (
            WaysIn(Access.PRIVATE, members_of=(ARTS,), open_by=HEALTH),
            "Everyone who joins Arts UK can find it, and anyone can get in, by way of Health UK, "
            "which is public.",
        ),
        (
            WaysIn(Access.PRIVATE, ask=True, members_of=(ARTS,)),
            "Its name and topic can be found by all; everyone who joins Arts UK gets in, "
            "others after a coordinator's yes.",
        ),
        (
            WaysIn(Access.PRIVATE, members_of=(ARTS,), more=True),
            "Everyone who joins Arts UK or a network that you cannot see can find it and get in; "
            "others only when they are invited.",
        ),
        (
            WaysIn(Access.INVITE, members_of=(ARTS,)),
            "Only its members and people who are invited can find it, and only they get in.",
        ),
        (
            WaysIn(Access.INVITE, listed=True, members_of=(ARTS,)),
            "Everyone who joins Arts UK can find it by name, and only people who are invited get in.",
        ),
    ],
)
def test_one_sentence_says_who_finds_it_and_who_gets_in(ways: WaysIn, sentence: str) -> None:
    assert text_of(Document((Paragraph((who_gets_in(ways),)),))) == sentence


class Place:
    """A landscape that grows."""

    def __init__(self) -> None:
        self.landscape, self.ids = Landscape(), CountedIds()

    def network(self, name: str, access: Access, *under: NetworkId, kind: Kind = Kind.NETWORK) -> NetworkId:
        self.landscape, made = create_network(
            self.landscape, self.ids, name=name, access=access, under=under, agreed=under, kind=kind
        )
        return made

    def group(self, name: str, home: NetworkId, access: Access = Access.PRIVATE) -> GroupId:
        self.landscape, made = create_group(self.landscape, self.ids, name=name, home=home, access=access)
        return made


def test_a_public_network_far_above_counts_as_a_way_in() -> None:
    place = Place()
    somerset = place.network("Somerset", Access.PUBLIC)
    arts = place.network("Arts", Access.PRIVATE, somerset)
    bath = place.network("Arts Bath", Access.PRIVATE, arts)
    member = Standing(person("mia"), joined=frozenset({arts}))
    open_by = ways_in(place.landscape, bath, member).open_by
    assert open_by is not None
    assert open_by.name == "Somerset"


def test_an_invitation_only_network_between_shuts_the_way_from_above() -> None:
    place = Place()
    somerset = place.network("Somerset", Access.PUBLIC)
    closed = place.network("Closed", Access.INVITE, somerset)
    inner = place.network("Inner", Access.PRIVATE, closed)
    member = Standing(person("mia"), joined=frozenset({closed}))
    assert ways_in(place.landscape, inner, member).open_by is None
    assert first_step(place.landscape, Standing(person("sam")), inner) is None


def test_a_parent_that_one_may_not_see_is_left_out() -> None:
    place = Place()
    arts = place.network("Arts", Access.PRIVATE)
    secret = place.network("Secret", Access.INVITE)
    bridge = place.network("Both", Access.PRIVATE, arts, secret, kind=Kind.BRIDGE)
    member = Standing(person("mia"), joined=frozenset({arts}))
    ways = ways_in(place.landscape, bridge, member)
    assert [n.name for n in ways.members_of] == ["Arts"]
    assert not ways.more


def test_a_kit_group_is_open_to_the_members_of_an_invitation_only_network() -> None:
    place = Place()
    closed = place.network("Closed", Access.INVITE)
    [welcome, _] = place.landscape.groups_of(closed)
    ways = ways_in(place.landscape, welcome.id, Standing(person("mia"), joined=frozenset({closed})))
    assert ways.access is Access.PRIVATE


def test_the_first_step_into_a_private_group_is_its_network() -> None:
    place = Place()
    arts = place.network("Arts", Access.PUBLIC)
    group = place.group("Painting", arts)
    assert first_step(place.landscape, Standing(person("sam")), group) == arts
    inside = Standing(person("mia"), joined=frozenset({arts}))
    assert first_step(place.landscape, inside, group) == group
