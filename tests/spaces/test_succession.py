"""Who takes over a network that nobody looks after any more."""

import pytest

from spaces import changes
from spaces.access import Standing
from spaces.by_hand import RolesChanged, with_roles
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.succession import (
    fallen_silent,
    has_say_at,
    heard,
    is_orphaned,
    may_speak,
    orphaned_since,
    takes_over,
)
from tests.spaces.worlds import PEOPLE, CountedIds, network

ADA, BEN, CAT, DAN = PEOPLE
EVE = UserId("@eve:hs.test")


@pytest.fixture
def place():
    """Arts, which Ada looks after, above Nurses, which Ben has just left."""
    ids = CountedIds()
    landscape, above = network(Landscape(), ids, "Arts", by=[ADA])
    landscape, below = network(landscape, ids, "Nurses", under=[above], by=[BEN])
    return landscape, with_roles(landscape, below, RolesChanged(demoted=(BEN,))), below


def standing(user, *joined):
    return Standing(user, joined=frozenset(joined))


def test_r2_a_network_is_orphaned_when_its_last_coordinator_goes_and_not_again(place):
    before, after, below = place
    assert orphaned_since(before, after) == [below]
    assert orphaned_since(after, after) == []
    assert orphaned_since(after, changes.describe(after, CountedIds(), below, topic="x")) == []
    assert is_orphaned(after, below)
    assert not is_orphaned(before, below)
    assert not is_orphaned(changes.archive(after, below), below)
    assert orphaned_since(before, changes.archive(after, below)) == []


@pytest.mark.parametrize(
    ("voices", "enough"),
    [
        ([CAT, DAN], False),
        ([CAT, DAN, EVE], True),
        ([CAT, DAN, BEN], False),  # ben is the nominee
        ([CAT, DAN, BEN, EVE], True),
        ([ADA], True),
    ],
)
def test_r2_three_members_but_for_the_nominee_or_one_from_above_are_enough(place, voices, enough):
    _, landscape, below = place
    members = {user: standing(user, *([below] if user != ADA else [])) for user in voices}
    assert takes_over(landscape, below, BEN, members) is enough


def test_r2_who_has_left_since_has_no_say_any_more(place):
    _, landscape, below = place
    voices = {user: standing(user, below) for user in (CAT, DAN)} | {EVE: standing(EVE)}
    assert not takes_over(landscape, below, BEN, voices)


def test_a54_a_stranger_has_no_say_and_neither_has_who_looks_after_another_network(place):
    _, landscape, below = place
    assert not may_speak(landscape, standing(EVE), below)
    assert may_speak(landscape, standing(CAT, below), below)
    assert may_speak(landscape, standing(ADA), below)
    parted = changes.unlink(landscape, landscape.parents(below)[0], below)
    assert not may_speak(parted, standing(ADA), below)


@pytest.mark.parametrize(
    ("came", "unattended", "at"),
    [
        (None, 100.0, 0.0),  # not known, and so long ago
        (50.0, 100.0, 0.0),
        (100.0, 100.0, 0.0),
        (100.1, 100.0, 100.1 + 7 * 86_400),
        (50.0, None, 50.0 + 7 * 86_400),
    ],
)
def test_r2_who_was_there_before_has_a_say_at_once_and_who_came_later_after_a_week(came, unattended, at):
    assert has_say_at(came, unattended) == at


def test_a_nominee_does_not_count_themselves():
    assert heard([ADA, BEN], BEN) == 1


def test_r2_silent_is_only_where_all_were_heard_of_and_that_long_ago(place):
    before, _, below = place
    [above] = before.parents(below)
    both = changes.add_coordinator(before, below, CAT)
    assert fallen_silent(both, {BEN: 0.0, CAT: 0.0, ADA: 5.0}, 10.0, 6.0) == [below]
    assert fallen_silent(both, {BEN: 0.0, CAT: 9.0, ADA: 4.0}, 10.0, 6.0) == [above]
    assert fallen_silent(both, {BEN: 0.0}, 10.0, 6.0) == []
    assert fallen_silent(changes.archive(both, below), {BEN: 0.0, CAT: 0.0}, 10.0, 6.0) == []
