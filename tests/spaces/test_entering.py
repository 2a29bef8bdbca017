"""Somebody is invited to a network's Space before its groups, and nothing else waits for that."""

import pytest

from spaces import changes
from spaces.actions import Ban, Invite, SetState
from spaces.entering import space_first
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from tests.spaces.worlds import CountedIds, network

CORA, MIA, SAM = (UserId(f"@{name}:hs.test") for name in ("cora", "mia", "sam"))


@pytest.fixture
def world():
    """Arts with Painting, and Health, with which Painting is shared."""
    ids = CountedIds()
    landscape, arts = network(Landscape(), ids, "Arts", by=[CORA])
    landscape, health = network(landscape, ids, "Health", by=[CORA])
    landscape, painting = changes.create_group(landscape, ids, name="Painting", home=arts)
    shared = changes.share(landscape, painting, health, home_agrees=True, network_agrees=True)
    return shared, arts, health, painting


def test_the_groups_wait_for_the_space_in_whatever_order_they_were_named(world):
    landscape, arts, health, painting = world
    group, space = Invite(painting, MIA, "why"), Invite(arts, MIA, "why")
    first, then = space_first(landscape, [group, space])
    assert first == space
    assert (then.room, then.user, then.reason, then.behind) == (painting, MIA, "why", (space.key,))
    [*_, then] = space_first(landscape, [Invite(health, MIA), Invite(painting, MIA)])
    assert then.behind == (Invite(health, MIA).key,)


def test_who_is_not_invited_to_the_space_waits_for_nobody_elses_invitation(world):
    landscape, arts, _, painting = world
    actions = [Invite(painting, SAM), SetState(arts), Invite(arts, MIA)]
    assert space_first(landscape, actions) == actions


def test_an_invitation_that_is_replaced_by_a_ban_stays_before_it(world):
    landscape, arts, _, painting = world
    actions = [Invite(arts, MIA), Invite(painting, MIA), Ban(painting, MIA)]
    assert space_first(landscape, actions) == actions
