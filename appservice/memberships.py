"""What people do with memberships by hand in rooms of ours: it is in the audit log, and may end a role."""

from __future__ import annotations

from appservice.bans import is_ban_to_heed
from appservice.event import Event
from appservice.store import adoptions, by_hand
from appservice.telling import tell_coordinators
from appservice.work import UnitOfWork
from bot.keeping.reports import cannot_look_after
from bot.networks.rules import named
from spaces.actions import Action, Adopt, TakeIn
from spaces.by_hand import RolesChanged, with_roles
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId

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
        await work.note(f"by hand: {deed} {user}", place, before=before, after=membership, by=event.sender)
    if place.is_network and before == "join" and membership in _GONE:
        await _end_role(work, NetworkId(place), user, event.sender)


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
    if place is None or place.is_direct or place not in {*work.landscape.networks, *work.landscape.groups}:
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
