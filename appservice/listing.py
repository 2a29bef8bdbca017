"""A room was put into a Space of ours by hand, or taken out of it: as by `network link` or `group share`.

Where the other side has to agree it is asked; until its yes what was put there is left alone, and
nothing of ours follows.
"""

from __future__ import annotations

from appservice.store import rooms
from appservice.store.by_hand import drop_wish
from appservice.telling import tell_where_they_talk
from appservice.work import UnitOfWork
from bot.keeping.added import asks_for_share, asks_to_be_invited, cannot_be
from bot.networks import questions
from bot.networks.rules import named, question, waits_for, ways_in
from spaces import by_hand, changes
from spaces.access import may_see
from spaces.actions import Content, TakeIn
from spaces.errors import Refusal
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.network import Share


async def added_to_space(
    work: UnitOfWork, network: NetworkId, child: PlaceId | str, content: Content, by: UserId, event: str
) -> bool:
    """`by` has put `child` into the Space of `network`; whether it may stay there."""
    if not isinstance(child, PlaceId):
        await work.note(f"by hand: room {child} added", network, after=str(child), by=by)
        work.put(TakeIn(RoomId(child), network, by, by_hand.via_of(content)))
        return True
    if not may_see(work.landscape, await work.standing_of(by), child):
        room = await rooms.room_of(work.connection, child)
        await work.note(f"by hand: room {room} added", network, after=room, by=by)
        await ask_to_be_invited(work, network, by, f"{room}:{network}")
        return True  # as with any room that the bot cannot get into
    try:
        if child.is_network:
            await _link(work, network, NetworkId(child), by, event)
        elif child.is_group:
            await _share(work, network, GroupId(child), by, event)
    except Refusal as refusal:
        said = cannot_be(named(work.landscape, network), refusal.said)
        await tell_where_they_talk(work, [by], said, said=f"by hand:{event}")
        return False
    return True


async def _link(work: UnitOfWork, parent: NetworkId, child: NetworkId, by: UserId, event: str) -> None:
    landscape, standing = work.landscape, await work.standing_of(by)
    was = landscape.links.get((parent, child))
    changed = changes.link(
        landscape,
        parent,
        child,
        parent_agrees=parent in landscape.coordinated_by(by),
        child_agrees=child in landscape.coordinated_by(by),
        by=by,
        may_name=lambda network: may_see(landscape, standing, network),
    )
    if changed is landscape:
        return
    above = landscape.networks[parent].slug
    await work.change(changed, what=f"by hand: network link under {above}", about=child, by=by)
    link = changed.links[parent, child]
    if link.holds and was is not None and was.asked_by not in (None, by):
        answer = questions.answered(question(landscape, was), by, agreed=True)
        await tell_where_they_talk(work, [was.asked_by], answer, said=f"answers {event} {child} {parent}")
    elif not link.holds and was is None:
        await _ask_to_link(work, changed.links[parent, child].child, parent, by, event)


async def _ask_to_link(work: UnitOfWork, child: NetworkId, parent: NetworkId, by: UserId, event: str) -> None:
    asked = work.landscape.links[parent, child]
    for user in work.landscape.coordinators_of(waits_for(asked)):
        ways = ways_in(work.landscape, child, await work.standing_of(user), wanted=True)
        put = questions.asks(question(work.landscape, asked), ways, by)
        await work.tell(user, put, said=f"asks {event} {child}", reminding=True)


async def _share(work: UnitOfWork, network: NetworkId, group: GroupId, by: UserId, event: str) -> None:
    landscape = work.landscape
    found = landscape.groups[group]
    if found.home == network:
        await work.note("by hand: listed again", group, by=by)
        return
    was = landscape.shares.get((group, network))
    changed = changes.share(
        landscape,
        group,
        network,
        home_agrees=found.home in landscape.coordinated_by(by),
        network_agrees=True,
        by=by,
    )
    if changed is landscape:
        return
    with_whom = landscape.networks[network].slug
    await work.change(changed, what=f"by hand: group share with {with_whom}", about=group, by=by)
    if was is None and not changed.shares[group, network].holds:
        await _ask_to_share(work, changed.shares[group, network], by, event)


async def _ask_to_share(work: UnitOfWork, share: Share, by: UserId, event: str) -> None:
    landscape = work.landscape
    home = landscape.groups[share.group].home
    put = asks_for_share(named(landscape, share.group), named(landscape, share.network), by)
    for user in landscape.coordinators_of(home):
        await work.tell(user, put, said=f"asks {event} {share.group}", reminding=True)


async def ask_to_be_invited(work: UnitOfWork, network: NetworkId, by: UserId, once: str) -> None:
    """Tell who has added a room that the bot cannot get into it, where the two of them talk."""
    bot = work.surroundings.maker.bot
    said = asks_to_be_invited(named(work.landscape, network), bot)
    await tell_where_they_talk(work, [by], said, said=f"invite me:{once}")


async def taken_out_of_space(work: UnitOfWork, network: NetworkId, child: PlaceId | str, by: UserId) -> None:
    """`by` has taken `child` out of the Space of `network`: unlinked, no longer shared, or only unlisted."""
    landscape = work.landscape
    slug = landscape.networks[network].slug
    if isinstance(child, PlaceId) and (link := landscape.links.get((network, NetworkId(child)))):
        changed = changes.unlink(landscape, network, link.child)
        await work.change(changed, what=f"by hand: network unlink from {slug}", about=link.child, by=by)
    elif isinstance(child, PlaceId) and (share := landscape.shares.get((GroupId(child), network))):
        changed = changes.unshare(landscape, share.group, network)
        await work.change(changed, what=f"by hand: group unshare with {slug}", about=share.group, by=by)
    elif isinstance(child, PlaceId):
        await work.note(f"by hand: taken off the list of {slug}", child, by=by)
    else:
        await drop_wish(work.connection, RoomId(child))
        await work.note(f"by hand: room {child} taken out", network, before=str(child), by=by)
