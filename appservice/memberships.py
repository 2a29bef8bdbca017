"""What people do with memberships by hand in rooms of ours: it is in the audit log, and may end a role."""

from __future__ import annotations

from appservice.bans import is_ban_to_heed
from appservice.event import Event
from appservice.store import adoptions, by_hand, rooms
from appservice.telling import tell_coordinators
from appservice.work import UnitOfWork
from bot.keeping.reports import cannot_look_after
from bot.networks.rules import named
from spaces.actions import Action, Adopt, TakeIn
from spaces.bans import REASON_AT_MOST
from spaces.by_hand import RolesChanged, with_roles
from spaces.differences import Changed, Presence
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId, printable

_GONE = ("leave", "ban")


async def note_membership(
    work: UnitOfWork, place: PlaceId, event: Event, user: UserId, before: str | None
) -> None:
    """Before it is kept: note what somebody did to another, and the end of a coordinator's time.

    `before` was their membership.
    """
    membership = str(event.content["membership"])
    if before == membership:
        return
    if event.sender != user and not is_ban_to_heed(work, place, event, before):
        deed = _deed(membership, before)
        gone = await _taken_along(work, place, event, user, before)
        how = {"before": before, "after": membership, "by": event.sender}
        await work.note(f"by hand: {deed} {user}", place, gone, **how)
    if place.is_network and before == "join" and membership in _GONE:
        await _end_role(work, NetworkId(place), user, event.sender)


async def _taken_along(
    work: UnitOfWork, place: PlaceId, event: Event, user: UserId, before: str | None
) -> tuple[Changed, ...]:
    """Whom a coordinator takes out of a Space is taken out of the network's groups, as by `kick`.

    A Matrix client leaves them there. Nothing of that for an admin of ours, and none for who was not in
    the Space: an invitation that is taken back is that invitation alone.
    """
    is_kick = before == "join" and event.content["membership"] == "leave"
    may = event.sender in work.landscape.looking_after(place) and user not in work.surroundings.admins
    if not (place.is_network and is_kick and may):
        return ()
    here = work.landscape.places_of(NetworkId(place)) - {place}
    there = await rooms.places_of(work.connection, user)
    left = sorted(group for group, how in there if group in here and how in ("join", "invite"))
    reason = event.content.get("reason")
    said = printable(reason)[:REASON_AT_MOST] if isinstance(reason, str) else ""
    for group in left:
        await work.remove(group, user, reason=said)
    return tuple(Changed(Presence(room, user), None) for room in (place, *left))


def _deed(membership: str, before: str | None) -> str:
    if membership != "leave":
        return membership
    return {"ban": "unban", "knock": "deny"}.get(before or "", "kick")


async def _end_role(work: UnitOfWork, network: NetworkId, user: UserId, by: UserId) -> None:
    """Who leaves the Space, or is taken out, looks after the network no longer: as by `leave`."""
    if user in work.landscape.coordinators_of(network):
        landscape = with_roles(work.landscape, network, RolesChanged(demoted=(user,)))
        await work.change(landscape, what=f"by hand: coordinator remove {user}", about=network, by=by)


async def tell_of_parting(work: UnitOfWork, event: Event) -> None:
    """The bot was taken out of a room of ours: who looks after it hears what follows, once."""
    place = await work.place_of_room(event.room)
    is_there = place in work.landscape.networks or place in work.landscape.groups
    if place is None or place.is_direct or not is_there:
        return
    await work.note("by hand: the bot was taken out", place, by=event.sender)
    said = cannot_look_after(named(work.landscape, place), event.sender, work.surroundings.maker.bot)
    await tell_coordinators(work, place, said, said=f"out:{event.id}")


async def wished_step(work: UnitOfWork, room: RoomId, inviter: UserId) -> Action | None:
    """What comes of an invitation to a room that a coordinator has asked for, None for any other."""
    wished = await by_hand.wished_room(work.connection, room)
    if wished is not None and wished.by in work.landscape.coordinators_of(wished.network):
        return TakeIn(room, wished.network, wished.by)
    asked = await adoptions.wished(work.connection, room)
    if asked is None or asked.by not in work.landscape.coordinators_of(asked.network):
        return None
    return Adopt(room, asked.network, asked.by, asked.event, inviter=inviter)
