"""What the features see to from time to time; what is due is a query of each one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from appservice.applications import Attendance
from appservice.calendar import Reminders
from appservice.digests import Press
from appservice.encryption import Encryption
from appservice.forgetting import Forgetting
from appservice.listings import Confirming
from appservice.market import Stall
from appservice.schedule import Tick
from appservice.works import Works

_APPLICATIONS_SECONDS = 60
_LISTINGS_SECONDS = 3_600
_MARKET_SECONDS = 60
_LEFT_BEHIND_SECONDS = 600
_DIGESTS_SECONDS = 10
_REMINDERS_SECONDS = 60
_FORGETTING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Recurring:
    """`look` is called once at the start and then every so many `seconds`."""

    seconds: float
    name: str
    look: Tick


def ticks(
    works: Works, now: Callable[[], float], encryption: Encryption | None = None
) -> Iterator[Recurring]:
    """Those of all features; `now` gives seconds since 1970."""
    stall = Stall(works, now)
    yield Recurring(_APPLICATIONS_SECONDS, "applications", Attendance(works, now).look)
    yield Recurring(_LISTINGS_SECONDS, "listings", Confirming(works, now).look)
    yield Recurring(_MARKET_SECONDS, "market", stall.look)
    yield Recurring(_LEFT_BEHIND_SECONDS, "left behind", stall.look_round)
    yield Recurring(_DIGESTS_SECONDS, "digests", Press(works, now).look)
    yield Recurring(_REMINDERS_SECONDS, "reminders", Reminders(works, now).look)
    yield Recurring(_FORGETTING_SECONDS, "forgetting", Forgetting(works, now, encryption).look)
