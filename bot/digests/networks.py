"""The digest of a network, which stands in its `news`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from bot.command import Call, command
from bot.digests import words
from bot.digests.commands import require_direct
from bot.digests.composing import gathered
from bot.digests.items import Period
from bot.digests.readers import members_of
from bot.languages import words_in
from bot.networks.rules import Named, named
from bot.permissions import may
from bot.reply import Document, say
from spaces.access import Deed
from spaces.editions import Cadence, Schedule, ended, last_until, schedule_of, subscribed
from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId
from spaces.landscape import Landscape
from spaces.network import Purpose, Status
from spaces.zones import zone


class Rhythm(StrEnum):
    """How often a network's digest is posted."""

    WEEKLY = "weekly"
    DAILY = "daily"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """`schedule` is None where none is posted any more."""

    network: Named
    schedule: Schedule | None
    zone: str


class NetworkDigests:
    """Post what happened in a network for all its members."""

    @command(
        "digest schedule",
        topic="digests",
        requires=may(Deed.DESCRIBE, "network"),
        examples=["digest schedule arts-uk weekly mon 08:00", "digest schedule arts-uk off"],
    )
    async def schedule(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network"],
        how_often: Annotated[Rhythm, "how often, or off"],
        when: Annotated[str, "the day and the time, such as mon 08:00"] = "",
    ) -> Scheduled:
        """Post what happened into a network's news.

        By the clock of the network's time zone, which `network describe` changes.
        """
        digests, name = call.work.digests, call.work.digests.zone_in(network)
        before, shown = await digests.subscription(network), named(call.landscape, network)
        if how_often is Rhythm.OFF:
            if when.strip():
                raise Malformed("Say `digest schedule NETWORK off` without a day or a time.")
            if before is not None and before.next_at is not None:
                await digests.keep(ended(before))
                await call.work.note("digest schedule off", network)
            return Scheduled(shown, None, name)
        _require_news(call.landscape, network)
        schedule = schedule_of(Cadence(how_often.value), when)
        made = subscribed(network, schedule, before, zone(name), call.now.timestamp())
        if before != made:
            await digests.keep(made)
            await call.work.note(f"digest schedule {schedule.words}", network)
        return Scheduled(shown, schedule, name)

    @command(
        "digest preview",
        topic="digests",
        requires=may(Deed.DESCRIBE, "network"),
        examples=["digest preview arts-uk"],
    )
    async def preview(self, call: Call, network: Annotated[NetworkId, "the network"]) -> Document:
        """Show what a network's next digest tells so far."""
        require_direct(call)
        digests, name, now = call.work.digests, call.work.digests.zone_in(network), call.now.timestamp()
        found = await digests.subscription(network)
        is_on = found is not None and found.next_at is not None
        period = Period(found.last_at if found and is_on else last_until(Schedule(), zone(name), now), now)
        reader = members_of(call.work, network)
        items = await gathered(digests.sources, reader, period)
        head = words.title(period, name, named(call.landscape, network))
        if not items:
            return Document((head, *say("Nothing to tell so far.").blocks))
        return words.asked_for(items, head, words_in(await call.work.language_for(call.heard)))


def _require_news(landscape: Landscape, network: NetworkId) -> None:
    """Raise `Conflict` where there is no room for it to stand in."""
    found = landscape.networks[network]
    if found.status is not Status.ACTIVE:
        raise Conflict("“{network}” is archived. Nothing is posted there.", network=found.name)
    if news_of(landscape, network) is None:
        raise Conflict("“{network}” has no `news` in which a digest could stand.", network=found.name)


def news_of(landscape: Landscape, network: NetworkId) -> GroupId | None:
    """Its active group for news, if it has one."""
    return next(
        (
            group.id
            for group in landscape.groups_of(network)
            if group.purpose is Purpose.NEWS and landscape.status_of(group.id) is Status.ACTIVE
        ),
        None,
    )
