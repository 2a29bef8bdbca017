"""Join networks: links, and the answers to bridges that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, command
from bot.networks import previews
from bot.networks.asking import Waiting, ask, has_yes_of, tell_who_asked, waiting_for, waiting_side
from bot.networks.rules import Named, WaysIn, all_named, named, question, waits_for, ways_in
from bot.networks.sides import Coordinating, EitherSide
from spaces import access as rights
from spaces import changes
from spaces.access import Deed, Standing
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.network import Link, Status
from spaces.sentences import listed


@dataclass(frozen=True, slots=True)
class Linked:
    """The link holds now or, if `was_there`, did before. `ways` are those into the child."""

    child: Named
    parent: Named
    ways: WaysIn
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class LinkAsked:
    """The link waits for the other side's yes; `again` if it did before."""

    child: Named
    parent: Named
    waiting: Waiting
    ways: WaysIn
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The link is gone. `parents` are those that are left; `was_asked` if it had only been proposed."""

    child: Named
    parent: Named
    parents: tuple[Named, ...]
    was_asked: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """Agreed for `parents`, those that may be named; the bridge is made unless it is still `waiting`."""

    bridge: Named
    parents: tuple[Named, ...]
    waiting: tuple[Waiting, ...]
    ways: WaysIn


@dataclass(frozen=True, slots=True)
class Declined:
    """Declined for `parents`, those that may be named; `given_up` if the bridge is left with too few."""

    bridge: Named
    parents: tuple[Named, ...]
    given_up: bool


class Linking:
    """Join networks, and answer when somebody asks to."""

    @command(
        "network link",
        topic="networks",
        requires=EitherSide(Deed.LINK, "child", "under"),
        examples=["network link arts-bristol --under arts-uk"],
        meanwhile="Linking …",
    )
    async def link(
        self,
        call: Call,
        child: Annotated[NetworkId, "the network that is to be below"],
        *,
        under: Annotated[NetworkId, "the network that is to be above"],
    ) -> Linked | LinkAsked:
        """Put a network under another.

        A coordinator of the side that did not speak is asked.
        """
        was = call.landscape.links.get((under, child))
        audience = await audience_of(call)
        landscape = changes.link(
            call.landscape,
            under,
            child,
            parent_agrees=has_yes_of(call, under),
            child_agrees=has_yes_of(call, child),
            by=call.sender,
            may_name=lambda network: rights.may_see(call.landscape, audience, network),
        )
        ends = named(landscape, child), named(landscape, under)
        if landscape is not call.landscape:
            await call.work.change(landscape, what=f"network link under {ends[1].slug}", about=child)
            await _put_question(call, landscape.links[under, child], was)
        return _link_as_it_stands(call, ends, was, audience, changed=was != landscape.links[under, child])

    @command(
        "network unlink",
        topic="networks",
        requires=EitherSide(Deed.UNLINK, "child", "from_"),
        examples=["network unlink arts-bristol --from arts-uk"],
        meanwhile="Unlinking …",
    )
    async def unlink(
        self,
        call: Call,
        child: Annotated[NetworkId, "the network that is below"],
        *,
        from_: Annotated[NetworkId, "the network that is above"],
    ) -> Unlinked:
        """Take a network out from under another.

        If that was only asked for, this declines it.
        """
        was = call.landscape.links.get((from_, child))
        if was is None:
            raise Conflict(
                "“{child}” is not under “{parent}”, so there is nothing to unlink. "
                "`show` tells what a network is under.",
                child=named(call.landscape, child).name,
                parent=named(call.landscape, from_).name,
            )
        landscape = changes.unlink(call.landscape, from_, child)
        if was.holds and not (has_yes_of(call, from_) and has_yes_of(call, child)):
            people = await previews.people_in(call, [child])
            above, below = named(call.landscape, from_), named(call.landscape, child)
            call.confirm(previews.unlinking(below, above, len(people)))
        await call.work.change(
            landscape, what=f"network unlink from {named(landscape, from_).slug}", about=child
        )
        if not was.holds:
            await tell_who_asked(call, was.asked_by, question(landscape, was), agreed=False)
        left = all_named(landscape, landscape.parents(child), await audience_of(call))
        return Unlinked(named(landscape, child), named(landscape, from_), left, not was.holds)

    @command(
        "bridge accept",
        topic="bridges",
        requires=Coordinating(),
        examples=["bridge accept Arts & Health"],
        meanwhile="Agreeing …",
    )
    async def accept(
        self, call: Call, network: Annotated[NetworkId, "the bridge that waits for your yes"]
    ) -> Accepted:
        """Agree to a bridge for your networks."""
        audience = await audience_of(call)
        asked = _asked_of(call, network, audience)
        landscape = call.landscape
        for ln in asked:
            landscape = changes.accept(landscape, ln.parent, ln.child)
        await call.work.change(landscape, what=_what("accept", landscape, asked), about=network)
        for ln in asked:
            await tell_who_asked(call, ln.asked_by, question(call.landscape, ln), agreed=True)
        return Accepted(
            named(landscape, network),
            all_named(landscape, (ln.parent for ln in asked), audience),
            waiting_for(call, network, audience),
            ways_in(landscape, network, audience, wanted=True),
        )

    @command(
        "bridge decline",
        topic="bridges",
        requires=Coordinating(),
        examples=["bridge decline Arts & Health"],
    )
    async def decline(
        self, call: Call, network: Annotated[NetworkId, "the bridge that you do not want"]
    ) -> Declined:
        """Decline a bridge for your networks."""
        audience = await audience_of(call)
        asked = _asked_of(call, network, audience)
        bridge = named(call.landscape, network)
        questions = [(ln.asked_by, question(call.landscape, ln)) for ln in asked]
        landscape = call.landscape
        for ln in asked:
            landscape = changes.decline(landscape, ln.parent, ln.child)
        await call.work.change(landscape, what=_what("decline", landscape, asked), about=network)
        for asker, declined in questions:
            await tell_who_asked(call, asker, declined, agreed=False)
        given_up = landscape.networks[network].status is Status.ARCHIVED
        return Declined(bridge, all_named(landscape, (ln.parent for ln in asked), audience), given_up)


async def _put_question(call: Call, link: Link, was: Link | None) -> None:
    """After a change: ask the other side of a new link, or tell who asked that it holds now."""
    if not link.holds:
        await ask(call, question(call.landscape, link), waits_for(link))
    elif was is not None:
        await tell_who_asked(call, was.asked_by, question(call.landscape, was), agreed=True)


def _link_as_it_stands(
    call: Call, ends: tuple[Named, Named], was: Link | None, audience: Standing, *, changed: bool
) -> Linked | LinkAsked:
    child, parent = ends
    landscape = call.landscape
    link = landscape.links[NetworkId(parent.id), NetworkId(child.id)]
    ways = ways_in(landscape, child.id, audience, wanted=True)
    if link.holds:
        return Linked(child, parent, ways, was_there=not changed)
    return LinkAsked(
        child, parent, waiting_side(call, waits_for(link), audience), ways, again=was is not None
    )


def _asked_of(call: Call, child: NetworkId, audience: Standing) -> list[Link]:
    """The links above `child` that wait for a yes that the speaker may give."""
    upwards = (ln for ln in call.landscape.proposals_of(child) if ln.child == child)
    mine = [ln for ln in upwards if waits_for(ln) == ln.parent and has_yes_of(call, ln.parent)]
    if mine:
        return mine
    called = named(call.landscape, child).name
    others = sorted({user for waiting in waiting_for(call, child, audience) for user in waiting.who})
    if others:
        asked = listed(others[:3], "or")
        raise Forbidden("“{bridge}” does not wait for you, but for {people}.", bridge=called, people=asked)
    raise Conflict("“{bridge}” does not wait for a yes of yours. `status` lists what does.", bridge=called)


def _what(verb: str, landscape: Landscape, links: list[Link]) -> str:
    return f"bridge {verb} for {', '.join(named(landscape, ln.parent).slug for ln in links)}"
