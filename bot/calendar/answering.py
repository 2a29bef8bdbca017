"""Say in words whether one comes: what ✅ on the message in the news says as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.calendar.which import occasion_of, require_ahead
from bot.command import Call, command
from spaces.errors import Forbidden
from spaces.occasions import Occasion, may_come


@dataclass(frozen=True, slots=True)
class Answered:
    """They come, or not."""

    occasion: Occasion
    comes: bool


class Coming:
    """Say whether you come."""

    @command("event yes", topic="events", examples=["event yes 48213"])
    async def yes(self, call: Call, number: Annotated[int, "the number of the event"]) -> Answered:
        """Say that you come to an event.

        ✅ on its message in the news says the same. I remind you the day before.
        """
        found = await occasion_of(call, number)
        require_ahead(call, found)
        if not may_come(call.landscape, call.standing, found.network):
            network = call.landscape.networks[found.network]
            raise Forbidden(
                "Only members of “{network}” tell me that they come. `join {slug}` brings you in.",
                network=network.name,
                slug=network.slug,
            )
        await call.work.calendar.say_yes(found, call.sender)
        return Answered(found, comes=True)

    @command("event no", topic="events", examples=["event no 48213"])
    async def no(self, call: Call, number: Annotated[int, "the number of the event"]) -> Answered:
        """Say that you do not come to an event after all; a ✅ of yours no longer counts."""
        found = await occasion_of(call, number)
        require_ahead(call, found)
        await call.work.calendar.say_no(found, call.sender)
        return Answered(found, comes=False)
