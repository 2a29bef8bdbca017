"""What many tests of the rules begin with."""

import pytest

from spaces.landscape import Landscape
from tests.spaces.worlds import PEOPLE, CountedIds, network

ADA, BEN, *_ = PEOPLE


@pytest.fixture
def ids():
    return CountedIds()


@pytest.fixture
def arts(ids):
    """A landscape with one network, and which it is."""
    return network(Landscape(), ids, "Arts UK", by=[ADA])


@pytest.fixture
def two(ids):
    """A landscape with two networks of different people, and which they are."""
    landscape, one = network(Landscape(), ids, "Arts", by=[ADA])
    landscape, other = network(landscape, ids, "Health", by=[BEN])
    return landscape, one, other
