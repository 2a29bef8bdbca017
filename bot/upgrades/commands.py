"""Have the room of a network or group made anew, in another room version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, command
from bot.networks.rules import Named, named
from bot.permissions import may
from bot.upgrades import previews
from spaces.access import Deed
from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId, PlaceId, printable
from spaces.network import Status

_LOWEST = 10
_THERE = ("join", "invite")


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The place has a room of that version; `already` if it had before. `invited` counts people."""

    place: Named
    version: str
    invited: int = 0
    already: bool = False


class Upgrading:
    """Upgrade rooms."""

    @command(
        "group upgrade",
        topic="groups",
        requires=may(Deed.UPGRADE, "group"),
        examples=["group upgrade arts-uk/painting"],
        meanwhile="Making the new room …",
    )
    async def upgrade_group(
        self,
        call: Call,
        group: Annotated[GroupId, "the group"],
        *,
        version: Annotated[str, "the room version, unless it is that of new rooms"] = "",
    ) -> Upgraded:
        """Make a group's room anew.

        It gets another room version. The new room takes the place of the old one, and its members are
        invited. What was said stays in the old one, where it can be read.
        """
        return await _upgrade(call, group, version)

    @command(
        "network upgrade",
        topic="networks",
        requires=may(Deed.UPGRADE, "network"),
        examples=["network upgrade arts-uk"],
        meanwhile="Making the new room …",
    )
    async def upgrade_network(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network"],
        *,
        version: Annotated[str, "the room version, unless it is that of new rooms"] = "",
    ) -> Upgraded:
        """Make a network's Space anew.

        It gets another room version. Its groups stay as they are, and are in the new Space. The members
        of the old one are invited.
        """
        return await _upgrade(call, network, version)


async def _upgrade(call: Call, place: PlaceId, wished: str) -> Upgraded:
    upgrades = call.work.upgrades
    called, version = named(call.landscape, place), _version(wished or upgrades.usual_version)
    now = await upgrades.version_of(place)
    if call.landscape.status_of(place) is not Status.ACTIVE:
        raise Conflict(
            "“{place}” is not in use: only what people can write in is upgraded.", place=called.name
        )
    if await upgrades.is_under_way(place):
        raise Conflict(
            "A new room for “{place}” is being made already. Wait until it is there.", place=called.name
        )
    if now is None:
        raise Conflict(
            "The room of “{place}” is not made yet, or I cannot look after it. Try again when it is.",
            place=called.name,
        )
    if now == version:
        return Upgraded(called, version, already=True)
    if not await upgrades.may_renew(place):
        raise Conflict(
            "The room of “{place}” belongs to who has made it: only they can upgrade it, in their client.",
            place=called.name,
        )
    members = await call.work.members_of(place)
    people = sum(how in _THERE for how in members.values())
    call.confirm(previews.upgrading(called, now, version, people, is_network=place.is_network))
    await upgrades.renew(place, version, call.sender)
    return Upgraded(called, version, people)


def _version(typed: str) -> str:
    if not (typed.isascii() and typed.isdecimal() and int(typed) >= _LOWEST and len(typed) < 4):
        raise Malformed(
            "“{typed}” is no room version that I can look after. Say a number from {lowest} on.",
            typed=printable(typed)[:40],
            lowest=_LOWEST,
        )
    return typed
