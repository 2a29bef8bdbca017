"""Events at the edge: kept, told in the news, who reacts, reminders, and what digests tell of them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from appservice import languages
from appservice.audit import HEDGEROW
from appservice.event import Event
from appservice.hearing import reaction_in, replied_to
from appservice.speech import notice
from appservice.store import calendar, rooms
from appservice.store.numbers import free_numbers
from bot.calendar.reminding import remind
from bot.calendar.words import line_of
from bot.digests.items import Item, Period, Reader, Section
from bot.reply import Document
from spaces.access import Standing
from spaces.actions import Say
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access, Purpose, Status
from spaces.occasions import Occasion, coming, is_yes, news_of, sees_occasions
from spaces.power_levels import COORDINATOR, users_in
from spaces.reconcile import POWER_LEVELS
from spaces.zones import zone_in

if TYPE_CHECKING:
    from appservice.work import UnitOfWork
    from appservice.works import Works

_SAID = re.compile(r"occasion:([0-9]{1,12})(?::[0-9]+)?")
_SECRET_BYTES = 24
_DAY = 86_400.0
_SHORT_PERIOD_SECONDS = 2 * _DAY
_SOON_SECONDS, _AHEAD_SECONDS = 3 * _DAY, 14 * _DAY


class KeptCalendar:
    """Implements `bot.calendar.ports.Calendar` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    def zone_of(self, network: NetworkId) -> str:
        return zone_in(self._work.landscape, network) or self._work.surroundings.timezone

    async def free_number(self) -> int:
        [number] = await free_numbers(self._connection, self._work.ids.listing_number)
        return number

    async def keep(self, occasion: Occasion) -> None:
        await calendar.keep(self._connection, occasion)

    async def numbered(self, number: int) -> Occasion | None:
        found = await calendar.numbered(self._connection, number)
        return found if found is not None and found.network in self._work.landscape.networks else None

    async def ahead(self, networks: Collection[NetworkId], now: float) -> Sequence[Occasion]:
        return await calendar.ahead(self._connection, networks, now)

    async def to_remind_of(self, now: float) -> Sequence[Occasion]:
        return await calendar.to_remind_of(self._connection, now)

    async def coming(self, occasion: Occasion) -> Sequence[UserId]:
        answers = await calendar.answers(self._connection, occasion.number)
        joined = await calendar.joined_by_who_answered(self._connection, occasion.number)
        standings = {user: Standing(user, joined=places) for user, places in joined.items()}
        return coming(self._work.landscape, occasion.network, answers, standings)

    async def say_yes(self, occasion: Occasion, user: UserId) -> None:
        number, now = occasion.number, self._work.now
        await calendar.note_yes(
            self._connection, "", f"yes {number} {user}", user, now, occasion=number, again=True
        )

    async def say_no(self, occasion: Occasion, user: UserId) -> None:
        await calendar.take_back_all(self._connection, occasion.number, user)

    async def post(self, occasion: Occasion, message: Document) -> bool:
        """What was said in a room that the news have left is not changed, but said anew where they are."""
        work = self._work
        if (news := news_of(work.landscape, occasion.network)) is None:
            return False
        first = f"occasion:{occasion.number}"
        said = f"{first}:{occasion.sequence}" if occasion.sequence else first
        edits = (occasion.event or first) if occasion.sequence else None
        if occasion.room is not None and await rooms.room_of(self._connection, news) != occasion.room:
            edits = None
        language = languages.spoken_in(work.landscape, occasion.network) or work.surroundings.language
        work.put(Say(news, said, notice(message, edits=edits, language=language)))
        return True

    async def address(self, user: UserId, *, new: bool) -> str | None:
        """The secret is kept as its digest, by which it is found, and sealed, to be told again."""
        served, envelope = self._work.surroundings.public_url, self._work.surroundings.envelope
        if not served:
            return None
        kept = await calendar.sealed_of(self._connection, user)
        if new or kept is None or digest(str(envelope.opened(kept[1]))) != kept[0]:
            secret = secrets.token_urlsafe(_SECRET_BYTES)
            kept = digest(secret), envelope.sealed(secret)
            await calendar.keep_address(self._connection, user, *kept, self._work.now)
        return f"{served}/calendar/{kept[1]}.ics"

    def address_of(self, network: NetworkId) -> str | None:
        served, found = self._work.surroundings.public_url, self._work.landscape.networks[network]
        is_open = found.access is Access.PUBLIC and found.status is Status.ACTIVE
        return f"{served}/calendar/{found.slug}.ics" if served and is_open else None


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256. It has 192 bits of its own, so that needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


# -- what is heard ------------------------------------------------------------------------------------


async def was_said(work: UnitOfWork, said: str, room: RoomId, event: EventId) -> None:
    """The message of an occasion has become `event`. One that only changes it is not its message."""
    found = _SAID.fullmatch(said)
    occasion = await calendar.numbered(work.connection, int(found[1])) if found else None
    if occasion is not None and occasion.room != room:
        await calendar.found_out(work.connection, occasion.number, room, event)


async def reacted(event: Event, work: UnitOfWork) -> None:
    """Somebody has put a reaction on something: a ✅ on the message of an occasion says that they come.

    One that is put on it before we know that it is its message is kept until we do.
    """
    heard, target = reaction_in(event), replied_to(event)
    if heard is None or target is None or not is_yes(heard.body.strip()):
        return
    found = await calendar.said_by(work.connection, event.room, target)
    if found is not None and not found.is_ahead(event.received_at):
        return
    if found is None and not await _awaits_its_message(work, event.room):
        return
    number, where = None if found is None else found.number, (event.room, event.id)
    await calendar.note_yes(
        work.connection, *where, event.sender, event.received_at, target=target, occasion=number
    )


async def _awaits_its_message(work: UnitOfWork, room: RoomId) -> bool:
    place = await work.place_of_room(room)
    group = work.landscape.groups.get(GroupId(place)) if place is not None else None
    if group is None or group.purpose is not Purpose.NEWS:
        return False
    return await calendar.awaits_its_message(work.connection, group.home)


async def redacted(event: Event, taken_back: EventId, work: UnitOfWork) -> None:
    """A reaction of that room is taken back, by who made it or by somebody who may."""
    person = await calendar.who_reacted(work.connection, event.room, taken_back)
    if person is not None and await _may_take_back(event, person, work):
        await calendar.take_back(work.connection, event.room, taken_back)


async def _may_take_back(event: Event, person: UserId, work: UnitOfWork) -> bool:
    """As the homeserver sees it (specification, "Redactions"), which passes on others all the same."""
    if event.sender.server == person.server:
        return True  # of our own server it has let through only those who may
    place = await work.place_of_room(event.room)
    room = None if place is None else await work.expected_of(place)
    levels = None if room is None else room.state.get(POWER_LEVELS)
    return users_in(levels).get(event.sender, 0) >= COORDINATOR


# -- in time ------------------------------------------------------------------------------------------


class Reminders:
    """The tick that reminds those who come. `now` gives seconds."""

    def __init__(self, works: Works, now: Callable[[], float]) -> None:
        self._works = works
        self._now = now

    async def look(self) -> None:
        """Each occasion in a unit of work of its own; nothing is written where nothing is due."""
        now = self._now()
        async with self._works.database.reading() as connection:
            due = await calendar.to_remind_of(connection, now)
        for one in due:
            async with self._works.begin(HEDGEROW) as work:
                found = await work.calendar.numbered(one.number)
                is_due = found is not None and found.remind_at is not None and found.remind_at <= now
                if found is not None and is_due and found.is_ahead(now):
                    await remind(work, found)


# -- in digests ---------------------------------------------------------------------------------------

_ByNetwork = Mapping[NetworkId, Sequence[Occasion]]
_looked_up: WeakKeyDictionary[UnitOfWork, dict[Period, _ByNetwork]] = WeakKeyDictionary()


class OccasionsSource:
    """What is soon, and what is new (`bot.digests.items.Source`). What is cancelled is left out."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        found, landscape = await self._found(period), self._work.landscape
        seen = (n for n in reader.networks if n in found and sees_occasions(landscape, reader.standing, n))
        own = reader.user
        return [self._item(reader, one, period) for n in seen for one in found[n] if one.owner != own]

    async def _found(self, period: Period) -> _ByNetwork:
        """The same for all readers of a period, and looked up once in a unit of work."""
        kept = _looked_up.setdefault(self._work, {})
        if period not in kept:
            until = period.end + _foresight(period)
            after, made = max(period.end, self._work.now), (period.start, period.end)
            grouped: dict[NetworkId, list[Occasion]] = {}
            for one in await calendar.beginning(self._work.connection, after, until, made):
                grouped.setdefault(one.network, []).append(one)
            kept[period] = grouped
        return kept[period]

    def _item(self, reader: Reader, occasion: Occasion, period: Period) -> Item:
        """Sooner stands higher. It is linked for who is in the news, where its message is.

        What the edition before has told of already is no reason for another one.
        """
        landscape = self._work.landscape
        news: PlaceId | None = news_of(landscape, occasion.network)
        everybody = reader.user is None and occasion.network in reader.standing.joined
        linked = everybody or news in reader.standing.joined
        days = max(occasion.starts_at - period.end, 0.0) / _DAY
        told = (line_of(landscape, occasion, linked=linked),)
        is_known = occasion.made_at < period.start
        again = is_known and occasion.starts_at < period.start + _foresight(period)
        return Item(Section.EVENTS, f"occasion:{occasion.number}", told, 1.0 / (1.0 + days), quiet=again)


def _foresight(period: Period) -> float:
    """How far ahead an edition of that period looks, in seconds."""
    is_long = period.end - period.start > _SHORT_PERIOD_SECONDS
    return _AHEAD_SECONDS if is_long else _SOON_SECONDS
