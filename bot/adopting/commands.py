"""Bring in a room or a Space that others have made."""

from __future__ import annotations

from typing import Annotated

from bot.adopting import words
from bot.adopting.ports import Asked
from bot.adopting.targets import target_of
from bot.command import Call, Name, command
from bot.networks.rules import named
from bot.permissions import may
from bot.reply import Document
from spaces.access import Deed, may_see
from spaces.errors import Conflict
from spaces.identifiers import NetworkId


class Adopting:
    """Bring in what others have made."""

    @command(
        "adopt",
        topic="coordinators",
        requires=may(Deed.ADOPT, "into"),
        examples=["adopt #town-choir:example.org --into arts-uk"],
        meanwhile="Looking at {room} …",
    )
    async def adopt(
        self,
        call: Call,
        room: Annotated[Name, "the alias or ID of the room or Space, or a link to it"],
        *,
        into: Annotated[NetworkId, "the network that it is to belong to"],
    ) -> Document:
        """Bring in a room or a Space with its members.

        A room becomes a group, and a Space a network with its rooms, which I show you first. You need the
        power there to change its settings, and I need to be let in.
        """
        if not call.heard.is_direct:
            raise Conflict(
                "That may name people and rooms that not everyone here sees. Ask me in a direct message."
            )
        target = target_of(room)
        wants = f"adopt {target.meant} --into {into}"
        asked = Asked(target.meant, into, call.sender, call.heard.event, target.via, wants)
        adoptions, landscape = call.work.adoptions, call.landscape
        place = await adoptions.place_at(target.meant)
        if place is not None and may_see(landscape, call.standing, place):
            return words.is_ours(landscape, place, into)
        shown = await adoptions.shown(call.sender, target.meant) if call.confirmed else None
        if shown is not None and shown.agreement == call.confirmed and shown.agreement.startswith(wants):
            done = await adoptions.take_in(asked, shown.room)
        else:
            done = await adoptions.look_into(asked)
        return done or words.is_looking(named(landscape, into))
