"""Move a network from one parent to another in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, command
from bot.lifecycle import previews
from bot.networks.asking import Waiting, ask, has_yes_of, tell_who_asked, waiting_side
from bot.networks.previews import people_in
from bot.networks.rules import Named, WaysIn, named, question, waits_for, ways_in
from bot.networks.sides import EitherSide
from bot.reply import Document
from spaces import changes
from spaces.access import Deed, Standing, coordinates, is_member, may_enter, may_see
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access


@dataclass(frozen=True, slots=True)
class Moved:
    """The network is under `parent` now, or was already."""

    network: Named
    parent: Named
    ways: WaysIn
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """The move waits for the other side's yes; until then all stays as it is."""

    network: Named
    parent: Named
    waiting: Waiting
    again: bool = False


class Moving:
    """Move networks."""

    @command(
        "network move",
        topic="networks",
        requires=EitherSide(Deed.LINK, "network", "under"),
        examples=["network move arts-bristol --under arts-uk"],
        meanwhile="Moving …",
    )
    async def move(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network"],
        *,
        under: Annotated[NetworkId, "the network that is to be above it"],
    ) -> Moved | MoveAsked:
        """Put a network under another instead.

        I show who gains and who loses a way in. A coordinator of the side that did not speak is asked,
        and until they agree it stays where it is.
        """
        before, was = call.landscape, call.landscape.links.get((under, network))
        audience = await audience_of(call)
        landscape = _moved(call, network, under, audience)
        changed = landscape is not before
        if changed:
            call.confirm(await _preview(call, landscape, network, under, audience))
            slug = landscape.slug_of(under)
            await call.work.change(landscape, what=f"network move under {slug}", about=network)
        link = landscape.links[under, network]
        here, there = named(landscape, network), named(landscape, under)
        if link.holds:
            if changed and was is not None and not was.holds:
                await tell_who_asked(call, was.asked_by, question(landscape, link), agreed=True)
            return Moved(here, there, ways_in(landscape, network, audience), was_there=not changed)
        if changed:
            await ask(call, question(landscape, link), waits_for(link))
        waiting = waiting_side(call, waits_for(link), audience)
        return MoveAsked(here, there, waiting, again=not changed)


def _moved(
    call: Call, network: NetworkId, under: NetworkId, audience: Standing, *, agreed: bool = False
) -> Landscape:
    """The landscape after the move as far as the speaker can bring it about; `agreed`: with every yes."""
    return changes.move(
        call.landscape,
        network,
        under,
        parent_agrees=agreed or has_yes_of(call, under),
        child_agrees=agreed or has_yes_of(call, network),
        by=call.sender,
        may_name=lambda one: may_see(call.landscape, audience, one),
    )


async def _preview(
    call: Call, landscape: Landscape, network: NetworkId, under: NetworkId, audience: Standing
) -> Document:
    before = call.landscape
    after = _moved(call, network, under, audience, agreed=True)
    link = landscape.links[under, network]
    old = next(iter(before.agreed_parents(network)), None)
    names_old = old is not None and may_see(before, audience, old)
    gained, lost = await _who_gains_and_loses(call, after, network, audience)
    return previews.moving(
        previews.Move(
            network=named(before, network),
            parent=named(before, under),
            has_old=old is not None and (names_old or coordinates(before, audience, network)),
            old=named(before, old) if old is not None and names_old else None,
            asks=None if link.holds else waiting_side(call, waits_for(link), audience),
            gained=gained,
            lost=lost,
            access=before.networks[network].access,
            ways=ways_in(after, network, audience),
        )
    )


async def _who_gains_and_loses(
    call: Call, after: Landscape, network: NetworkId, audience: Standing
) -> tuple[int | None, int | None]:
    """How many can get in unasked who could not before, and how many who are in have no such way any more.

    None for what is not for them to know.
    """
    before = call.landscape
    if before.networks[network].access is not Access.PRIVATE:
        return None, None
    doors, doors_after = set(before.parents(network)), set(after.parents(network))
    inside = await people_in(call, [network])
    way_before, way_after = await _members(call, doors), await _members(call, doors_after)
    gained, lost = len(way_after - way_before - inside), len((inside & way_before) - way_after)
    knows_gained = all(_knows_members(before, audience, door) for door in doors_after - doors)
    knows_lost = _knows_members(before, audience, network)
    return gained if knows_gained else None, lost if knows_lost else None


async def _members(call: Call, networks: Iterable[NetworkId]) -> frozenset[UserId]:
    return await people_in(call, list(networks))


def _knows_members(landscape: Landscape, audience: Standing, network: NetworkId) -> bool:
    return is_member(landscape, audience, network) or may_enter(landscape, audience, network)
