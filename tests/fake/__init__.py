"""A fake homeserver in memory: real semantics, faults on order, and nothing slow."""

from tests.fake.faults import Fault
from tests.fake.homeserver import FakeHomeserver
from tests.fake.people import FakeUser
from tests.fake.push import Sent
from tests.fake.rooms import Event, Room
from tests.fake.wire import Call, MatrixError
from tests.registration import Registration

__all__ = [
    "Call",
    "Event",
    "FakeHomeserver",
    "FakeUser",
    "Fault",
    "MatrixError",
    "Registration",
    "Room",
    "Sent",
]
