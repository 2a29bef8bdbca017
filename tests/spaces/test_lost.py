"""Who asks for what is lost gets its room back, if it is theirs."""

from __future__ import annotations

import pytest

from spaces import changes
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.lost import Lost, LostRooms
from tests.spaces.worlds import CountedIds

ANN, BEN, EVE = (UserId(f"@{name}:hs.test") for name in ("ann", "ben", "eve"))
ARTS, CHOIR = NetworkId("n.aaaaaaaaaaaaaaaa"), GroupId("g.bbbbbbbbbbbbbbbb")
NEWS, BELOW = GroupId("g.cccccccccccccccc"), NetworkId("n.dddddddddddddddd")


class Ids(CountedIds):
    """New ones, but for what is lost."""

    def __init__(self, *lost: Lost) -> None:
        super().__init__()
        self.lost = LostRooms()
        self.lost.know(lost)

    def network(self, *said: object) -> NetworkId:
        return (self.lost.network(*said) if said else None) or super().network()

    def group(self, *said: object) -> GroupId:
        return (self.lost.group(*said) if said else None) or super().group()


def ids() -> Ids:
    people = (ANN, BEN)
    return Ids(
        Lost(ARTS, "Arts UK", "", people),
        Lost(CHOIR, "Choir", ARTS, people),
        Lost(NEWS, "Arts UK: news", ARTS, people),
        Lost(PlaceId("d.eeeeeeeeeeeeeeee"), "", "", people),
    )


def test_a71_the_same_network_gets_its_space_its_kit_and_its_groups_back() -> None:
    known = ids()
    landscape, arts = changes.create_network(Landscape(), known, name="arts  UK", coordinators=[ANN])
    assert arts == ARTS
    kit = {group.name: group.id for group in landscape.groups_of(arts)}
    assert (kit["news"], kit["welcome"] in (NEWS, CHOIR)) == (NEWS, False)
    landscape, choir = changes.create_group(landscape, known, name="Choir", home=arts)
    assert choir == CHOIR


@pytest.mark.parametrize("people", [[], [EVE], [ANN, EVE]])
def test_a71_who_had_no_power_in_it_gets_another_and_not_those_rooms(people: list[UserId]) -> None:
    known = ids()
    landscape, arts = changes.create_network(Landscape(), known, name="Arts UK", coordinators=people)
    assert arts != ARTS
    assert changes.create_group(landscape, known, name="Choir", home=arts)[1] != CHOIR


def test_a71_what_is_there_by_now_is_not_given_to_a_second_one() -> None:
    known = ids()
    landscape, arts = changes.create_network(Landscape(), known, name="Arts UK", coordinators=[ANN])
    landscape, choir = changes.create_group(landscape, known, name="Choir", home=arts)
    again, other = changes.create_group(landscape, known, name="Choir", home=arts)
    assert (choir, other != choir, len(again.groups)) == (CHOIR, True, len(landscape.groups) + 1)
    again, second = changes.create_network(again, known, name="Arts UK", coordinators=[ANN])
    assert (second != arts, len(again.networks)) == (True, 2)


def test_a71_a_network_whose_parent_has_not_said_yes_is_found_without_one() -> None:
    known = Ids(Lost(BELOW, "Below", "", (ANN,)))
    landscape, above = changes.create_network(Landscape(), known, name="Above")
    _, below = changes.create_network(landscape, known, name="Below", under=[above], coordinators=[ANN])
    assert below == BELOW
