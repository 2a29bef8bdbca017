"""Share a group with another network, and answer when somebody asks to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, command
from bot.lifecycle import previews
from bot.networks.asking import Waiting, ask, has_yes_of, tell_who_asked, waiting_side
from bot.networks.previews import people_in
from bot.networks.rules import Named, WaysIn, named, question_of_share, share_waits_for, ways_in
from bot.networks.sides import EitherSide
from spaces import changes
from spaces.access import Deed, Standing
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId
from spaces.network import Access, Share


@dataclass(frozen=True, slots=True)
class Shared:
    """The share holds now or, if `was_there`, did before. `ways` are those into the group."""

    group: Named
    network: Named
    ways: WaysIn
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class ShareAsked:
    """The share waits for the other side's yes; `again` if it did before."""

    group: Named
    network: Named
    waiting: Waiting
    ways: WaysIn
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unshared:
    """The share is gone; `was_asked` if it had only been proposed."""

    group: Named
    network: Named
    was_asked: bool


class Sharing:
    """Share groups between networks."""

    @command(
        "group share",
        topic="groups",
        requires=EitherSide(Deed.SHARE, "group", "with_"),
        examples=["group share arts-uk/painting --with health-uk"],
        meanwhile="Sharing …",
    )
    async def share(
        self,
        call: Call,
        group: Annotated[GroupId, "the group"],
        *,
        with_: Annotated[NetworkId, "the network that is to list it too"],
    ) -> Shared | ShareAsked:
        """Let another network list a group too.

        Its members get in then. A coordinator of the side that did not speak is asked.
        """
        home, was = call.landscape.groups[group].home, call.landscape.shares.get((group, with_))
        check_is_open(call, group)
        landscape = changes.share(
            call.landscape,
            group,
            with_,
            home_agrees=has_yes_of(call, home),
            network_agrees=has_yes_of(call, with_),
            by=call.sender,
        )
        share = landscape.shares[group, with_]
        if share != was:
            slug = landscape.slug_of(with_)
            await call.work.change(landscape, what=f"group share with {slug}", about=group)
            await _put_question(call, share, was)
        return _share_as_it_stands(call, share, was, await audience_of(call))

    @command(
        "group unshare",
        topic="groups",
        requires=EitherSide(Deed.SHARE, "group", "from_"),
        examples=["group unshare arts-uk/painting --from health-uk"],
        meanwhile="Changing …",
    )
    async def unshare(
        self,
        call: Call,
        group: Annotated[GroupId, "the group"],
        *,
        from_: Annotated[NetworkId, "the network that lists it too"],
    ) -> Unshared:
        """Take a group out of another network.

        If that was only asked for, this declines it.
        """
        was = call.landscape.shares.get((group, from_))
        landscape = changes.unshare(call.landscape, group, from_)
        here, there = named(call.landscape, group), named(call.landscape, from_)
        home = call.landscape.groups[group].home
        if was is not None and was.holds and not (has_yes_of(call, home) and has_yes_of(call, from_)):
            people = await people_in(call, [group])
            call.confirm(previews.unsharing(here, there, len(people)))
        await call.work.change(landscape, what=f"group unshare from {there.slug}", about=group)
        was_asked = was is not None and not was.holds
        if was is not None and was_asked:
            asked = question_of_share(landscape, was)
            await tell_who_asked(call, was.asked_by, asked, agreed=False)
        return Unshared(here, there, was_asked)


def check_is_open(call: Call, group: GroupId) -> None:
    """Raise `Conflict` for a group that no other network can list."""
    found = call.landscape.groups[group]
    if found.access is Access.INVITE and not found.is_kit:
        raise Conflict(
            "“{group}” is for those who are invited, so no other network can list it. "
            "`group describe {slug} --access private` opens it to members.",
            group=found.name,
            slug=call.landscape.slug_of(group),
        )


async def _put_question(call: Call, share: Share, was: Share | None) -> None:
    """After a change: ask the other side of a new share, or tell who asked that it holds now."""
    asked = question_of_share(call.landscape, share)
    if not share.holds:
        await ask(call, asked, share_waits_for(call.landscape, share))
    elif was is not None:
        await tell_who_asked(call, was.asked_by, asked, agreed=True)


def _share_as_it_stands(
    call: Call, share: Share, was: Share | None, audience: Standing
) -> Shared | ShareAsked:
    landscape = call.landscape
    group, network = named(landscape, share.group), named(landscape, share.network)
    ways = ways_in(landscape, share.group, audience, wanted=True)
    if share.holds:
        return Shared(group, network, ways, was_there=share == was)
    waiting = waiting_side(call, share_waits_for(landscape, share), audience)
    return ShareAsked(group, network, waiting, ways, again=was is not None)
