"""The time zone of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, command
from bot.digests.commands import follow_clock, require_direct
from bot.zones import known_zone


@dataclass(frozen=True, slots=True)
class ZoneShown:
    """`chosen` just now."""

    zone: str
    chosen: bool


class Clocks:
    """Choose by which clock somebody is told things."""

    @command("timezone", topic="digests", examples=["timezone Europe/London", "timezone"])
    async def timezone(
        self, call: Call, zone: Annotated[str, "its name, such as Europe/London"] = ""
    ) -> ZoneShown:
        """Show your time zone, or choose another.

        Until you choose, it is that of your networks, or of this server.
        """
        require_direct(call)
        if not zone.strip():
            return ZoneShown(await call.work.digests.zone_of(call.sender), chosen=False)
        name = known_zone(zone)
        await call.work.digests.set_zone(call.sender, name)
        await follow_clock(call)
        return ZoneShown(name, chosen=True)
