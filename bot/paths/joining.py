"""Join a network with all its groups, or those of them that were offered."""

from __future__ import annotations

from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, command
from bot.networks.membership import NotOpen, require_open
from bot.networks.phrases import link, links
from bot.networks.rules import Named, all_named, first_step, named, ways_in
from bot.paths.arriving import bring_into, open_groups
from bot.paths.offering import ALL, STOP, numbers_in
from bot.paths.ports import Wish
from bot.reply import Document, paragraph, say
from spaces.access import Standing
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, PlaceId


class Joining:
    """Get into several rooms at once."""

    @command("join all", topic="joining", examples=["join all arts-uk"], meanwhile="Inviting you …")
    async def join_all(self, call: Call, network: Annotated[NetworkId, "the network"]) -> NotOpen | Document:
        """Be invited to a network and to all its groups.

        First to its Space, so that the groups show under it in your client.
        """
        require_open(call, network)
        audience, here = await audience_of(call), named(call.landscape, network)
        first = first_step(call.landscape, call.standing, network)
        if first is None and network not in call.standing.joined:
            ways = ways_in(call.landscape, network, audience)
            return NotOpen(here, ways, call.landscape.coordinators_of(network))
        if network in call.standing.joined or first is None:
            return await _the_groups(call, here, audience)
        if first != network:
            require_fit(call.landscape, audience, first)
        await bring_into(call.work, call.sender, [first])
        await call.work.paths.wish(call.sender, Wish(network, first, with_groups=True))
        now: tuple[PlaceId, ...] = ()
        if first == network:
            groups = open_groups(call.landscape, call.standing, network)
            now = await bring_into(call.work, call.sender, groups)
        shown = all_named(call.landscape, now, audience)
        return _waits(named(call.landscape, first), here, shown)

    @command("choose", topic="joining", examples=["choose 1 2", "choose all"], meanwhile="Inviting you …")
    async def choose(self, call: Call, which: Annotated[str, "their numbers, or all, or stop"]) -> Document:
        """Join groups that I have offered you.

        When you join a network I name its groups once, by number. In a direct message the numbers
        alone do; `stop` ends these offers.
        """
        wished = which.strip().lower()
        if wished == STOP:
            await call.work.paths.stop_offers(call.sender)
            return say("All right: I offer you no groups any more. `join all NETWORK` still brings them all.")
        offer = await call.work.paths.offer_to(call.sender)
        if offer is None or offer.network not in call.standing.joined:
            raise Conflict("I have offered you no groups lately. `tree NETWORK` shows those of a network.")
        chosen: list[PlaceId] = list(offer.groups)
        if wished != ALL:
            chosen = [offer.groups[n - 1] for n in numbers_in(wished, len(offer.groups))]
        open_now = open_groups(call.landscape, call.standing, offer.network)
        now = await bring_into(call.work, call.sender, [place for place in chosen if place in open_now])
        if wished == ALL:
            await call.work.paths.offer_settled(call.sender)
        shown = all_named(call.landscape, now, await audience_of(call))
        if not now:
            return say("You are in them already, or an invitation waits for you.")
        return say("I have invited you to {groups}. Accept in your client.", groups=links(shown))


async def _the_groups(call: Call, network: Named, audience: Standing) -> Document:
    """They are in the Space: all of its groups that they may enter, and are not in."""
    groups = open_groups(call.landscape, call.standing, NetworkId(network.id))
    now = await bring_into(call.work, call.sender, groups)
    if not now:
        return say("You are in every group of {network} that I may let you into.", network=link(network))
    shown = all_named(call.landscape, now, audience)
    return say("I have invited you to {groups}. Accept in your client.", groups=links(shown))


def _waits(first: Named, network: Named, groups: tuple[Named, ...]) -> Document:
    accept = paragraph("An invitation to {place} waits for you: accept it in your client.", place=link(first))
    if first.id != network.id:
        then = paragraph(
            "Once you are in, I invite you to {network}, and from there to its groups.", network=link(network)
        )
    elif groups:
        then = paragraph(
            "Invitations to {groups} come with it; once you are in, I invite you to its other groups.",
            groups=links(groups),
        )
    else:
        then = paragraph("Once you are in, I invite you to all its groups.")
    return Document((accept, then))
