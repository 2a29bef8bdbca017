"""Digests: have them, change their hour, stop them, look at what there is so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, command
from bot.digests import words
from bot.digests.composing import gathered
from bot.digests.items import Period
from bot.digests.readers import reader_of
from bot.languages import words_in
from bot.networks.rules import Named, all_named, named
from bot.reply import Document, say
from spaces.access import is_member
from spaces.editions import (
    Cadence,
    Schedule,
    Weekday,
    ended,
    minute_of,
    subscribed,
)
from spaces.errors import Conflict
from spaces.identifiers import NetworkId
from spaces.zones import zone

_WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Arranged:
    """From now on it comes by that schedule. `zone` is the name of the time zone that holds."""

    schedule: Schedule
    zone: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How it is. `off` are the networks whose news they do not want; `schedule` is None without digests."""

    schedule: Schedule | None
    zone: str
    off: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class TurnedOff:
    """No digests any more, or without `network`, if one is named."""

    network: Named | None = None


@dataclass(frozen=True, slots=True)
class TurnedOn:
    """The news of `network` are in their digests again. `gets_none`: they get no digests at present."""

    network: Named
    gets_none: bool


class PersonalDigests:
    """Read what happened once, at an hour of one's own."""

    @command("digest", topic="digests", examples=["digest"])
    async def digest(self, call: Call) -> Arrangement:
        """Show when your digest comes, and of which networks."""
        return await _arrangement(call)

    @command("digest daily", topic="digests", examples=["digest daily", "digest daily --at 07:30"])
    async def daily(
        self, call: Call, *, at: Annotated[str, "the time of day, such as 08:00"] = "08:00"
    ) -> Arranged:
        """Get a digest of your networks every day.

        By the clock of your time zone, which `timezone` shows and changes.
        """
        return await _subscribe(call, Schedule(Cadence.DAILY, minute_of(at)))

    @command(
        "digest weekly", topic="digests", examples=["digest weekly", "digest weekly --at 17:00 --on fri"]
    )
    async def weekly(
        self,
        call: Call,
        *,
        at: Annotated[str, "the time of day, such as 08:00"] = "08:00",
        on: Annotated[Weekday, "the day of the week"] = Weekday.MON,
    ) -> Arranged:
        """Get a digest of your networks every week.

        By the clock of your time zone, which `timezone` shows and changes.
        """
        return await _subscribe(call, Schedule(Cadence.WEEKLY, minute_of(at), on))

    @command("digest on", topic="digests", examples=["digest on", "digest on arts-uk"])
    async def on(
        self,
        call: Call,
        network: Annotated[NetworkId | None, "a network whose news you want again"] = None,
    ) -> Arranged | TurnedOn:
        """Get your digest again, or one network's news in it.

        As it was before; if you never had one, every week.
        """
        require_direct(call)
        before = await call.work.digests.subscription(call.sender)
        if network is None:
            return await _subscribe(call, Schedule() if before is None else before.schedule)
        await call.work.digests.turn(call.sender, network, on=True)
        return TurnedOn(named(call.landscape, network), before is None or before.next_at is None)

    @command("digest off", topic="digests", examples=["digest off", "digest off arts-uk"])
    async def off(
        self,
        call: Call,
        network: Annotated[NetworkId | None, "a network whose news you do not want"] = None,
    ) -> TurnedOff:
        """Get no digests any more, or none of one network's news.

        In reply to a digest, `stop` does it too.
        """
        if network is None:
            before = await call.work.digests.subscription(call.sender)
            if before is not None:
                await call.work.digests.keep(ended(before))
            return TurnedOff()
        require_direct(call)
        if not is_member(call.landscape, call.standing, network):
            shown = call.landscape.networks[network]
            raise Conflict(
                "You are no member of “{network}”, so its news is not in your digest.", network=shown.name
            )
        await call.work.digests.turn(call.sender, network, on=False)
        return TurnedOff(named(call.landscape, network))

    @command("digest now", topic="digests", examples=["digest now"])
    async def now(self, call: Call) -> Document:
        """Show your digest as it is so far.

        The one that comes at its hour tells all of it as well.
        """
        require_direct(call)
        reader = await reader_of(call.work, call.sender)
        period = Period(await _begins(call), call.now.timestamp())
        found = await gathered(call.work.digests.sources, reader, period) if reader.networks else []
        head = words.title(period, await call.work.digests.zone_of(call.sender))
        if not found:
            return Document((head, *say("Nothing to tell so far.").blocks))
        return words.asked_for(found, head, words_in(await call.work.language_for(call.heard)))

    @command("digest show", topic="digests", examples=["digest show"])
    async def show(self, call: Call) -> Arrangement:
        """Show when your digest comes, and of which networks."""
        return await _arrangement(call)


def require_direct(call: Call) -> None:
    if not call.heard.is_direct:
        raise Conflict("That is between the two of us. Ask me in a direct message.")


async def _subscribe(call: Call, schedule: Schedule) -> Arranged:
    require_direct(call)
    digests, name = call.work.digests, await call.work.digests.zone_of(call.sender)
    before = await digests.subscription(call.sender)
    made = subscribed(call.sender, schedule, before, zone(name), call.now.timestamp())
    await digests.keep(made)
    return Arranged(schedule, name)


async def _arrangement(call: Call) -> Arrangement:
    require_direct(call)
    digests = call.work.digests
    found = await digests.subscription(call.sender)
    off = sorted(await digests.turned_off(call.sender))
    shown = all_named(call.landscape, (n for n in off if n in call.landscape.networks), call.standing)
    is_on = found is not None and found.next_at is not None
    return Arrangement(
        found.schedule if found and is_on else None,
        await digests.zone_of(call.sender),
        tuple(sorted(shown, key=lambda one: one.name.casefold())),
    )


async def _begins(call: Call) -> float:
    """Up to when they have been told; for who gets no digests, a week ago."""
    found = await call.work.digests.subscription(call.sender)
    is_on = found is not None and found.next_at is not None
    return found.last_at if found and is_on else call.now.timestamp() - _WEEK


async def follow_clock(call: Call) -> None:
    """Their digests come by the clock that holds for them now."""
    digests = call.work.digests
    found = await digests.subscription(call.sender)
    if found is not None and found.next_at is not None:
        clock = zone(await digests.zone_of(call.sender))
        await digests.keep(subscribed(call.sender, found.schedule, found, clock, call.now.timestamp()))
