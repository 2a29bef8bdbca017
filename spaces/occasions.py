"""Occasions (PRODUCT E1): what takes place on a day in a network, who may see it, who comes.

An event is Matrix's word for something else; people say `event` all the same. Times are seconds since
1970; `zone` is the name of the time zone (IANA) in which the day and the hour were named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from spaces.access import Standing, is_member
from spaces.bans import is_banned
from spaces.errors import Malformed
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Access, Purpose, Status

_DAY = 86_400.0
MOST_AHEAD = 200
"""How many a network may have before it."""
KEPT_SECONDS = 30 * _DAY
"""How long what is over stands in calendars; then all of it is forgotten."""
LONGEST_NAME, LONGEST_PLACE = 80, 120
_SHORTEST = 2
_MORNING, _NIGHT, _EVENING = time(8), time(22), time(18)
_YES = frozenset({"✅", "✔"})
_VARIATION = "\N{VARIATION SELECTOR-16}"


class State(StrEnum):
    STANDS = "stands"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that takes place in `network`, noted by `owner`.

    At `remind_at` those who come are reminded of it; None: it is too soon for that, or they have been.
    `room` and `event` are the message in the network's news, once it has been said.
    """

    number: int
    network: NetworkId
    owner: UserId
    name: str
    place: str
    starts_at: float
    ends_at: float | None
    zone: str
    made_at: float
    changed_at: float
    sequence: int = 0
    state: State = State.STANDS
    remind_at: float | None = None
    room: RoomId | None = None
    event: EventId | None = None

    @property
    def stands(self) -> bool:
        return self.state is State.STANDS

    @property
    def over_at(self) -> float:
        """When it is over; without an end, when it begins."""
        return self.starts_at if self.ends_at is None else self.ends_at

    def is_ahead(self, now: float) -> bool:
        """Whether it stands, and has not begun."""
        return self.stands and now < self.starts_at


def check_words(name: str, place: str) -> tuple[str, str]:
    """What it is called and where it is, each on one line. Raises `Malformed` where it is no such thing."""
    return _checked_name(name), _checked_place(place)


def _checked_name(typed: str) -> str:
    name = one_line(typed)
    if not _SHORTEST <= len(name) <= LONGEST_NAME:
        raise Malformed(
            "The name has {length} characters; that of an event has from {least} to {most}.",
            length=len(name),
            least=_SHORTEST,
            most=LONGEST_NAME,
        )
    return name


def _checked_place(typed: str) -> str:
    place = one_line(typed)
    if not _SHORTEST <= len(place) <= LONGEST_PLACE:
        raise Malformed(
            "Where it is has {length} characters; it may have from {least} to {most}.",
            length=len(place),
            least=_SHORTEST,
            most=LONGEST_PLACE,
        )
    return place


def one_line(typed: str) -> str:
    """`typed` on one line, without what cannot be seen."""
    return " ".join(printable(" ".join(typed.split())).split())


# -- time ---------------------------------------------------------------------------------------------


def reminder_of(starts_at: float, zone: str, now: float) -> float | None:
    """When those who come are reminded: at the same hour of the day before, and for what begins late at
    night or early at six in the evening before. None: that is past.
    """
    begins = datetime.fromtimestamp(starts_at, ZoneInfo(zone))
    before = (begins - timedelta(days=1)).replace(fold=0)
    if not _MORNING <= before.time() < _NIGHT:
        before = datetime.combine(before.date(), _EVENING, before.tzinfo)
    return before.timestamp() if before.timestamp() > now else None


def rescheduled(occasion: Occasion, starts_at: float, ends_at: float | None, now: float) -> Occasion:
    """The same at another time; where the beginning moves, those who come are reminded anew."""
    if starts_at == occasion.starts_at:
        return replace(occasion, ends_at=ends_at)
    remind_at = reminder_of(starts_at, occasion.zone, now)
    return replace(occasion, starts_at=starts_at, ends_at=ends_at, remind_at=remind_at)


def by_date(occasions: Iterable[Occasion]) -> list[Occasion]:
    return sorted(occasions, key=lambda one: (one.starts_at, one.name, one.number))


# -- who ----------------------------------------------------------------------------------------------


def sees_occasions(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they may read what takes place there: where it is public all may, else its members."""
    found = landscape.networks.get(network)
    if found is None or found.status is not Status.ACTIVE:
        return False
    if found.access is Access.PUBLIC:
        return True
    return is_member(landscape, standing, network) and not is_banned(landscape, network, standing.user)


def may_come(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether their yes counts: they are a member, and not banned."""
    if network not in landscape.networks or is_banned(landscape, network, standing.user):
        return False
    return not standing.joined.isdisjoint(landscape.places_of(network))


def is_yes(key: str) -> bool:
    """Whether a reaction of that key says that somebody comes."""
    return key.replace(_VARIATION, "") in _YES


def news_of(landscape: Landscape, network: NetworkId) -> GroupId | None:
    """The group in which a network tells its news, if it has one that is active."""
    return next(
        (
            group.id
            for group in landscape.groups_of(network)
            if group.purpose is Purpose.NEWS and landscape.status_of(group.id) is Status.ACTIVE
        ),
        None,
    )


# -- yes and no ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Yes:
    """One yes of `person`: a reaction, or what they said in words. It may be taken back."""

    person: UserId
    taken_back: bool = False


def coming(
    landscape: Landscape, network: NetworkId, answers: Iterable[Yes], standings: Mapping[UserId, Standing]
) -> list[UserId]:
    """Everybody who has a yes that is not taken back, and may come, each once, the first first."""
    people = dict.fromkeys(one.person for one in answers if not one.taken_back)
    return [who for who in people if who in standings and may_come(landscape, standings[who], network)]
