"""Bans in rooms: the calls that make and end them, and what an admin's rules entail for whom they meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from appservice.audit import HEDGEROW
from appservice.homeserver import Homeserver, HomeserverError
from appservice.store import bans as kept
from spaces.actions import Unban
from spaces.bans import ban, following, rule_on, unbanned
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.landscape import Landscape

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

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


def is_ruled_out(work: UnitOfWork, user: UserId) -> bool:
    """Whether a rule of an admin's keeps `user` out everywhere: the bot does not come to them either."""
    return user not in work.surroundings.admins and rule_on(work.landscape, user) is not None


# -- the calls --------------------------------------------------------------------------------------


async def keep_out(homeserver: Homeserver, room: RoomId, user: UserId, reason: str) -> None:
    """Ban from the room, whether or not they are there. Raises `HomeserverError`."""
    await homeserver.call("POST", f"{_rooms(room)}/ban", _body(user, reason))


async def let_in(homeserver: Homeserver, room: RoomId, user: UserId, reason: str) -> None:
    """End the ban; whoever is not banned counts as let in. Raises `HomeserverError`."""
    path = f"{_rooms(room)}/state/m.room.member/{quote(user, safe='')}"
    try:
        found = await homeserver.call("GET", path)
    except HomeserverError as error:
        if error.status != 404:
            raise
        return
    if found.get("membership") == "ban":
        await homeserver.call("POST", f"{_rooms(room)}/unban", _body(user, reason))


def _rooms(room: RoomId) -> str:
    return f"/_matrix/client/v3/rooms/{quote(room, safe='')}"


def _body(user: UserId, reason: str) -> dict[str, str]:
    return {"user_id": user, **({"reason": reason} if reason else {})}
