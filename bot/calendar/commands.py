"""Put an event into a network's calendar, change it, cancel it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from bot.arguments import Missing
from bot.audience import audience_of, require_fit
from bot.calendar import words
from bot.calendar.looking import Shown, shown
from bot.calendar.which import (
    COORDINATING,
    network_meant,
    occasion_of,
    own_occasion,
    require_coordinator,
    require_listeners,
)
from bot.command import Call, Parameter, command
from bot.networks.rules import Named, named
from spaces.errors import Conflict, Malformed
from spaces.identifiers import NetworkId
from spaces.moments import day_and_time, day_of, end_after, instant, time_of
from spaces.occasions import (
    MOST_AHEAD,
    Occasion,
    State,
    check_words,
    one_line,
    reminder_of,
    rescheduled,
)
from spaces.sentences import sentence

_NUMBER = 9  # digits at most
_FIRST_ZONE, _LAST_ZONE = "Etc/GMT-14", "Etc/GMT+12"  # where each day begins first, and ends last


@dataclass(frozen=True, slots=True)
class Noted:
    """It stands in the calendar; `posted` in the network's news as well. `repeated`: it stood there."""

    occasion: Occasion
    network: Named
    posted: bool
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """`told` is how many who come are told of it; `same`: nothing was said that is not so."""

    occasion: Occasion
    network: Named
    told: int
    same: bool = False


@dataclass(frozen=True, slots=True)
class Cancelled:
    occasion: Occasion
    told: int


class Occasions:
    """Put an event into the calendar."""

    @command(
        "event",
        topic="events",
        examples=[
            'event "Repair café" 2030-06-01 14:00 --until 16:00 --at "Village hall"',
            'event "Repair café" 1 june 2pm --until 4pm --at "Village hall" --in arts-uk',
            "event 48213",
        ],
    )
    async def event(
        self,
        call: Call,
        name: Annotated[str, "what it is called, in quotes; or the number of one, to see it"],
        when: Annotated[str, "the day and the time, such as 2027-03-06 14:00 or friday 2pm"] = "",
        *,
        until: Annotated[str, "when it ends, such as 16:00"] = "",
        at: Annotated[str, "where it is"] = "",
        in_: Annotated[NetworkId | None, "the network whose event it is"] = None,
    ) -> Noted | Shown:
        """Put an event into the calendar of a network, or show one.

        Coordinators do that. I tell it in the network's news, where ✅ says that somebody comes, and remind
        those of it the day before.
        """
        if not (when or until or at or in_) and _is_number(name):
            return await shown(call, await occasion_of(call, int(name)))
        if when and in_ is None:
            _require_a_day_to_come(when, name, call.now.timestamp())
        network = in_ or await network_meant(call)
        require_fit(call.landscape, await audience_of(call), network)
        require_coordinator(call, network)
        await require_listeners(call, network)
        _require_said(when, at)
        occasion = await _planned(call, network, name, when, until, at)
        for known in await _ahead(call, network):
            if _is_same(known, occasion):
                return Noted(known, named(call.landscape, network), posted=True, repeated=True)
        occasion = replace(occasion, number=await call.work.calendar.free_number())
        await call.work.calendar.keep(occasion)
        posted = await call.work.calendar.post(occasion, words.message(occasion))
        await call.work.note(f"event {occasion.number}", network)
        return Noted(occasion, named(call.landscape, network), posted)

    @command(
        "event edit",
        topic="events",
        requires=COORDINATING,
        examples=["event edit 48213 --time 15:00 --at Church hall"],
    )
    async def edit(
        self,
        call: Call,
        number: Annotated[int, "its number"],
        *,
        date: Annotated[str, "another day"] = "",
        time: Annotated[str, "another time of the day"] = "",
        until: Annotated[str, "when it ends; none takes the end away"] = "",
        at: Annotated[str, "another place"] = "",
        name: Annotated[str, "another name"] = "",
    ) -> Edited:
        """Change an event of a network that you look after.

        The message in the news changes with it, and I tell those who have said that they come.
        """
        before = await own_occasion(call, number)
        now = call.now.timestamp()
        after = _moved(before, date, time, until, now)
        called, place = check_words(name or before.name, at or before.place)
        after = replace(after, name=called, place=place)
        network = named(call.landscape, before.network)
        if after == before:
            return Edited(before, network, 0, same=True)
        after = replace(after, sequence=before.sequence + 1, changed_at=now)
        await _save(call, after, "edit")
        told = await self._tell_of_change(call, after, before)
        return Edited(after, network, told)

    async def _tell_of_change(self, call: Call, after: Occasion, before: Occasion) -> int:
        """Those who come are told of another time or place; how many that are."""
        if (after.starts_at, after.ends_at, after.place) == (before.starts_at, before.ends_at, before.place):
            return 0
        people = await call.work.calendar.coming(after)
        message, said = words.is_changed(call.landscape, after), f"event {after.number} {after.sequence}"
        for person in people:
            await call.work.tell(person, message, said=said)
        return len(people)

    @command("event cancel", topic="events", requires=COORDINATING, examples=["event cancel 48213"])
    async def cancel(self, call: Call, number: Annotated[int, "its number"]) -> Cancelled:
        """Cancel an event of a network that you look after.

        The message in the news says so then, and I tell those who have said that they come.
        """
        before = await own_occasion(call, number)
        people = await call.work.calendar.coming(before)
        call.confirm(words.preview_of_cancelling(before, len(people)))
        now = call.now.timestamp()
        after = replace(
            before, state=State.CANCELLED, sequence=before.sequence + 1, changed_at=now, remind_at=None
        )
        await _save(call, after, "cancel")
        message = words.is_cancelled(call.landscape, after)
        for person in people:
            await call.work.tell(person, message, said=f"event {number} cancelled")
        return Cancelled(after, len(people))


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= _NUMBER


def _require_said(when: str, at: str) -> None:
    if not when:
        said = sentence("When is it? Tell me the day and the time, such as `6 march 14:00`.")
        raise Missing(said, Parameter("when", str, ""))
    if not at:
        raise Missing(sentence("Where is it?"), Parameter("at", str, "", is_option=True))


def _require_a_day_to_come(when: str, name: str, now: float) -> None:
    """What no clock has ahead needs no network. Raises `Malformed` where all would."""
    try:
        day_and_time(when, _FIRST_ZONE, now, name)
    except Malformed:
        day_and_time(when, _LAST_ZONE, now, name)


async def _planned(call: Call, network: NetworkId, name: str, when: str, until: str, at: str) -> Occasion:
    """What was said, without a number yet. Raises `Malformed`, and `Conflict` where there are too many."""
    now, zone = call.now.timestamp(), call.work.calendar.zone_of(network)
    said = day_and_time(when, zone, now, name)
    called, place = check_words(said.name, at)
    starts_at = _ahead_of(instant(said.day, said.time, zone), now)
    ends_at = end_after(until, starts_at, zone, now) if until else None
    if len(await _ahead(call, network)) >= MOST_AHEAD:
        raise Conflict("{most} events are ahead there, and more it cannot have.", most=MOST_AHEAD)
    remind_at = reminder_of(starts_at, zone, now)
    return Occasion(
        0, network, call.sender, called, place, starts_at, ends_at, zone, now, now, remind_at=remind_at
    )


def _moved(before: Occasion, date: str, time: str, until: str, now: float) -> Occasion:
    """`before` at the day and the hours that were said; what was not stays, the length too."""
    zone = before.zone
    begins = datetime.fromtimestamp(before.starts_at, ZoneInfo(zone))
    day = day_of(date, zone, now) if date else begins.date()
    hour = time_of(time) if time else begins.time()
    starts_at = before.starts_at
    if date or time:
        starts_at = _ahead_of(instant(day, hour, zone), now)
    if one_line(until).casefold() == "none":
        return rescheduled(before, starts_at, None, now)
    if until:
        return rescheduled(before, starts_at, end_after(until, starts_at, zone, now), now)
    ends_at = None if before.ends_at is None else starts_at + (before.ends_at - before.starts_at)
    return rescheduled(before, starts_at, ends_at, now)


def _ahead_of(starts_at: float, now: float) -> float:
    if starts_at <= now:
        raise Malformed("That is past. Name a time to come.")
    return starts_at


async def _ahead(call: Call, network: NetworkId) -> list[Occasion]:
    return list(await call.work.calendar.ahead([network], call.now.timestamp()))


def _is_same(one: Occasion, other: Occasion) -> bool:
    def said(occasion: Occasion) -> tuple[Any, ...]:
        times = (occasion.starts_at, occasion.ends_at)
        return (occasion.name.casefold(), occasion.place.casefold(), *times)

    return said(one) == said(other)


async def _save(call: Call, after: Occasion, what: str) -> None:
    await call.work.calendar.keep(after)
    await call.work.calendar.post(after, words.message(after))
    await call.work.note(f"event {what} {after.number}", after.network)
