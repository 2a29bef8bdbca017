"""Bans in rooms: the calls that make and end them, and what an admin's rules entail for whom they meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import structlog

from appservice.audit import HEDGEROW
from appservice.event import Event
from appservice.homeserver import Homeserver, HomeserverError, quoted
from appservice.store import bans as kept
from spaces.actions import Unban
from spaces.bans import REASON_AT_MOST, ban, following, rule_on, unban, unbanned
from spaces.errors import Refusal
from spaces.identifiers import PlaceId, RoomId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Banned

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

log = structlog.get_logger(__name__)

_PRESENT = ("join", "invite", "knock")


class Present:
    """Implements `bot.bans.ports.Present`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    @property
    def protected(self) -> frozenset[UserId]:
        return self._work.surroundings.admins | {self._work.surroundings.maker.bot}

    async def fitting(self, rule: str) -> Sequence[tuple[PlaceId, UserId]]:
        return await kept.present(self._work.connection, rule)


async def end_bans(work: UnitOfWork, before: Landscape, after: Landscape) -> None:
    """Whoever is banned in a room, and kept out of it no longer, may come in again."""
    for place, user in unbanned(before, after):
        found = await work.expected_of(place)
        how = await kept.membership(work.connection, place, user)
        if found is not None and "ban" in (how, found.members.get(user)):
            await work.change_membership(Unban(place, user))


async def apply_rules(work: UnitOfWork, place: PlaceId, seen: Iterable[tuple[UserId, str]]) -> None:
    """Ban those who are seen in the room of `place` and whom a rule of an admin's keeps out."""
    if not work.landscape.bans:
        return
    people = [(place, user) for user, how in seen if how in _PRESENT]
    exempt = Present(work).protected
    found = list(following(work.landscape, people, at=work.now, exempt=exempt))
    if found:
        landscape = ban(work.landscape, found, protected=exempt)
        await work.change(landscape, what="banned by a rule", about=place, by=HEDGEROW)


def is_ban_to_heed(work: UnitOfWork, place: PlaceId, event: Event, before: str | None) -> bool:
    """Whether somebody who looks after `place` has banned somebody else from its room, or ended a ban."""
    after, by = event.content.get("membership"), event.sender
    return (
        after != before
        and "ban" in (after, before)
        and by != event.state_key
        and by in work.landscape.looking_after(place)
    )


async def heed_hand(work: UnitOfWork, place: PlaceId, event: Event, user: UserId, before: str | None) -> None:
    """What a coordinator does to somebody in a Matrix client means the same as the command.

    A ban that cannot be so, or its end, is put back. `before` was their membership.
    """
    after, by = event.content.get("membership"), event.sender
    if not is_ban_to_heed(work, place, event, before):
        return
    try:
        if after == "ban":
            reason = event.content.get("reason")
            said = printable(reason)[:REASON_AT_MOST] if isinstance(reason, str) else ""
            one = Banned(place, str(user), str(by), said, work.now)
            changed = ban(work.landscape, [one], protected=Present(work).protected)
        else:
            changed = unban(work.landscape, [place], user)
    except Refusal as refusal:
        log.info("ban_by_hand_not_kept", place=place, reason=type(refusal).__name__)
        await work.settle([place])
        return
    if changed is not work.landscape:
        deed = "ban" if after == "ban" else "unban"
        await work.change(changed, what=f"by hand: {deed} {user}", about=place, by=by)


def is_ruled_out(work: UnitOfWork, user: UserId) -> bool:
    """Whether a rule of an admin's keeps `user` out everywhere: the bot does not come to them either."""
    return user not in work.surroundings.admins and rule_on(work.landscape, user) is not None


# -- the calls --------------------------------------------------------------------------------------


async def keep_out(homeserver: Homeserver, room: RoomId, user: UserId, reason: str) -> None:
    """Ban from the room, whether or not they are there. Raises `HomeserverError`."""
    await homeserver.call("POST", f"{_rooms(room)}/ban", _body(user, reason))


async def let_in(homeserver: Homeserver, room: RoomId, user: UserId, reason: str) -> None:
    """End the ban; whoever is not banned counts as let in. Raises `HomeserverError`."""
    path = f"{_rooms(room)}/state/m.room.member/{quoted(user)}"
    try:
        found = await homeserver.call("GET", path)
    except HomeserverError as error:
        if error.status != 404:
            raise
        return
    if found.get("membership") == "ban":
        await homeserver.call("POST", f"{_rooms(room)}/unban", _body(user, reason))


def _rooms(room: RoomId) -> str:
    return f"/_matrix/client/v3/rooms/{quoted(room)}"


def _body(user: UserId, reason: str) -> dict[str, str]:
    return {"user_id": user, **({"reason": reason} if reason else {})}
