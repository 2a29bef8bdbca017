"""Whether the bot may do in each room what Hedgerow needs there, by the power levels as they are now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from appservice.doctor.visit import Visit, in_words
from appservice.findings import Finding
from appservice.homeserver import HomeserverError, quoted
from appservice.repairs import Join, LookAgain
from appservice.store import rooms
from appservice.store.landscape import LandscapeStore
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.power_levels import BOT, creators_stand_above, users_in
from spaces.reconcile import POWER_LEVELS, FoundRoom, Maker, drift
from spaces.wanted import room_name, wanted_room

_ABOUT = "rooms"
_SIDE_BY_SIDE = 8
_MOST = 10
_NOTHING: Mapping[str, Any] = {"types": []}
_INVITATIONS = {
    "presence": _NOTHING,
    "account_data": _NOTHING,
    "room": {"timeline": {"limit": 1}, "state": _NOTHING, "ephemeral": _NOTHING, "account_data": _NOTHING},
}


@dataclass(frozen=True, slots=True)
class Ours:
    """A room of ours as the database has it."""

    place: PlaceId
    room: RoomId
    name: str
    kept: FoundRoom


async def look(visit: Visit) -> Sequence[Finding]:
    """One line if all is well; else one for each room that is not, up to ten of them."""
    if not visit.has_tables:
        return []
    landscape, ours = await _read(visit)
    if not ours:
        return [Finding("ok", _ABOUT, "there are none yet")]
    try:
        answer = await visit.ask("GET", "/_matrix/client/v3/joined_rooms")
        joined = set(answer["joined_rooms"])
        absent = [one for one in ours if one.room not in joined]
        told = await _of_absent(visit, absent)
    except HomeserverError as error:
        found = f"the homeserver did not say in which the bot is ({in_words(error)})"
        return [Finding("failed", _ABOUT, found, "try again when it is well.")]
    told += await _of_joined(visit, landscape, [one for one in ours if one.room in joined])
    if not told:
        count = f"all {len(ours)} rooms" if len(ours) > 1 else "the one room"
        return [Finding("ok", _ABOUT, f"the bot is in {count} and has the power that it needs")]
    return _shortened(told)


def _shortened(told: list[Finding]) -> list[Finding]:
    """The failures first; what is more than ten only counts, and is mended all the same."""
    told.sort(key=lambda finding: finding.is_well)
    if len(told) <= _MOST:
        return told
    rest = told[_MOST:]
    verdict = rest[0].verdict
    counted = Finding(verdict, _ABOUT, f"and {len(rest)} more rooms that are not as they should be")
    places = tuple(p for one in rest if isinstance(one.repair, LookAgain) for p in one.repair.places)
    return [*told[:_MOST], replace(counted, repair=LookAgain(places) if places else None)]


async def _read(visit: Visit) -> tuple[Landscape, list[Ours]]:
    """The rooms of places, by name; direct rooms and those that are handed over are none of them."""
    async with visit.database.reading() as connection:
        landscape = await LandscapeStore().load(connection)
        rows = await rooms.all_rooms(connection)
        made = {row.place: row.room_id for row in rows if row.room_id and not row.place.is_direct}
        kept = await rooms.expected(connection, list(made), ())
    known = {*landscape.networks, *landscape.groups}
    ours = [
        Ours(place, made[place], room_name(landscape, landscape.place(place)), room)
        for place, room in kept.items()
        if place in known and wanted_room(landscape, place, visit.homeserver.server) is not None
    ]
    return landscape, sorted(ours, key=lambda one: one.name)


# -- rooms that the bot is not in -------------------------------------------------------------------


async def _of_absent(visit: Visit, absent: Sequence[Ours]) -> list[Finding]:
    if not absent:
        return []
    answer = await visit.ask(
        "GET", "/_matrix/client/v3/sync", query={"timeout": "0", "filter": json.dumps(_INVITATIONS)}
    )
    known = answer.get("rooms") if isinstance(answer, dict) else None
    invited = known.get("invite") if isinstance(known, dict) else None
    return [await _absence(visit, one, invited=one.room in (invited or {})) for one in absent]


async def _absence(visit: Visit, one: Ours, *, invited: bool) -> Finding:
    bot, name = visit.homeserver.user, f"“{one.name}” ({one.room})"
    if invited:
        mend = "`hedgerow doctor --repair` lets it join."
        found = f"the bot is invited to {name}, and is not in it"
        return Finding("failed", _ABOUT, found, mend, Join(one.room, one.name))
    if await _was_there(visit, one.room):
        found = f"the bot was taken out of {name}, and looks after it no longer"
        mend = (
            f"somebody there who may invite invites {bot}, and `hedgerow doctor --repair` lets it join; "
            "that tries it without an invitation, too. Or give the room up: `release` in a chat."
        )
        return Finding("failed", _ABOUT, found, mend, Join(one.room, one.name))
    found = f"the homeserver does not know {name}, or not that the bot ever was there"
    mend = (
        "the databases of Hedgerow and of the homeserver are not of the same time: bring back both from "
        "backups of one day."
    )
    return Finding("failed", _ABOUT, found, mend)


async def _was_there(visit: Visit, room: RoomId) -> bool:
    """Who has left a room is told of their membership; who never was there, and of no room, nothing."""
    member = quoted(visit.homeserver.user)
    path = f"/_matrix/client/v3/rooms/{quoted(room)}/state/m.room.member/{member}"
    try:
        await visit.ask("GET", path)
    except HomeserverError as error:
        if error.status not in (403, 404):
            raise
        return False
    return True


# -- rooms that it is in ----------------------------------------------------------------------------


async def _of_joined(visit: Visit, landscape: Landscape, ours: Sequence[Ours]) -> list[Finding]:
    turn = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def judged(one: Ours) -> Finding | None:
        async with turn:
            try:
                levels = await _levels(visit, one.room)
            except HomeserverError as error:
                found = f"the power levels of “{one.name}” cannot be read ({in_words(error)})"
                return Finding("failed", _ABOUT, found, "try again when the homeserver is well.")
        return _judged(visit, landscape, one, levels)

    found = await asyncio.gather(*(judged(one) for one in ours))
    return [finding for finding in found if finding is not None]


async def _levels(visit: Visit, room: RoomId) -> Mapping[str, Any]:
    path = f"/_matrix/client/v3/rooms/{quoted(room)}/state/m.room.power_levels/"
    try:
        levels = await visit.ask("GET", path)
    except HomeserverError as error:
        if error.status == 404:
            return {}
        raise
    return levels if isinstance(levels, dict) else {}


def _judged(visit: Visit, landscape: Landscape, one: Ours, levels: Mapping[str, Any]) -> Finding | None:
    """What is wrong with the levels of a room; None where nothing is, or somebody wants it so (`pause`)."""
    bot = visit.homeserver.user
    if not _stands_above(one.kept) and (has := users_in(levels).get(bot, 0)) < (needed := _needed(levels)):
        return _powerless(one, bot, has, needed, levels)
    wanted = wanted_room(landscape, one.place, bot.server)
    if wanted is None or landscape.is_paused(one.place):
        return None
    there = replace(one.kept, state={**one.kept.state, POWER_LEVELS: levels})
    steps = drift(wanted, there, Maker(bot, one.kept.version))
    if all((step.event.type, step.event.state_key) != POWER_LEVELS for step in steps):
        return None
    found = f"the power levels of “{one.name}” are not what they should be"
    mend = "`hedgerow run` puts them back when it next reads the room, within a quarter of an hour."
    return Finding("look", _ABOUT, found, mend, LookAgain((one.place,)))


def _stands_above(room: FoundRoom) -> bool:
    """Whether the bot has power without end: in rooms of its own from version 12 on."""
    return room.creator is None and creators_stand_above(room.version)


def _needed(levels: Mapping[str, Any]) -> int:
    """The power with which everything that Hedgerow sets can be set, as the room has its levels now."""
    events = levels.get("events")
    kinds = events if isinstance(events, Mapping) else {}
    of_kinds = [level for kind, level in kinds.items() if kind != "m.room.tombstone" and type(level) is int]
    names = ("state_default", "events_default", "invite", "kick", "ban", "redact")
    of_deeds = [level for name in names if type(level := levels.get(name)) is int]
    return max(BOT, *of_kinds, *of_deeds)


def _powerless(one: Ours, bot: UserId, has: int, needed: int, levels: Mapping[str, Any]) -> Finding:
    able = sorted(user for user, level in users_in(levels).items() if level >= needed)
    who = " or ".join(able[:3] or ([one.kept.creator] if one.kept.creator else []))
    found = f"the bot has power {has} in “{one.name}” ({one.room}) and needs {needed}"
    if not who:
        mend = "nobody there has that power: `release` it in a chat, and make another."
    else:
        mend = f"{who} gives {bot} power {needed} there; in Element: room settings, Roles & Permissions."
    is_known = (
        one.kept.creator is not None and users_in(one.kept.state.get(POWER_LEVELS)).get(bot, 0) < needed
    )
    return Finding("look" if is_known else "failed", _ABOUT, found, mend)
