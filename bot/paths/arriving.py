"""Somebody has come into a network: what they wished for goes on, and its groups are offered once."""

from __future__ import annotations

from collections.abc import Iterable

from bot.letting_in import lets_in
from bot.networks.rules import all_named, first_step
from bot.paths.offering import offering
from bot.paths.ports import Offer, Wish
from bot.ports import Work
from spaces.access import Standing, may_enter, may_see
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Status
from spaces.sentences import sentence

_REASON = sentence("You asked to join.")


async def arrived(work: Work, user: UserId, network: NetworkId, *, now: float, said: str) -> None:
    """`user` has joined the Space of `network`. `said` is unique for this coming of theirs.

    The kit is not offered: clients show it by themselves to who has joined.
    """
    invited = await carry_on(work, user)
    found = work.landscape.networks.get(network)
    if found is None or user in work.landscape.coordinators_of(network):
        return
    if not await work.paths.wants_offers(user):
        return
    if not found.offers_groups and not await work.paths.talks_with(user):
        return
    standing = await work.standing_of(user)
    open_now = open_groups(work.landscape, standing, network)
    groups = tuple(g for g in open_now if g not in invited and not work.landscape.groups[g].is_kit)
    if groups:
        await work.paths.offered(user, Offer(network, groups, now))
        shown = all_named(work.landscape, groups, standing)
        message = offering(all_named(work.landscape, [network], standing)[0], shown)
        await work.tell(user, message, said=f"offer:{said}")


def open_groups(landscape: Landscape, standing: Standing, network: NetworkId) -> tuple[GroupId, ...]:
    """The groups of `network`, and those it shares, that they may enter and are not in or invited to."""
    groups = (*(g.id for g in landscape.groups_of(network)), *landscape.shared_with(network))
    return tuple(
        group
        for group in groups
        if landscape.status_of(group) is Status.ACTIVE
        and group not in standing.joined | standing.invited
        and may_see(landscape, standing, group)
        and may_enter(landscape, standing, group)
    )


async def carry_on(work: Work, user: UserId) -> tuple[PlaceId, ...]:
    """Invite `user` to what they have wished for, as far as it has become possible; to what that is."""
    wishes = await work.paths.wishes_of(user)
    if not wishes:
        return ()
    standing, invited = await work.standing_of(user), list[PlaceId]()
    for wish in wishes:
        if wish.via in standing.joined:
            invited += await _go_on(work, standing, wish)
        elif await work.paths.has_left(wish.via, user):
            await work.paths.unwish(user, wish.place)
    return tuple(invited)


async def _go_on(work: Work, standing: Standing, wish: Wish) -> tuple[PlaceId, ...]:
    """The next step to where they want to be, from `via`, which they have joined."""
    user, place = standing.user, wish.place
    await work.paths.unwish(user, place)
    if _is_gone(work, place):
        return ()
    if place in standing.joined:
        groups = open_groups(work.landscape, standing, NetworkId(place)) if wish.with_groups else ()
        return await bring_into(work, user, groups)
    step = first_step(work.landscape, standing, place)
    if step is None:
        return ()
    if step != place or wish.with_groups:
        await work.paths.wish(user, Wish(place, step, wish.with_groups))
    return await bring_into(work, user, [step])


def _is_gone(work: Work, place: PlaceId) -> bool:
    there = place in work.landscape.networks or place in work.landscape.groups
    return not there or work.landscape.status_of(place) is not Status.ACTIVE


async def bring_into(work: Work, user: UserId, places: Iterable[PlaceId]) -> tuple[PlaceId, ...]:
    """Invite them to these because they asked; which those were.

    Not to any that they are banned from, nor to rooms of others to which the bot may not invite.
    """
    invited = []
    for place in places:
        is_there = (await work.members_of(place)).get(user) in ("ban", "join", "invite")
        if not is_there and await lets_in(work, place):
            await work.invite(place, user, reason=str(_REASON))
            invited.append(place)
    return tuple(invited)
