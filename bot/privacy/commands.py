"""See everything that is kept about oneself, and have it forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from bot.command import Call, command
from bot.networks.rules import named
from bot.privacy.previews import forgetting
from spaces.errors import Conflict


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`elsewhere`: it was asked for in a room with several, and goes to the direct message."""

    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`until`: the last day on which a backup may still hold them."""

    stays: bool
    rooms: int
    until: date


class OnesOwn:
    """See everything that is kept about oneself, and have it forgotten."""

    @command("my data", topic="speaking", examples=["my data"])
    async def my_data(self, call: Call) -> HandedOver:
        """Get everything that I keep about you, as two files.

        One to read, one (JSON) for programs. They come in a direct message, wherever you ask.
        """
        alone = call.heard.is_direct
        await call.work.privacy.hand_over(call.sender, call.heard.room if alone else None, call.heard.event)
        return HandedOver(elsewhere=not alone)

    @command(
        "forget me",
        topic="speaking",
        examples=["forget me", "forget me --stay"],
        meanwhile="Forgetting you …",
    )
    async def forget_me(
        self,
        call: Call,
        *,
        stay: Annotated[bool, "leave you in the rooms that you are in"] = False,
    ) -> Forgotten:
        """Have me forget everything that I keep about you.

        You see first what that is and what it means. It is done within a day.
        """
        if not call.heard.is_direct:
            raise Conflict(
                "What I keep about you is your own affair, so I speak of it in direct messages only. Nothing "
                "was done: write to me in a direct message, and say it there."
            )
        privacy = call.work.privacy
        outlook = await privacy.outlook(call.sender)
        until = datetime.fromtimestamp(privacy.backups_until, UTC).date()
        orphaned = [named(call.landscape, network) for network in outlook.orphaned]
        call.confirm(forgetting(outlook, orphaned, until, stays=stay))
        await privacy.forget(call.sender, stays=stay)
        return Forgotten(stay, outlook.rooms, until)
