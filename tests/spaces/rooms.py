"""The rooms of a landscape: those that are wanted, and as they are once they are made."""

from hypothesis import strategies as st

from spaces.hierarchy import parents_first
from spaces.reconcile import Maker, project, reconcile
from spaces.wanted import wanted_room
from tests.spaces.worlds import BOT

versions = st.sampled_from(["10", "11", "12"])
SERVER = "hs.test"


def wanted(landscape):
    """The rooms of all places, parents first."""
    rooms = (
        wanted_room(landscape, p, SERVER)
        for p in parents_first(landscape, [*landscape.networks, *landscape.groups])
    )
    return [room for room in rooms if room is not None]


def put_right(landscape, found, maker):
    """The actions that bring what is found to what the landscape wants."""
    return reconcile(wanted(landscape), found, maker)


def as_made(landscape, version="12"):
    """Its rooms once all is done that makes them, and who made them."""
    maker = Maker(BOT, version)
    return project({}, put_right(landscape, {}, maker), maker), maker
